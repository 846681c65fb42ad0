"""The verbs of the ground. Neighbours import them from here."""

from plugins.places.actions.divisions import (
    Opening,
    close_division,
    create_division,
    draw_division,
    rename_division,
    succeed,
)
from plugins.places.actions.finding import ancestors, locate, standing, today
from plugins.places.actions.sites import Site, create_compound, create_point

__all__ = [
    "Opening",
    "Site",
    "ancestors",
    "close_division",
    "create_compound",
    "create_division",
    "create_point",
    "draw_division",
    "locate",
    "rename_division",
    "standing",
    "succeed",
    "today",
]
