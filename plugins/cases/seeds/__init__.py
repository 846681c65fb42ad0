"""Invented cases of the last days, made by invented people through the real actions."""

from plugins.cases.seeds.telling import make

__all__ = ["make"]
