"""The verbs of the ground. Neighbours import them from here."""

from plugins.places.actions.addressing import Address, resolve
from plugins.places.actions.divisions import (
    close_division,
    create_division,
    draw_division,
    rename_division,
    succeed,
)
from plugins.places.actions.exporting import export_divisions
from plugins.places.actions.finding import (
    ancestors,
    locate,
    located_at,
    shapes_on,
    standing,
    today,
)
from plugins.places.actions.importing import import_divisions, plan_import
from plugins.places.actions.opening import Opening
from plugins.places.actions.planning import Line, Plan
from plugins.places.actions.sites import Site, create_compound, create_point
from plugins.places.actions.surveying import Flaw, check_ground

__all__ = [
    "Address",
    "Flaw",
    "Line",
    "Opening",
    "Plan",
    "Site",
    "ancestors",
    "check_ground",
    "close_division",
    "create_compound",
    "create_division",
    "create_point",
    "draw_division",
    "export_divisions",
    "import_divisions",
    "locate",
    "located_at",
    "plan_import",
    "rename_division",
    "resolve",
    "shapes_on",
    "standing",
    "succeed",
    "today",
]
