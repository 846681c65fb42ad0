"""The doors of a case, from 受理 to 评价: one function each, all through `moving.move`."""

from collections.abc import Sequence

from liuhe import File, NotSignedIn, Viewer, atomic, fill, redeem
from plugins.cases.actions.given import Given
from plugins.cases.actions.moving import move
from plugins.cases.models import Case


async def accept_case(
    viewer: Viewer | None, case_id: int, *, note: str = "", version: int | None = None
) -> Case:
    """受理."""
    return await move(viewer, case_id, "accept", Given(note=note, version=version))


async def reject_case(
    viewer: Viewer | None, case_id: int, *, reason: str, version: int | None = None
) -> Case:
    """不予受理, with the reason that the reporter reads."""
    return await move(viewer, case_id, "reject", Given(note=reason, version=version))


async def dispatch_case(
    viewer: Viewer | None,
    case_id: int,
    *,
    unit_id: int | None,
    note: str = "",
    version: int | None = None,
) -> Case:
    """派遣 to a unit, with an instruction if there is one to give."""
    return await move(
        viewer, case_id, "dispatch", Given(unit_id=unit_id, note=note, version=version)
    )


async def sign_case(viewer: Viewer | None, case_id: int, *, version: int | None = None) -> Case:
    """签收: the unit has it now."""
    return await move(viewer, case_id, "sign", Given(version=version))


async def return_case(
    viewer: Viewer | None,
    case_id: int,
    *,
    reason: str,
    proposed_unit_id: int | None = None,
    version: int | None = None,
) -> Case:
    """退回 to whoever dispatches, with a reason and, if known, whose matter it is."""
    given = Given(note=reason, unit_id=proposed_unit_id, version=version)
    return await move(viewer, case_id, "return", given)


async def finish_phase(
    viewer: Viewer | None,
    case_id: int,
    *,
    note: str,
    file_ids: Sequence[str] = (),
    evidence: Sequence[File] = (),
    version: int | None = None,
    idempotency_key: str | None = None,
) -> Case:
    """完成一段: this part of the handling is done, with a picture; the next one's clock begins."""
    given = Given(note=note, file_ids=file_ids, evidence=evidence, version=version)
    return await _once(viewer, case_id, "finish_phase", given, idempotency_key)


async def submit_handling(
    viewer: Viewer | None,
    case_id: int,
    *,
    note: str,
    file_ids: Sequence[str] = (),
    evidence: Sequence[File] = (),
    version: int | None = None,
    idempotency_key: str | None = None,
) -> Case:
    """处置完成并反馈: what was done, with at least one picture of how it looks now.

    `file_ids`: the viewer's own uploads; `evidence`: pictures that came already blurred. Where
    handling has phases, this ends the last one.
    """
    given = Given(note=note, file_ids=file_ids, evidence=evidence, version=version)
    return await _once(viewer, case_id, "submit_handling", given, idempotency_key)


@atomic
async def _once(
    viewer: Viewer | None, case_id: int, action: str, given: Given, key: str | None
) -> Case:
    """The move; with the same key and input, what it has made before."""
    if viewer is None:
        raise NotSignedIn()
    known = {"submit_handling": "cases.submit", "finish_phase": "cases.finish_phase"}[action]
    told = {"case": case_id, **given.told}
    receipt = await redeem(str(viewer.person_id), known, key, told)
    if receipt and receipt.result:
        return await Case.get(id=case_id).select_related("area", "type")
    case = await move(viewer, case_id, action, given)
    await fill(receipt, case.id)
    return case


async def verify_case(
    viewer: Viewer | None, case_id: int, *, note: str = "", version: int | None = None
) -> Case:
    """核查通过; never by whoever handled the case."""
    return await move(viewer, case_id, "verify", Given(note=note, version=version))


async def rework_case(
    viewer: Viewer | None, case_id: int, *, reason: str, version: int | None = None
) -> Case:
    """返工: back to the unit that handled it."""
    return await move(viewer, case_id, "rework", Given(note=reason, version=version))


async def close_case(
    viewer: Viewer | None, case_id: int, *, note: str = "", version: int | None = None
) -> Case:
    """结案, with closing words if there is more to say than the timeline tells."""
    return await move(viewer, case_id, "close", Given(note=note, version=version))


async def rate_case(
    viewer: Viewer | None,
    case_id: int,
    *,
    rating: int | None,
    note: str = "",
    version: int | None = None,
) -> Case:
    """评价: 1 (not satisfied) to 5."""
    return await move(viewer, case_id, "rate", Given(rating=rating, note=note, version=version))
