"""Says when clocks of tasks are soon due, and when they are late: once for each due time."""

from liuhe import announce, atomic
from plugins.cases.actions.moment import now
from plugins.cases.actions.warning import mark_told, untold
from plugins.cases.facts import TaskClockFact, TaskDueSoon, TaskOverdue
from plugins.cases.models import Task, TaskClock


@atomic
async def announce_tasks_due() -> int:
    """Announce what has become late or soon due since the last time; how many."""
    at = now()
    late, soon = await untold(TaskClock, at)
    await _announce(late, TaskOverdue)
    await _announce(soon, TaskDueSoon)
    await mark_told(TaskClock, late, soon, at)
    return len(late) + len(soon)


async def _announce(clocks: list[TaskClock], kind: type[TaskClockFact]) -> None:
    ids = {clock.task_id for clock in clocks}
    rows = await Task.filter(id__in=ids).select_related("case__area") if ids else []
    tasks = {task.id: task for task in rows}
    for clock in clocks:
        task = tasks[clock.task_id]
        await announce(
            kind(
                area_path=task.case.area.path,
                case_id=task.case_id,
                task_id=task.id,
                unit_id=task.unit_id,
                clock_id=clock.id,
                kind=clock.kind,
                due_at=clock.due_at,
            )
        )
