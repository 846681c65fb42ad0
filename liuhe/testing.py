"""Fixtures for plugin authors."""

from core.testing import (
    drop_postgres,
    living,
    load,
    make_area,
    make_unit,
    make_viewer,
    postgres_copy,
    sqlite_copy,
)

__all__ = [
    "drop_postgres",
    "living",
    "load",
    "make_area",
    "make_unit",
    "make_viewer",
    "postgres_copy",
    "sqlite_copy",
]
