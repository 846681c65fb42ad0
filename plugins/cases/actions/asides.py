"""The side exits of a case: 延期, 挂起, 撤回, 转派, 督办, 重新办理, 并案."""

from datetime import datetime

from liuhe import Viewer, atomic
from plugins.cases.actions.given import Given
from plugins.cases.actions.moving import move
from plugins.cases.models import Case


async def request_extension(
    viewer: Viewer | None,
    case_id: int,
    *,
    until: datetime | None,
    reason: str,
    version: int | None = None,
) -> Case:
    """申请延期: the unit asks to handle it by `until`; while nobody answers, the clock runs on."""
    given = Given(until=until, note=reason, version=version)
    return await move(viewer, case_id, "request_extension", given)


async def decide_extension(
    viewer: Viewer | None,
    case_id: int,
    *,
    granted: bool | None,
    note: str = "",
    version: int | None = None,
) -> Case:
    """答复延期申请: if granted, handling is due when it was asked for; a refusal says why."""
    given = Given(granted=granted, note=note, version=version)
    return await move(viewer, case_id, "decide_extension", given)


async def suspend_case(
    viewer: Viewer | None, case_id: int, *, reason: str, version: int | None = None
) -> Case:
    """挂起: nothing can be done for a while, and no clock runs."""
    return await move(viewer, case_id, "suspend", Given(note=reason, version=version))


async def resume_case(
    viewer: Viewer | None, case_id: int, *, note: str = "", version: int | None = None
) -> Case:
    """恢复办理: the clocks go on with what they had left."""
    return await move(viewer, case_id, "resume", Given(note=note, version=version))


async def withdraw_case(
    viewer: Viewer | None, case_id: int, *, reason: str, version: int | None = None
) -> Case:
    """撤回, by whoever reported it or who dispatches, before a unit has signed."""
    return await move(viewer, case_id, "withdraw", Given(note=reason, version=version))


async def transfer_case(
    viewer: Viewer | None,
    case_id: int,
    *,
    unit_id: int | None,
    reason: str,
    version: int | None = None,
) -> Case:
    """转派 to another unit, whose clocks begin anew."""
    given = Given(unit_id=unit_id, note=reason, version=version)
    return await move(viewer, case_id, "transfer", given)


async def supervise_case(
    viewer: Viewer | None,
    case_id: int,
    *,
    note: str,
    proposed_unit_id: int | None = None,
    version: int | None = None,
) -> Case:
    """督办: a mark with words; it also ends the waiting of a case that was returned too often."""
    given = Given(note=note, unit_id=proposed_unit_id, version=version)
    return await move(viewer, case_id, "supervise", given)


async def reopen_case(
    viewer: Viewer | None, case_id: int, *, reason: str, version: int | None = None
) -> Case:
    """重新办理 what was closed: it waits to be dispatched again, first of all to the same unit."""
    return await move(viewer, case_id, "reopen", Given(note=reason, version=version))


@atomic
async def merge_case(
    viewer: Viewer | None,
    case_id: int,
    *,
    main_case_id: int | None,
    reason: str,
    version: int | None = None,
) -> Case:
    """并案: this case ends and points to the main one; both timelines tell."""
    # Both rows, in one order for all: two who merge crosswise do not wait for each other.
    both = [id for id in (case_id, main_case_id) if id is not None]
    await Case.filter(id__in=both).order_by("id").select_for_update()
    given = Given(main_case_id=main_case_id, note=reason, version=version)
    case = await move(viewer, case_id, "merge", given)
    assert case.merged_into_id is not None  # checked
    told = f"案卷 {case.number}“{case.title}”并入本案。"
    await move(viewer, case.merged_into_id, "absorb", Given(note=told))
    return case
