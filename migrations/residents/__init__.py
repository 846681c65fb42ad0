"""Migrations of residents."""
