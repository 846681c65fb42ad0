"""Decisions: which rule fits a case, which of several comes first, who is on duty. Pure."""

from plugins.dispatch.rules.duty import Stretch, days_without, stretch_of
from plugins.dispatch.rules.matching import Book, Matter, Rule, narrowness, precedence
from plugins.dispatch.rules.times import (
    DAY,
    DAYS_LABELS,
    Days,
    Hours,
    Moment,
    clock_text,
    covers,
    minutes_of,
    moment_of,
)
from plugins.dispatch.rules.trying import Tally, Tried, tally
from plugins.dispatch.rules.words import MODE_LABELS, Mode, changes, sentence, time_words

__all__ = [
    "DAY",
    "DAYS_LABELS",
    "MODE_LABELS",
    "Book",
    "Days",
    "Hours",
    "Matter",
    "Mode",
    "Moment",
    "Rule",
    "Stretch",
    "Tally",
    "Tried",
    "changes",
    "clock_text",
    "covers",
    "days_without",
    "minutes_of",
    "moment_of",
    "narrowness",
    "precedence",
    "sentence",
    "stretch_of",
    "tally",
    "time_words",
]
