"""When a rule holds: kinds of days, and hours that may pass midnight."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

#: Minutes of a day.
DAY = 24 * 60
Hours = tuple[int, int]


class Days(StrEnum):
    """哪些天: working days are those of the district's calendar, make-up days included."""

    ANY = "any"
    WORK = "work"
    REST = "rest"


DAYS_LABELS = {Days.ANY: "每天", Days.WORK: "工作日", Days.REST: "休息日"}


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A local minute of the day, and whether this day and the one before are working days."""

    minute: int
    works: bool
    worked: bool


def moment_of(local: datetime, works: Callable[[date], bool]) -> Moment:
    """`local` is on the district's clock."""
    day = local.date()
    return Moment(
        minute=local.hour * 60 + local.minute,
        works=works(day),
        worked=works(day - timedelta(days=1)),
    )


def covers(days: Days, hours: Hours | None, at: Moment) -> bool:
    """Whether the moment lies in such hours of such days.

    Hours begin with their first minute and end before their last; those that pass midnight belong
    to the day on which they began: "工作日 20:00–08:00" covers Saturday at 2:00, not Monday.
    """
    if hours is None:
        return _is(days, at.works)
    begins, ends = hours
    if begins < ends:
        return begins <= at.minute < ends and _is(days, at.works)
    if at.minute >= begins:
        return _is(days, at.works)
    return at.minute < ends and _is(days, at.worked)


def _is(days: Days, works: bool) -> bool:
    return days == Days.ANY or (days == Days.WORK) == works


def minutes_of(text: str) -> int:
    """ "8:30" as minutes from midnight; ValueError for what is no time of day."""
    time = datetime.strptime(text.strip(), "%H:%M")  # noqa: DTZ007 - a time of day
    return time.hour * 60 + time.minute


def clock_text(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
