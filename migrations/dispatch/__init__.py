"""Migrations of city_eye."""
