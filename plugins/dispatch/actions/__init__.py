"""Verbs on rules and rosters; and what the rules say of cases.

Rules are judged by the day and hour at which a case was accepted, and by what is in force when
they are asked.
"""

from plugins.dispatch.actions.drafting import MOST_RULES, Draft, zone
from plugins.dispatch.actions.hearing import judge_accepted
from plugins.dispatch.actions.judging import (
    MOST_WAITING,
    Ledger,
    advise,
    ledger_at,
    suggestions,
    unmatched_ids,
)
from plugins.dispatch.actions.keeping import RETENTIONS
from plugins.dispatch.actions.rostering import (
    copy_week,
    in_office_hours,
    on_duty_in,
    people_of,
    remove_shift,
    save_shift,
    shifts_of,
)
from plugins.dispatch.actions.ruling import end_rule, save_rule
from plugins.dispatch.actions.trying import WINDOW, Trial, try_change

__all__ = [
    "MOST_RULES",
    "MOST_WAITING",
    "RETENTIONS",
    "WINDOW",
    "Draft",
    "Ledger",
    "Trial",
    "advise",
    "copy_week",
    "end_rule",
    "in_office_hours",
    "judge_accepted",
    "ledger_at",
    "on_duty_in",
    "people_of",
    "remove_shift",
    "save_rule",
    "save_shift",
    "shifts_of",
    "suggestions",
    "try_change",
    "unmatched_ids",
    "zone",
]
