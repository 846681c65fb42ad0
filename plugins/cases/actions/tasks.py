"""The doors of a task, from 报到 to 认可: one function each, all through `task_moving`."""

from collections.abc import Sequence

from liuhe import File, Viewer
from plugins.cases.actions.task_moving import TaskGiven, move_task
from plugins.cases.models import Task


async def sign_task(viewer: Viewer | None, task_id: int, *, version: int | None = None) -> Task:
    """报到: the unit is there."""
    return await move_task(viewer, task_id, "sign", TaskGiven(version=version))


async def report_task(
    viewer: Viewer | None,
    task_id: int,
    *,
    note: str,
    file_ids: Sequence[str] = (),
    evidence: Sequence[File] = (),
    version: int | None = None,
) -> Task:
    """反馈: what the unit did. `file_ids`: own uploads; `evidence`: pictures already blurred."""
    given = TaskGiven(note=note, file_ids=file_ids, evidence=evidence, version=version)
    return await move_task(viewer, task_id, "report", given)


async def return_task(
    viewer: Viewer | None, task_id: int, *, reason: str, version: int | None = None
) -> Task:
    """退回 to whoever called, who may call again: the time runs on as if nothing had happened."""
    return await move_task(viewer, task_id, "return", TaskGiven(note=reason, version=version))


async def accept_task(
    viewer: Viewer | None, task_id: int, *, note: str = "", version: int | None = None
) -> Task:
    """认可 what was reported; never by whoever did it."""
    return await move_task(viewer, task_id, "accept", TaskGiven(note=note, version=version))


async def redo_task(
    viewer: Viewer | None, task_id: int, *, reason: str, version: int | None = None
) -> Task:
    """再办: what was reported does not do, or what was returned is the unit's matter after all."""
    return await move_task(viewer, task_id, "redo", TaskGiven(note=reason, version=version))


async def cancel_task(
    viewer: Viewer | None, task_id: int, *, reason: str, version: int | None = None
) -> Task:
    """撤销: the unit is not needed (any more)."""
    return await move_task(viewer, task_id, "cancel", TaskGiven(note=reason, version=version))
