"""How a task moves: its case held, checked, changed, written down, announced, in one transaction.

The case's row is the lock of all its tasks: what asks whether a task is open waits here as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn
from zoneinfo import ZoneInfo

from liuhe import (
    BadInput,
    Conflict,
    File,
    Forbidden,
    NotFound,
    NotSignedIn,
    Viewer,
    announce,
    atomic,
    house,
)
from plugins.cases.actions import task_timing, writing
from plugins.cases.actions.given import MOST_NOTE, MOST_PICTURES
from plugins.cases.actions.moment import now
from plugins.cases.facts import TaskMoved
from plugins.cases.models import Case, Task, TaskStep, concerning
from plugins.cases.permissions import may_move_task, may_see, shown_actor, units_of
from plugins.cases.rules import (
    TASK_MOVES,
    TASK_STATES,
    WHISTLED,
    Need,
    TaskMove,
    TaskStage,
    state_words,
    task_label,
    task_move,
)


@dataclass(frozen=True, kw_only=True)
class TaskGiven:
    """What a person gives with a move; `note` is the reason where the move needs one.

    `version`: the task's version that the person was looking at. `evidence`: pictures that came
    already blurred.
    """

    note: str = ""
    file_ids: Sequence[str] = ()
    evidence: Sequence[File] = ()
    version: int | None = None


@atomic
async def move_task(viewer: Viewer | None, task_id: int, action: str, given: TaskGiven) -> Task:
    """Make one move; the task comes back changed, with its unit, case and the case's area."""
    task = await _hold(viewer, task_id)
    assert viewer is not None  # held
    chosen = await _chosen(viewer, task, action)
    if given.version is not None and given.version != task.version:
        await _refuse_stale(viewer, task, "和您打开时不同")
    await _keep_apart(viewer, task, chosen)
    _check(chosen, given)
    return await change_task(viewer, task, chosen, given, now())


async def change_task(
    viewer: Viewer, task: Task, chosen: TaskMove, given: TaskGiven, at: datetime
) -> Task:
    """The move itself, after it was found to be in order; the case is held."""
    before = task.stage
    task.stage = chosen.to or await _where_it_stood(task)
    await task_timing.stop(task, chosen.stops, at)
    if chosen.action == "redo":
        await _again(task, before, at)
    await task_timing.set_due(task)
    _times(task, chosen, at)
    task.version += 1
    await task.save()
    step = await TaskStep.create(
        task_id=task.id,
        seq=task.version,
        at=at,
        person_id=viewer.person_id,
        actor=viewer.name,
        action=chosen.action,
        from_stage=before,
        to_stage=task.stage,
        note=given.note.strip(),
    )
    await writing.add_to_task(step, task.case_id, given.file_ids, given.evidence, viewer)
    await announce(await _moved(task, step))
    return task


async def _hold(viewer: Viewer | None, task_id: int) -> Task:
    """The task as it is now, its case locked until the transaction ends."""
    if viewer is None:
        raise NotSignedIn()
    known = await Task.get_or_none(id=task_id)
    if known is None:
        raise NotFound()
    await Case.select_for_update().get(id=known.case_id)
    task = await Task.get(id=task_id).select_related("unit", "case__area", "case__type")
    if not await may_see(viewer, task.case):
        if task.unit_id in units_of(viewer):
            await _refuse_stale(viewer, task, "不用再办")
        raise NotFound()
    return task


async def _chosen(viewer: Viewer, task: Task, action: str) -> TaskMove:
    """The move that the action is in this stage. Who may never do it hears just that."""
    found = task_move(action, task.stage)
    ways = [found] if found else [move for move in TASK_MOVES if move.action == action]
    if not any(may_move_task(viewer, task, way) for way in ways):
        raise Forbidden()
    if found is None:
        await _refuse_stale(viewer, task, f"不能“{task_label(action)}”")
    if task.case.stage not in WHISTLED or task.case.suspended_at is not None:
        state = state_words(task.case.stage, task.case.marks)
        raise Conflict(f"案件现在是“{state}”，协办任务不能“{found.label}”。")
    return found


async def _keep_apart(viewer: Viewer, task: Task, chosen: TaskMove) -> None:
    """Duties are kept apart: nobody judges one's own report."""
    if chosen.apart and await TaskStep.exists(
        task_id=task.id, person_id=viewer.person_id, action__in=chosen.apart
    ):
        raise Forbidden(f"您办过这个协办任务，“{chosen.label}”要由别人来做。")


def _check(chosen: TaskMove, given: TaskGiven) -> None:
    field = "reason" if Need.REASON in chosen.needs else "note"
    if not given.note.strip() and {Need.REASON, Need.NOTE} & set(chosen.needs):
        asked = "理由" if field == "reason" else "说明"
        raise BadInput(f"请填写{asked}。", field=field, reason="required")
    if len(given.note) > MOST_NOTE:
        raise BadInput(f"最多 {MOST_NOTE} 个字。", field=field, reason="too_long")
    if len(given.file_ids) + len(given.evidence) > MOST_PICTURES:
        raise BadInput(f"最多 {MOST_PICTURES} 张图片。", field="fileIds", reason="too_many")


async def _where_it_stood(task: Task) -> TaskStage:
    last = await TaskStep.filter(task_id=task.id, action="return").order_by("-seq").first()
    assert last is not None  # it was returned
    assert last.from_stage is not None
    return last.from_stage


async def _again(task: Task, before: TaskStage, at: datetime) -> None:
    if before == TaskStage.RETURNED:
        await task_timing.go_on(task, task.stage)
    else:
        await task_timing.start_again(task, task.case.type, at)


def _times(task: Task, chosen: TaskMove, at: datetime) -> None:
    if chosen.action == "sign":
        task.signed_at = at
    if chosen.action == "report":
        task.reported_at = at
    ended = task.stage in (TaskStage.ACCEPTED, TaskStage.RETURNED, TaskStage.CANCELLED)
    task.ended_at = at if ended else None


async def called_units(case_id: int) -> set[int]:
    """The units whose tasks let them see the case."""
    found = Task.filter(concerning(), case_id=case_id)
    return {task.unit_id for task in await found.only("unit_id")}


async def others(task: Task) -> tuple[int, ...]:
    """Units that take part in the case besides the task's own."""
    found = await called_units(task.case_id) | {task.case.unit_id or task.unit_id}
    return tuple(sorted(found - {task.unit_id}))


async def _moved(task: Task, step: TaskStep) -> TaskMoved:
    assert step.from_stage is not None
    return TaskMoved(
        area_path=task.case.area.path,
        case_id=task.case_id,
        also_unit_ids=await others(task),
        task_id=task.id,
        unit_id=task.unit_id,
        action=step.action,
        from_stage=step.from_stage.value,
        to_stage=step.to_stage.value,
        person_id=step.person_id,
    )


async def _refuse_stale(viewer: Viewer, task: Task, so: str) -> NoReturn:
    """Say who has done what meanwhile, and when."""
    step = await TaskStep.get(task_id=task.id, seq=task.version)
    who = shown_actor(viewer, task.case, step)
    at = step.at.astimezone(ZoneInfo(house().settings.timezone))
    raise Conflict(
        f"{who}已在 {at:%m月%d日 %H:%M} 办理“{task_label(step.action)}”，"
        f"协办任务现在是“{TASK_STATES[task.stage]}”，{so}。请刷新后再看。"
    )
