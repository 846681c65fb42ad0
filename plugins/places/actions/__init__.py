"""The verbs of the ground. Neighbours import them from here."""

from plugins.places.actions.addressing import Address, resolve
from plugins.places.actions.divisions import (
    close_division,
    create_division,
    draw_division,
    rename_division,
    succeed,
    tie_succession,
)
from plugins.places.actions.exporting import export_divisions
from plugins.places.actions.finding import (
    ancestors,
    locate,
    located_at,
    shapes_on,
    standing,
    successors_of,
    today,
)
from plugins.places.actions.importing import import_divisions, plan_import
from plugins.places.actions.middles import middles_within
from plugins.places.actions.naming import Gazetteer
from plugins.places.actions.opening import Opening
from plugins.places.actions.planning import Line, Plan
from plugins.places.actions.redividing import Effect, Part, foresee, free_codes, redivide
from plugins.places.actions.sites import Site, create_compound, create_point
from plugins.places.actions.surveying import Flaw, check_ground

__all__ = [
    "Address",
    "Effect",
    "Flaw",
    "Gazetteer",
    "Line",
    "Opening",
    "Part",
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
    "foresee",
    "free_codes",
    "import_divisions",
    "locate",
    "located_at",
    "middles_within",
    "plan_import",
    "redivide",
    "rename_division",
    "resolve",
    "shapes_on",
    "standing",
    "succeed",
    "successors_of",
    "tie_succession",
    "today",
]
