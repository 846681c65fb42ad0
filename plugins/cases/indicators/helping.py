"""协办: what units that were called to help owe, 报到 and the first 反馈, each on its own clock."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from liuhe import Counted, Span
from plugins.cases.indicators.counting import Count
from plugins.cases.indicators.courses import BATCH, NEVER
from plugins.cases.models import Task, TaskClock, TaskStep
from plugins.cases.rules import LET_GO, ClockKind, Duty, Kind, TaskClockKind

#: Which step does what is owed, and as what it counts.
_OWED = {
    TaskClockKind.ARRIVE: ("sign", ClockKind.SIGN),
    TaskClockKind.ACT: ("report", ClockKind.FEEDBACK),
}
_TASK = ("id", "case_id", "number", "unit_id", "called_at")
_CASE = ("case__area_id", "case__type__kind", "case__type__code")


def of_tasks(kind: TaskClockKind, met: Callable[[Duty], bool]) -> Count:
    """Tasks whose clock of this kind fell due in the span; what was given back in time is nobody's.

    What is done again is not owed again: the first time counts.
    """

    async def count(span: Span) -> Sequence[Counted]:
        due = TaskClock.filter(kind=kind, due_at__gte=span.start, due_at__lt=span.end)
        ids = sorted({int(str(id)) for id in await due.values_list("task_id", flat=True)})
        found = []
        for start in range(0, len(ids), BATCH):
            for task, duty in await _owed(ids[start : start + BATCH], kind, span.until):
                if span.start <= duty.due_at < span.end and duty.counts(span.until):
                    found.append(_counted(task, duty, met(duty)))
        return found

    return count


async def _owed(
    ids: Sequence[int], kind: TaskClockKind, until: datetime
) -> list[tuple[Mapping[str, Any], Duty]]:
    """The tasks that had been called by then, with what each owed."""
    steps, clocks = defaultdict(list), defaultdict(list)
    for step in await TaskStep.filter(task_id__in=ids, at__lt=until).order_by("task_id", "seq"):
        steps[step.task_id].append(step)
    begun = TaskClock.filter(task_id__in=ids, kind=kind, started_at__lt=until)
    for clock in await begun.order_by("task_id", "id"):
        clocks[clock.task_id].append(clock)
    tasks = await Task.filter(id__in=[id for id in ids if steps[id]]).values(*_TASK, *_CASE)
    return [(task, _duty(task, kind, steps[task["id"]], clocks[task["id"]])) for task in tasks]


def _duty(
    task: Mapping[str, Any],
    kind: TaskClockKind,
    steps: Sequence[TaskStep],
    clocks: Sequence[TaskClock],
) -> Duty:
    does, counts_as = _OWED[kind]
    done_at = next((step.at for step in steps if step.action == does), None)
    # The clock that ran when it was done; later ones are for doing it again.
    clock = next((one for one in clocks if one.stopped_at == done_at), clocks[-1])
    return Duty(
        unit_id=task["unit_id"],
        kind=counts_as,
        sent_at=task["called_at"],
        due_at=NEVER if clock.left_seconds is not None else clock.due_at,
        done_at=done_at,
        released_at=steps[-1].at if steps[-1].to_stage in LET_GO else None,
    )


def _counted(task: Mapping[str, Any], duty: Duty, met: bool) -> Counted:
    return Counted(
        thing_id=task["case_id"],
        part=task["number"],
        area_id=task["case__area_id"],
        unit_id=duty.unit_id,
        type_code=f"{Kind(task['case__type__kind']).value}:{task['case__type__code']}",
        numerator=met,
        due_at=duty.due_at,
        done_at=duty.done_at,
    )
