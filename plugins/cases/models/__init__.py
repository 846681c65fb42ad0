"""The nouns, and how a list of cases is narrowed."""

from plugins.cases.models.calendar import CalendarDay, days_as_of
from plugins.cases.models.finding import (
    ORDERS,
    Wanted,
    by_due,
    contains,
    late,
    soon_due,
    unfinished,
)
from plugins.cases.models.flows import (
    FLOWS,
    check_flow,
    flow_named,
    flow_of,
    flows,
    further_actions,
    kept_apart,
    label_of,
    state_of_case,
)
from plugins.cases.models.phases import TypePhase, phases_of_type
from plugins.cases.models.tables import MARK_COLUMNS, Case, CaseType, Clock, Evidence, Step
from plugins.cases.models.tasks import (
    Task,
    TaskClock,
    TaskEvidence,
    TaskStep,
    concerning,
    under_way,
)
from plugins.cases.models.words import CaseWords, narrowed, words_of

__all__ = [
    "FLOWS",
    "MARK_COLUMNS",
    "ORDERS",
    "CalendarDay",
    "Case",
    "CaseType",
    "CaseWords",
    "Clock",
    "Evidence",
    "Step",
    "Task",
    "TaskClock",
    "TaskEvidence",
    "TaskStep",
    "TypePhase",
    "Wanted",
    "by_due",
    "check_flow",
    "concerning",
    "contains",
    "days_as_of",
    "flow_named",
    "flow_of",
    "flows",
    "further_actions",
    "kept_apart",
    "label_of",
    "late",
    "narrowed",
    "phases_of_type",
    "soon_due",
    "state_of_case",
    "under_way",
    "unfinished",
    "words_of",
]
