"""Decisions about figures: months, what is hidden, percent, colour, place. Pure."""

from plugins.figures.rules.hiding import (
    Hidden,
    Known,
    Pair,
    hidden_in,
    hide,
    still_hides,
    summed,
    told_by,
)
from plugins.figures.rules.months import (
    bounds,
    closes_at,
    later,
    month_of,
    month_text,
    month_words,
    read_month,
)
from plugins.figures.rules.rating import (
    RANK_VERSION,
    Card,
    band_of,
    percent,
    percent_text,
    ranks,
)

__all__ = [
    "RANK_VERSION",
    "Card",
    "Hidden",
    "Known",
    "Pair",
    "band_of",
    "bounds",
    "closes_at",
    "hidden_in",
    "hide",
    "later",
    "month_of",
    "month_text",
    "month_words",
    "percent",
    "percent_text",
    "ranks",
    "read_month",
    "still_hides",
    "summed",
    "told_by",
]
