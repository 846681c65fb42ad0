"""The nouns, and how a list of cases is narrowed."""

from plugins.cases.models.calendar import CalendarDay, days_as_of
from plugins.cases.models.finding import ORDERS, Wanted, contains, late, soon_due
from plugins.cases.models.tables import MARK_COLUMNS, Case, CaseType, Clock, Evidence, Step
from plugins.cases.models.tasks import (
    Task,
    TaskClock,
    TaskEvidence,
    TaskStep,
    concerning,
    under_way,
)

__all__ = [
    "MARK_COLUMNS",
    "ORDERS",
    "CalendarDay",
    "Case",
    "CaseType",
    "Clock",
    "Evidence",
    "Step",
    "Task",
    "TaskClock",
    "TaskEvidence",
    "TaskStep",
    "Wanted",
    "concerning",
    "contains",
    "days_as_of",
    "late",
    "soon_due",
    "under_way",
]
