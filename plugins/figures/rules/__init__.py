"""Decisions about figures: months, what is hidden, percent, colour, place. Pure."""

from plugins.figures.rules.hiding import Hidden, Pair, hidden_in, hide, safe, summed
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
    "safe",
    "summed",
]
