"""Verbs on work orders: brought in, mapped to a type, sent back; who called, read for a reason."""

from plugins.hotline.actions.following import follow_case
from plugins.hotline.actions.forgetting import RETENTIONS
from plugins.hotline.actions.importing import IMPORTS
from plugins.hotline.actions.mapping import choose_type, map_type, open_mapped, waiting_kinds
from plugins.hotline.actions.returning import read_caller, return_order
from plugins.hotline.actions.sheets import TAKEN_OUT

__all__ = [
    "IMPORTS",
    "RETENTIONS",
    "TAKEN_OUT",
    "choose_type",
    "follow_case",
    "map_type",
    "open_mapped",
    "read_caller",
    "return_order",
    "waiting_kinds",
]
