"""值班: when a shift begins and ends, and which days have none."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """From then to then; what ends when another begins does not meet it."""

    begins: datetime
    ends: datetime

    def meets(self, other: "Stretch") -> bool:
        return self.begins < other.ends and other.begins < self.ends


def stretch_of(day: date, begins: int, ends: int, zone: tzinfo) -> Stretch:
    """The minutes of a day as moments; up to the next day where they pass midnight."""
    last = day if begins < ends else day + timedelta(days=1)
    return Stretch(begins=_at(day, begins, zone), ends=_at(last, ends, zone))


def _at(day: date, minute: int, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(minute // 60, minute % 60), zone).astimezone(UTC)


def days_without(shifts: Iterable[date], first: date, count: int) -> list[date]:
    """The days from `first` on that have no shift."""
    taken = set(shifts)
    days = (first + timedelta(days=number) for number in range(count))
    return [day for day in days if day not in taken]
