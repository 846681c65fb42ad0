"""Migrations of hotline."""
