"""时限 clocks: how long each stretch of a case may take, and when it is due.

A due time is frozen with the words of the rule that gave it, so that a later change of a limit
changes no case under way.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

#: Written into every clock; raised whenever `due_after` counts differently.
RULES_VERSION = 1


class ClockKind(StrEnum):
    """The stretches that are timed."""

    ACCEPT = "accept"
    DISPATCH = "dispatch"
    SIGN = "sign"
    HANDLE = "handle"
    FEEDBACK = "feedback"
    VERIFY = "verify"
    CLOSE = "close"


CLOCK_LABELS = {
    ClockKind.ACCEPT: "受理",
    ClockKind.DISPATCH: "派遣",
    ClockKind.SIGN: "签收",
    ClockKind.HANDLE: "处置",
    ClockKind.FEEDBACK: "反馈",
    ClockKind.VERIFY: "核查",
    ClockKind.CLOSE: "结案",
}


class LimitUnit(StrEnum):
    """GB/T 30428.8 counts in hours or days, by the clock (紧急) or by office hours."""

    URGENT_HOUR = "urgent_hour"
    WORK_HOUR = "work_hour"
    URGENT_DAY = "urgent_day"
    WORK_DAY = "work_day"


LIMIT_UNIT_LABELS = {
    LimitUnit.URGENT_HOUR: "紧急工作时",
    LimitUnit.WORK_HOUR: "工作时",
    LimitUnit.URGENT_DAY: "紧急工作日",
    LimitUnit.WORK_DAY: "工作日",
}

_LENGTHS = {
    LimitUnit.URGENT_HOUR: timedelta(hours=1),
    LimitUnit.WORK_HOUR: timedelta(hours=1),
    LimitUnit.URGENT_DAY: timedelta(days=1),
    LimitUnit.WORK_DAY: timedelta(days=1),
}


@dataclass(frozen=True, kw_only=True)
class Limit:
    """So many of such a unit."""

    amount: int
    unit: LimitUnit

    @property
    def text(self) -> str:
        return f"{self.amount} {LIMIT_UNIT_LABELS[self.unit]}"


#: Handling and feedback follow the case's type; a unit signs within 24 hours of the dispatch.
DEFAULT_LIMITS = {
    ClockKind.ACCEPT: Limit(amount=2, unit=LimitUnit.URGENT_HOUR),
    ClockKind.DISPATCH: Limit(amount=2, unit=LimitUnit.URGENT_HOUR),
    ClockKind.SIGN: Limit(amount=24, unit=LimitUnit.URGENT_HOUR),
    ClockKind.VERIFY: Limit(amount=24, unit=LimitUnit.URGENT_HOUR),
    ClockKind.CLOSE: Limit(amount=24, unit=LimitUnit.URGENT_HOUR),
}


def limit_of(clock: ClockKind, handling: Limit) -> Limit:
    """The limit of a clock for a case whose type allows `handling`."""
    return DEFAULT_LIMITS.get(clock, handling)


def due_after(limit: Limit, start: datetime) -> datetime:
    """When it is due. All units count natural hours and days for now: a calendar of office hours
    and holidays belongs here."""
    return start + limit.amount * _LENGTHS[limit.unit]


def rule_text(clock: ClockKind, limit: Limit, type_text: str) -> str:
    """The rule in words, frozen with the clock."""
    basis = f"{type_text}；自然时间，规则第 {RULES_VERSION} 版"
    return f"{CLOCK_LABELS[clock]}时限 {limit.text}（{basis}）"
