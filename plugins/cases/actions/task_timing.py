"""Clocks of tasks: set going with the whistle, stopped, paused with their case, gone on with."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from plugins.cases.actions import timing
from plugins.cases.actions.calendars import calendar_as_of
from plugins.cases.models import Case, CaseType, Task, TaskClock
from plugins.cases.rules import (
    Calendar,
    TaskClockKind,
    TaskLimit,
    TaskStage,
    task_act_limit,
    task_limits,
    text_of,
    warn_at,
)


async def start(tasks: Sequence[Task], case: Case, at: datetime) -> None:
    """Both clocks of each task that was just called; `due_at` is set, not saved."""
    calendar = await calendar_as_of(at)
    for task in tasks:
        limits = task_limits(at, task.arrive_by, case.type.limit, _type(case.type), calendar)
        await TaskClock.bulk_create(_clock(task, limit, at, calendar) for limit in limits)
        task.due_at = min(limit.due_at for limit in limits)


async def start_again(task: Task, kind: CaseType, at: datetime) -> None:
    """A new clock for what is to be done again."""
    calendar = await calendar_as_of(at)
    limit = task_act_limit(at, kind.limit, _type(kind), calendar)
    await _clock(task, limit, at, calendar).save()


async def go_on(task: Task, stage: TaskStage) -> None:
    """The clocks that were stopped by a return, with the due times that they had."""
    kinds = tuple(TaskClockKind) if stage == TaskStage.CALLED else (TaskClockKind.ACT,)
    for kind in kinds:
        last = await TaskClock.filter(task_id=task.id, kind=kind).order_by("-id").first()
        assert last is not None  # begun with the whistle
        again = last.clone()
        again.stopped_at = None
        await again.save()


async def stop(task: Task, kinds: Iterable[TaskClockKind], at: datetime) -> None:
    found = TaskClock.filter(task_id=task.id, kind__in=list(kinds), stopped_at=None)
    await found.update(stopped_at=at)


async def pause(tasks: Sequence[Task], at: datetime) -> None:
    for clock in await TaskClock.filter(task_id__in=[task.id for task in tasks], stopped_at=None):
        await timing.pause(clock, at)


async def resume(tasks: Sequence[Task], at: datetime) -> None:
    found = TaskClock.filter(task_id__in=[task.id for task in tasks], stopped_at=None)
    for clock in await found.filter(paused_at__not_isnull=True):
        await timing.resume(clock, at)


async def set_due(task: Task) -> None:
    """The task is due when the first of its running clocks is."""
    running = TaskClock.filter(task_id=task.id, stopped_at=None, paused_at=None)
    first = await running.order_by("due_at").first()
    task.due_at = first.due_at if first else None


def _clock(task: Task, limit: TaskLimit, at: datetime, calendar: Calendar) -> TaskClock:
    return TaskClock(
        task_id=task.id,
        kind=limit.kind,
        started_at=at,
        due_at=limit.due_at,
        warn_at=warn_at(at, limit.due_at),
        rule=limit.rule,
        unit=limit.unit,
        hours=text_of(calendar.hours),
    )


def _type(kind: CaseType) -> str:
    return f"{kind.code} {kind.name}"
