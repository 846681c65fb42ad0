"""What a case's moves mean for the tasks of units that were called to it."""

from datetime import datetime

from liuhe import Conflict, Viewer
from plugins.cases.actions import task_timing
from plugins.cases.actions.task_moving import TaskGiven, change_task
from plugins.cases.models import Case, Task
from plugins.cases.rules import (
    BARRED_WHILE_OPEN,
    OPEN_TASKS,
    STAGE_STATES,
    TASK_STATES,
    WHISTLED,
    Move,
    task_move,
)


async def refuse_while_open(case: Case, chosen: Move) -> None:
    """Nobody reports or closes a case while a unit that was called still owes something."""
    if chosen.action not in BARRED_WHILE_OPEN:
        return
    if missing := [f"{one.unit.name}（{TASK_STATES[one.stage]}）" for one in await _open(case)]:
        raise Conflict(
            f"协办还没有办完：{'、'.join(missing)}。"
            f"等吹哨人认可以后再“{chosen.label}”；不需要了的，请吹哨人撤销。"
        )


async def follow(case: Case, chosen: Move, viewer: Viewer, at: datetime) -> None:
    """Clocks of tasks pause and go on with the case; with its end all that is open ends."""
    if chosen.action in ("suspend", "resume"):
        await _pause(case, chosen.action == "suspend", at)
    elif case.stage not in WHISTLED:
        await _end(case, viewer, at)


async def _open(case: Case) -> list[Task]:
    found = Task.filter(case_id=case.id, stage__in=OPEN_TASKS).order_by("number")
    return await found.select_related("unit")


async def _pause(case: Case, pauses: bool, at: datetime) -> None:
    tasks = await _open(case)
    await (task_timing.pause if pauses else task_timing.resume)(tasks, at)
    for task in tasks:
        await task_timing.set_due(task)
        await task.save(update_fields=["due_at"])


async def _end(case: Case, viewer: Viewer, at: datetime) -> None:
    given = TaskGiven(note=f"案件{STAGE_STATES[case.stage]}。")
    for task in await _open(case):
        task.case = case
        chosen = task_move("cancel", task.stage)
        assert chosen is not None  # from each open stage
        await change_task(viewer, task, chosen, given, at)
