"""Migrations of video."""
