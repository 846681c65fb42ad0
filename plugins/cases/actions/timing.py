"""Clocks: set going, stopped, paused, moved."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from plugins.cases.actions.calendars import calendar_as_of
from plugins.cases.actions.phases import in_hand
from plugins.cases.models import Case, Clock, TaskClock
from plugins.cases.rules import (
    Calendar,
    ClockKind,
    LimitUnit,
    due_after,
    limit_of,
    rule_text,
    text_of,
    warn_at,
)

#: What follows the phases where handling has some.
IN_PHASES = (ClockKind.HANDLE, ClockKind.FEEDBACK)


async def start_clocks(case: Case, kinds: Sequence[ClockKind], at: datetime) -> None:
    """Set clocks going; one that is running runs on (a returned case keeps its time)."""
    if not kinds:
        return
    calendar = await calendar_as_of(at)
    running = {clock.kind for clock in await Clock.filter(case_id=case.id, stopped_at=None)}
    await Clock.bulk_create(
        _clock(case, kind, at, calendar) for kind in kinds if kind not in running
    )


def _clock(case: Case, kind: ClockKind, at: datetime, calendar: Calendar) -> Clock:
    phase = in_hand(case) if kind in IN_PHASES else None
    limit = phase[1].limit if phase else limit_of(kind, case.type.limit)
    basis = f"{case.type.code} {case.type.name}"
    basis += f"，第 {phase[0]} 段“{phase[1].name}”" if phase else ""
    due = due_after(limit, at, calendar)
    return Clock(
        case_id=case.id,
        kind=kind,
        started_at=at,
        due_at=due,
        warn_at=warn_at(at, due),
        rule=rule_text(kind, limit, basis, due, calendar),
        unit=limit.unit,
        hours=text_of(calendar.hours),
        phase=phase[0] if phase else None,
    )


async def stop_clocks(case: Case, kinds: Sequence[ClockKind], at: datetime) -> None:
    if kinds:
        await Clock.filter(case_id=case.id, kind__in=kinds, stopped_at=None).update(stopped_at=at)


async def pause_clocks(case: Case, at: datetime) -> None:
    """Note what each running clock has left; one that is late already stays late."""
    for clock in await Clock.filter(case_id=case.id, stopped_at=None):
        await pause(clock, at)


async def pause(clock: Clock | TaskClock, at: datetime) -> None:
    clock.paused_at = at
    if clock.due_at >= at:
        calendar = await _calendar(clock)
        left = calendar.between(_unit(clock), at, clock.due_at)
        clock.left_seconds = int(left.total_seconds())
    await clock.save(update_fields=["paused_at", "left_seconds"])


async def resume_clocks(case: Case, at: datetime) -> None:
    """Go on with what was left, counted as the clock has always counted."""
    for clock in await Clock.filter(case_id=case.id, stopped_at=None, paused_at__not_isnull=True):
        await resume(clock, at)


async def resume(clock: Clock | TaskClock, at: datetime) -> None:
    if clock.left_seconds is not None:
        left, calendar = timedelta(seconds=clock.left_seconds), await _calendar(clock)
        _set_due(clock, at, calendar.advance(_unit(clock), left, at))
    clock.paused_at, clock.left_seconds = None, None
    await clock.save()


async def move_due(case: Case, kinds: Sequence[ClockKind], until: datetime) -> None:
    """Give running clocks until then, if they have not longer already."""
    for clock in await Clock.filter(case_id=case.id, kind__in=kinds, stopped_at=None):
        _set_due(clock, clock.started_at, max(clock.due_at, until))
        await clock.save()


def _set_due(clock: Clock | TaskClock, since: datetime, due: datetime) -> None:
    """A new due time is announced anew."""
    if due != clock.due_at:
        clock.due_at, clock.warn_at = due, warn_at(since, due)
        clock.soon_told_at, clock.late_told_at = None, None


async def _calendar(clock: Clock | TaskClock) -> Calendar:
    """The calendar with which the clock began."""
    return await calendar_as_of(clock.started_at, clock.hours or "")


def _unit(clock: Clock | TaskClock) -> LimitUnit:
    return clock.unit or LimitUnit.URGENT_HOUR


async def set_due(case: Case) -> None:
    """The case is due when the first of its running clocks is."""
    running = Clock.filter(case_id=case.id, stopped_at=None, paused_at=None)
    first = await running.order_by("due_at").first()
    case.due_at = first.due_at if first else None
    case.soon_at = first.warn_at if first else None
