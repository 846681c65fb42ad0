"""日历 calendars: when time counts for a limit. The holidays are those that the state published.

Every unit of GB/T 30428.8 is a length that runs down while a kind of time is open:

- 紧急工作时, 紧急工作日: always;
- 工作时: in office hours of working days;
- 工作日: on working days, all 24 hours of them. So one working day from Friday 15:00 ends on Monday
  at 15:00, and one that begins on a Saturday ends when Monday does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from chinese_calendar import constants

from plugins.cases.rules.limits import Limit, LimitUnit

Span = tuple[time, time]
CHINA = ZoneInfo("Asia/Shanghai")
OFFICE_HOURS: tuple[Span, ...] = ((time(9), time(12)), (time(13, 30), time(17, 30)))
#: Years whose holidays are known; beyond them only weekends are.
KNOWN_YEARS = range(min(constants.holidays).year, max(constants.holidays).year + 1)
ONE_DAY = timedelta(days=1)
ALWAYS = (LimitUnit.URGENT_HOUR, LimitUnit.URGENT_DAY)


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """Working days and office hours of a district. `corrections`: what it has changed, by day."""

    hours: tuple[Span, ...] = OFFICE_HOURS
    corrections: Mapping[date, bool] = field(default_factory=dict)
    zone: tzinfo = CHINA

    def works(self, day: date) -> bool:
        """Whether it is a working day."""
        corrected = self.corrections.get(day)
        return published(day) if corrected is None else corrected

    def advance(self, unit: LimitUnit, length: timedelta, start: datetime) -> datetime:
        """The moment at which `length` has run down since `start`."""
        start = start.astimezone(UTC)  # sums of local times would be wrong by a change of clocks
        if unit in ALWAYS or length <= timedelta(0):
            return start + length
        for begins, ends in self._open(unit, start):
            if length <= ends - begins:
                return begins + length
            length -= ends - begins
        raise OverflowError("no working day is left")

    def between(self, unit: LimitUnit, start: datetime, end: datetime) -> timedelta:
        """How much of the time from `start` to `end` counts."""
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        if unit in ALWAYS or end <= start:
            return max(end - start, timedelta(0))
        counted = timedelta(0)
        for begins, ends in self._open(unit, start):
            if begins >= end:
                break
            counted += min(ends, end) - begins
        return counted

    def _open(self, unit: LimitUnit, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The stretches that count, from `start` on."""
        first = start.astimezone(self.zone).date()
        for day in _days(first):
            if self.works(day):
                for begins, ends in self._stretches(unit, day):
                    if ends > start:
                        yield max(begins, start), ends

    def _stretches(self, unit: LimitUnit, day: date) -> Iterator[tuple[datetime, datetime]]:
        if unit == LimitUnit.WORK_DAY:
            yield self._at(day, time(0)), self._at(day + ONE_DAY, time(0))
            return
        for begins, ends in self.hours:
            yield self._at(day, begins), self._at(day, ends)

    def _at(self, day: date, moment: time) -> datetime:
        return datetime.combine(day, moment, self.zone).astimezone(UTC)


def _days(first: date) -> Iterator[date]:
    while True:
        yield first
        first += ONE_DAY


def published(day: date) -> bool:
    """Whether the state's arrangement makes it a working day; beyond it, whether the week does."""
    if day in constants.workdays:
        return True
    return day.weekday() < 5 and day not in constants.holidays


def published_name(day: date) -> str:
    """Why a day differs from the week: the Chinese name of the holiday, "" if it does not."""
    found = constants.holidays.get(day) or constants.workdays.get(day)
    return constants.Holiday(found).chinese if found else ""


def due_after(limit: Limit, start: datetime, calendar: Calendar) -> datetime:
    """When it is due. Whatever ends at this moment is on time; a second later is late."""
    return calendar.advance(limit.unit, limit.length, start)


def spans_of(text: str) -> tuple[Span, ...]:
    """ "9:00-12:00,13:30-17:30" as times; ValueError unless they follow each other within a day."""
    spans = tuple(_span(part) for part in text.split(","))
    edges = [edge for span in spans for edge in span]
    if edges != sorted(set(edges)):
        raise ValueError(text)
    return spans


def _span(text: str) -> Span:
    begins, ends = (datetime.strptime(part.strip(), "%H:%M").time() for part in text.split("-"))  # noqa: DTZ007 - a time of day
    return begins, ends


def text_of(spans: tuple[Span, ...]) -> str:
    return ",".join(f"{begins:%H:%M}-{ends:%H:%M}" for begins, ends in spans)
