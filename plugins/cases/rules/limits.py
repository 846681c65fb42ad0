"""时限 limits: how long each stretch of a case may take, and the words of the rule."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


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
    """GB/T 30428.8 counts in hours or days, by the clock (紧急) or by working time."""

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
    def length(self) -> timedelta:
        """How much time of its kind has to run down."""
        return self.amount * _LENGTHS[self.unit]

    @property
    def text(self) -> str:
        return f"{self.amount} {LIMIT_UNIT_LABELS[self.unit]}"
