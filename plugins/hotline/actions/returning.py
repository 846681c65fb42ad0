"""退单: what is not our duty goes back, with its ground in law; and who called, for a reason."""

from datetime import UTC, datetime

from liuhe import BadInput, Conflict, Viewer, atomic, demand, read_personal, record
from plugins.cases.actions import reject_case
from plugins.hotline.actions.mapping import held
from plugins.hotline.models import WorkOrder
from plugins.hotline.permissions import CALLER, RETURN, RETURNED, SCOPE
from plugins.hotline.rules import State

LONGEST_BASIS = 500


@atomic
async def return_order(viewer: Viewer | None, order_id: int, basis: str) -> WorkOrder:
    """Back to the platform: only what nobody has accepted yet. `basis`: the ground in law."""
    order = await held(viewer, order_id)
    demand(viewer, RETURN, order, SCOPE)
    basis = basis.strip()
    if not basis:
        raise BadInput(
            "请写明退回的依据：哪部法规、哪一条，应该归谁。", field="basis", reason="required"
        )
    if len(basis) > LONGEST_BASIS:
        raise BadInput(f"最多 {LONGEST_BASIS} 个字。", field="basis", reason="too_long")
    if order.state in (State.RETURNED, State.SETTLED) and not order.waits:
        raise Conflict("这件工单已经退回或办结，不能再退。")
    if order.state == State.OPEN and order.case_id is not None:  # refused once it is accepted
        await reject_case(viewer, order.case_id, reason=basis)
    order.state, order.return_basis = State.RETURNED, basis
    order.returned_at, order.again_at, order.problem = datetime.now(UTC), None, ""
    await order.save(update_fields=["state", "return_basis", "returned_at", "again_at", "problem"])
    await record(viewer, RETURNED, order)
    return order


@atomic
async def read_caller(viewer: Viewer | None, order_id: int, reason: str) -> dict[str, str] | None:
    """Name and number of whoever called, for a stated reason; None where they are destroyed."""
    order = await held(viewer, order_id)
    viewer = demand(viewer, CALLER, order, SCOPE)
    if not reason.strip():
        raise BadInput("请写明为什么要看。", field="reason", reason="required")
    if order.contact_id is None:
        return None
    return await read_personal(viewer, order.contact_id, reason=reason.strip()[:200])
