"""The nouns, and how a list of cases is narrowed."""

from plugins.cases.models.calendar import CalendarDay, days_as_of
from plugins.cases.models.finding import ORDERS, Wanted, contains, late, soon_due
from plugins.cases.models.tables import MARK_COLUMNS, Case, CaseType, Clock, Evidence, Step

__all__ = [
    "MARK_COLUMNS",
    "ORDERS",
    "CalendarDay",
    "Case",
    "CaseType",
    "Clock",
    "Evidence",
    "Step",
    "Wanted",
    "contains",
    "days_as_of",
    "late",
    "soon_due",
]
