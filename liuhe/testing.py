"""Fixtures for plugin authors."""

from core.testing import (
    a_night,
    drop_postgres,
    living,
    load,
    make_area,
    make_unit,
    make_viewer,
    postgres_copy,
    removed,
    sqlite_copy,
)

__all__ = [
    "a_night",
    "drop_postgres",
    "living",
    "load",
    "make_area",
    "make_unit",
    "make_viewer",
    "postgres_copy",
    "removed",
    "sqlite_copy",
]
