"""按时签收率、处置率、反馈率 of units over a period.

口径: of the cases that were sent to a unit in the period (派遣 or 转派), those that it signed,
handled and reported back by the due second, over those that were due. A case that is not due yet,
or that was handed back, taken away, withdrawn or merged in time, is in neither number.

协办: the same of units that were called to help, by the whistles of the period: 签收 is 报到, and
反馈 the first report.
"""

from datetime import datetime

from tortoise.expressions import Q, Subquery

from plugins.cases.indicators.courses import NEVER, courses
from plugins.cases.models import Case, Step, Task, TaskClock, TaskStep, flows
from plugins.cases.rules import (
    LET_GO,
    ClockKind,
    Duty,
    Rates,
    TaskClockKind,
    duties,
    rates,
    terms_of,
)


async def unit_rates(
    start: datetime, end: datetime, until: datetime, cases: Q | None = None
) -> Rates:
    """By unit, for what was sent from `start` to before `end`, as it stood at `until`.

    `cases`: which of them, as a condition on `Case` (what a viewer may see, say); all by default.
    """
    owed = await _duties(start, end, cases or Q())
    return rates((duty for duty in owed if start <= duty.sent_at < end), until)


async def _duties(start: datetime, end: datetime, cases: Q) -> list[Duty]:
    terms = terms_of(flows())
    sent = Q(action__in=terms.sends, at__gte=start, at__lt=end)
    seen = Subquery(Case.filter(cases).values("id"))
    ids = await Step.filter(sent, case_id__in=seen).distinct().values_list("case_id", flat=True)
    return [
        duty
        async for course in courses([int(str(id)) for id in ids])
        for duty in duties(course.told, course.clocks, terms)
    ]


#: Which step ends a clock of a task, and under what the figure goes.
_TASK_OWED = {
    TaskClockKind.ARRIVE: ("sign", ClockKind.SIGN),
    TaskClockKind.ACT: ("report", ClockKind.FEEDBACK),
}


async def task_rates(
    start: datetime, end: datetime, until: datetime, tasks: Q | None = None
) -> Rates:
    """By unit, for the tasks called from `start` to before `end`, as it stood at `until`.

    `tasks`: which of them, as a condition on `Task`; all by default. Nothing is owed as 处置.
    """
    found = await Task.filter(tasks or Q(), called_at__gte=start, called_at__lt=end)
    ids = [task.id for task in found]
    done: dict[tuple[int, str], datetime] = {}
    for step in await TaskStep.filter(task_id__in=ids).order_by("task_id", "seq"):
        done.setdefault((step.task_id, step.action), step.at)
    clocks: dict[tuple[int, str], TaskClock] = {}
    for clock in await TaskClock.filter(task_id__in=ids).order_by("id"):
        key, (ends, _) = (clock.task_id, clock.kind), _TASK_OWED[TaskClockKind(clock.kind)]
        first = done.get((clock.task_id, ends))
        if key not in clocks or clocks[key].stopped_at != first or first is None:
            clocks[key] = clock
    owed = (_task_duty(task, kind, clocks, done) for task in found for kind in _TASK_OWED)
    return rates(owed, until)


def _task_duty(
    task: Task,
    kind: TaskClockKind,
    clocks: dict[tuple[int, str], TaskClock],
    done: dict[tuple[int, str], datetime],
) -> Duty:
    ends, counts_as = _TASK_OWED[kind]
    clock = clocks[task.id, kind]
    return Duty(
        unit_id=task.unit_id,
        kind=counts_as,
        sent_at=task.called_at,
        due_at=NEVER if clock.left_seconds is not None else clock.due_at,
        done_at=done.get((task.id, ends)),
        released_at=task.ended_at if task.stage in LET_GO else None,
    )
