"""Verbs on figures: count, close, object, answer, correct; and reading them as a viewer may."""

from plugins.figures.actions.behind import Behind, behind, cell_of
from plugins.figures.actions.boards import (
    ALL,
    BY_LABELS,
    Board,
    Cell,
    board,
    bys_of,
    chosen_view,
    errata_of,
    label_of,
    seen_indicators,
    trend,
)
from plugins.figures.actions.closing import close_month, keep_up, open_months
from plugins.figures.actions.correcting import (
    answer_objection,
    file_objection,
    publish_erratum,
)
from plugins.figures.actions.counting import card_of, now, refresh_month, zone
from plugins.figures.actions.digests import check_month, check_sheet
from plugins.figures.actions.keeping import RETENTIONS
from plugins.figures.actions.why import Why, why

__all__ = [
    "ALL",
    "BY_LABELS",
    "RETENTIONS",
    "Behind",
    "Board",
    "Cell",
    "Why",
    "answer_objection",
    "behind",
    "board",
    "bys_of",
    "card_of",
    "cell_of",
    "check_month",
    "check_sheet",
    "chosen_view",
    "close_month",
    "errata_of",
    "file_objection",
    "keep_up",
    "label_of",
    "now",
    "open_months",
    "publish_erratum",
    "refresh_month",
    "seen_indicators",
    "trend",
    "why",
    "zone",
]
