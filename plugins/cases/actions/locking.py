"""One case held for one writer, and what to say to whoever comes too late."""

from typing import NoReturn
from zoneinfo import ZoneInfo

from liuhe import Conflict, NotFound, NotSignedIn, Viewer, house
from plugins.cases.models import Case, Step, label_of, state_of_case
from plugins.cases.permissions import may_see, shown_actor, units_of


async def hold(viewer: Viewer | None, case_id: int) -> Case:
    """The case as it is now, locked until the transaction ends, with area, type and unit loaded.

    (PostgreSQL locks the row; SQLite lets one writing transaction in at a time.)
    """
    if viewer is None:
        raise NotSignedIn()
    if await Case.select_for_update().get_or_none(id=case_id) is None:
        raise NotFound()
    case = await Case.get(id=case_id).select_related("area", "type", "unit")
    if not await may_see(viewer, case):
        if units_of(viewer) & await _just_left(case):
            await refuse_stale(viewer, case, "不用再办")
        raise NotFound()
    return case


async def _just_left(case: Case) -> set[int | None]:
    """The unit whose step was the last, or from which it was taken."""
    step = await last_step(case)
    return {step.unit_id, step.details.get("from_unit_id")}


async def last_step(case: Case) -> Step:
    return await Step.get(case_id=case.id, seq=case.version)


async def refuse_stale(viewer: Viewer, case: Case, so: str) -> NoReturn:
    """Say who has done what meanwhile, and when."""
    step = await last_step(case)
    who, did = shown_actor(viewer, case, step), label_of(case, step.action)
    at = step.at.astimezone(ZoneInfo(house().settings.timezone))
    raise Conflict(
        f"{who}已在 {at:%m月%d日 %H:%M} 办理“{did}”，"
        f"案件现在是“{state_of_case(case)}”，{so}。请刷新后再看。"
    )
