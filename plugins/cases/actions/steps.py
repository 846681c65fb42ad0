"""The door for moves that a flow declares and that have no door of their own."""

from collections.abc import Sequence

from liuhe import BadInput, File, NotSignedIn, Viewer, atomic, fill, redeem
from plugins.cases.actions.given import Given
from plugins.cases.actions.moving import move
from plugins.cases.models import Case, further_actions


@atomic
async def move_case(
    viewer: Viewer | None,
    case_id: int,
    action: str,
    *,
    note: str = "",
    unit_id: int | None = None,
    file_ids: Sequence[str] = (),
    evidence: Sequence[File] = (),
    version: int | None = None,
    idempotency_key: str | None = None,
) -> Case:
    """Make a move by its name, such as "handle_on_spot"; `note` is the reason where it needs one.

    `file_ids`: the viewer's own uploads; `evidence`: pictures that came already blurred. What the
    standard flow knows has a door of its own, which takes what such a move takes.
    """
    if viewer is None:
        raise NotSignedIn()
    if action not in further_actions():
        raise BadInput("没有这个动作，或者它有自己的入口。", field="action", reason="unknown")
    given = Given(note=note, unit_id=unit_id, file_ids=file_ids, evidence=evidence, version=version)
    told = {"case": case_id, "unit": unit_id, **given.told}
    receipt = await redeem(str(viewer.person_id), f"cases.move.{action}", idempotency_key, told)
    if receipt and receipt.result:
        return await Case.get(id=case_id).select_related("area", "type")
    case = await move(viewer, case_id, action, given)
    await fill(receipt, case.id)
    return case
