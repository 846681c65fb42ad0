"""Working time: against a count of minutes that nobody can get wrong, and by hand."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from chinese_calendar import is_workday
from hypothesis import given
from hypothesis import strategies as st

from plugins.cases.rules import (
    KNOWN_YEARS,
    Calendar,
    ClockKind,
    Limit,
    LimitUnit,
    due_after,
    published,
    rule_text,
    spans_of,
)

CHINA = ZoneInfo("Asia/Shanghai")
MINUTE = timedelta(minutes=1)
PLAIN = Calendar()


NATURAL = (LimitUnit.URGENT_HOUR, LimitUnit.URGENT_DAY)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def counted_by_minutes(limit: Limit, start: datetime, calendar: Calendar) -> datetime:
    """The slow, obvious way: look at each minute by itself."""
    left = limit.length // MINUTE
    at = start.astimezone(CHINA)
    while True:
        if left == 0:
            return at
        left -= counts(limit.unit, at, calendar)
        at += MINUTE


workday = cache(is_workday)


def counts(unit: LimitUnit, minute: datetime, calendar: Calendar) -> bool:
    if unit in NATURAL:
        return True
    day = minute.date()
    works = calendar.corrections[day] if day in calendar.corrections else workday(day)
    if unit == LimitUnit.WORK_DAY:
        return works
    return works and any(begin <= minute.time() < end for begin, end in calendar.hours)


minutes = st.integers(0, 12_000_000).map(lambda count: local("2004-01-02T00:00") + count * MINUTE)
limits = st.builds(
    Limit, amount=st.integers(1, 4), unit=st.sampled_from(sorted(LimitUnit, reverse=True))
)
hours = st.sampled_from(["9:00-12:00,13:30-17:30", "8:30-12:00,14:00-17:30", "0:00-23:59"])


def edges() -> list[datetime]:
    """Two days before each end of a year, holiday and weekend that was made a working day."""
    days = [date(year, 1, 1) for year in KNOWN_YEARS]
    every = (date(KNOWN_YEARS.start, 1, 1) + timedelta(days=n) for n in range(366 * 40))
    days += [
        day for day in every if day.year in KNOWN_YEARS and workday(day) != (day.weekday() < 5)
    ]
    return [datetime.combine(day - timedelta(days=2), time(), CHINA) for day in days[1:]]


EDGES = edges()


@st.composite
def corrected(draw: st.DrawFn, around: datetime) -> Calendar:
    days = st.integers(-1, 12).map(lambda count: around.date() + timedelta(days=count))
    return Calendar(
        hours=spans_of(draw(hours)),
        corrections=draw(st.dictionaries(days, st.booleans(), max_size=3)),
    )


@given(st.data(), limits, minutes)
def test_a_due_time_is_the_one_that_counting_minutes_gives(
    data: st.DataObject, limit: Limit, start: datetime
) -> None:
    calendar = data.draw(corrected(start))
    assert due_after(limit, start, calendar) == counted_by_minutes(limit, start, calendar)


@given(limits, st.sampled_from(EDGES), st.integers(0, 3 * 1440))
def test_ends_of_years_holidays_and_make_up_days_are_counted_by_minutes_too(
    limit: Limit, edge: datetime, more: int
) -> None:
    start = edge + more * MINUTE
    assert due_after(limit, start, PLAIN) == counted_by_minutes(limit, start, PLAIN)


@given(limits, minutes, st.integers(0, 59_999_999))
def test_what_is_due_leaves_exactly_its_limit_counted(
    limit: Limit, start: datetime, more: int
) -> None:
    start += timedelta(microseconds=more)
    due = due_after(limit, start, PLAIN)
    assert PLAIN.between(limit.unit, start, due) == limit.length
    assert PLAIN.between(limit.unit, start, due - MINUTE) < limit.length


@given(limits, minutes, st.integers(1, 10_000))
def test_whoever_starts_later_is_not_due_earlier(limit: Limit, start: datetime, later: int) -> None:
    other = start + timedelta(minutes=later)
    assert due_after(limit, start, PLAIN) <= due_after(limit, other, PLAIN)


@given(limits, minutes, st.integers(0, 20_000))
def test_a_pause_takes_nothing_and_gives_nothing(limit: Limit, start: datetime, after: int) -> None:
    """Stopped at any moment and resumed at once, it is due when it was."""
    due = due_after(limit, start, PLAIN)
    pause = min(start + timedelta(minutes=after), due)
    left = PLAIN.between(limit.unit, pause, due)
    again = PLAIN.advance(limit.unit, left, pause)
    assert PLAIN.between(limit.unit, again, due) == timedelta(0)
    assert again <= due


@given(limits, minutes)
def test_the_zone_in_which_a_start_is_written_changes_nothing(
    limit: Limit, start: datetime
) -> None:
    for zone in ("UTC", "America/New_York", "Europe/Berlin"):  # two of them save daylight
        elsewhere = start.astimezone(ZoneInfo(zone))
        assert due_after(limit, elsewhere, PLAIN) == due_after(limit, start, PLAIN)


@pytest.mark.parametrize(
    ("amount", "unit", "start", "due"),
    [
        # A natural day, to the second; also over the spring festival.
        (24, LimitUnit.URGENT_HOUR, "2026-02-16T09:00:07", "2026-02-17T09:00:07"),
        (2, LimitUnit.URGENT_DAY, "2026-02-16T09:00", "2026-02-18T09:00"),
        # Over lunch, over night, over the weekend.
        (4, LimitUnit.WORK_HOUR, "2026-11-02T10:00", "2026-11-02T15:30"),
        (3, LimitUnit.WORK_HOUR, "2026-11-02T09:00", "2026-11-02T12:00"),
        (4, LimitUnit.WORK_HOUR, "2026-11-02T16:00", "2026-11-03T11:30"),
        (4, LimitUnit.WORK_HOUR, "2026-11-06T16:30", "2026-11-09T12:00"),
        (1, LimitUnit.WORK_HOUR, "2026-11-07T16:30", "2026-11-09T10:00"),
        (1, LimitUnit.WORK_DAY, "2026-11-06T15:00", "2026-11-09T15:00"),
        (1, LimitUnit.WORK_DAY, "2026-11-07T15:00", "2026-11-10T00:00"),
        # National Day 2026: 1 to 7 October free, 20 September and 10 October worked.
        (1, LimitUnit.WORK_DAY, "2026-09-30T15:00", "2026-10-08T15:00"),
        (2, LimitUnit.WORK_DAY, "2026-10-09T09:00", "2026-10-12T09:00"),
        (7, LimitUnit.WORK_HOUR, "2026-10-09T17:30", "2026-10-10T17:30"),
    ],
)
def test_due_times_as_one_would_count_them_by_hand(
    amount: int, unit: LimitUnit, start: str, due: str
) -> None:
    assert due_after(Limit(amount=amount, unit=unit), local(start), PLAIN) == local(due)


def test_the_published_days_are_the_librarys() -> None:
    day = date(2004, 1, 1)
    while day.year in KNOWN_YEARS:
        assert published(day) == is_workday(day), day
        day += timedelta(days=1)


def test_beyond_the_published_years_weekends_rest_and_the_rule_says_so() -> None:
    limit = Limit(amount=1, unit=LimitUnit.WORK_DAY)
    year = KNOWN_YEARS.stop
    assert not published(date(year, 1, 2)) or date(year, 1, 2).weekday() < 5
    due = due_after(limit, local(f"{year}-03-01T10:00"), PLAIN)
    assert f"{year} 年起放假安排未公布，按周末推算" in rule_text(
        ClockKind.HANDLE, limit, "0103", due, PLAIN
    )
    known = local("2026-11-02T10:00")
    assert "按国家放假安排" in rule_text(ClockKind.HANDLE, limit, "0103", known, PLAIN)
    urgent = Limit(amount=1, unit=LimitUnit.URGENT_DAY)
    assert "自然时间" in rule_text(ClockKind.HANDLE, urgent, "0103", due, PLAIN)


def test_office_hours_are_read_in_order_or_not_at_all() -> None:
    assert spans_of("8:30-12:00") == ((time(8, 30), time(12)),)
    for wrong in ("", "9-12", "12:00-9:00", "9:00-12:00,11:00-13:00", "9:00", "25:00-26:00"):
        with pytest.raises(ValueError):  # noqa: PT011 - any way of saying so will do
            spans_of(wrong)


def test_a_stop_at_the_due_second_is_on_time() -> None:
    from plugins.cases.models import Clock

    due = datetime(2026, 11, 3, 9, 0, 7, tzinfo=UTC)
    clock = Clock(kind="sign", started_at=due - timedelta(hours=24), due_at=due)
    for seconds, late in ((-1, False), (0, False), (1, True)):
        clock.stopped_at = due + timedelta(seconds=seconds)
        assert clock.late(due) is late
