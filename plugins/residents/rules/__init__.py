"""Decisions about reports of residents: codes, what may be reported, bounds, words. Pure."""

from plugins.residents.rules.bounds import DAY, HOUR, MINUTE, Bound, estimate, window_at
from plugins.residents.rules.codes import check_fits, code_from, grouped, read_code
from plugins.residents.rules.matters import MATTERS, OTHER, Channel, Matter, matter_of, title_of
from plugins.residents.rules.words import (
    CHANNEL_LABELS,
    ENDED,
    NOTICE_VERSION,
    RATINGS,
    phone_of,
    say_standing,
    say_step,
)

__all__ = [
    "CHANNEL_LABELS",
    "DAY",
    "ENDED",
    "HOUR",
    "MATTERS",
    "MINUTE",
    "NOTICE_VERSION",
    "OTHER",
    "RATINGS",
    "Bound",
    "Channel",
    "Matter",
    "check_fits",
    "code_from",
    "estimate",
    "grouped",
    "matter_of",
    "phone_of",
    "read_code",
    "say_standing",
    "say_step",
    "title_of",
    "window_at",
]
