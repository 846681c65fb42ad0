"""What becomes of its case is told to the work order, so that the platform hears of it."""

from datetime import UTC, datetime

from liuhe import atomic
from plugins.cases.actions import Stage, leading_cases, merged_with, told_whole
from plugins.cases.facts import CaseMoved
from plugins.hotline.models import WorkOrder
from plugins.hotline.rules import State

LONGEST_RESULT = 1000
_STATES = {
    Stage.CLOSED: State.SETTLED,
    Stage.RATED: State.SETTLED,
    Stage.WITHDRAWN: State.SETTLED,
    Stage.REJECTED: State.RETURNED,
}


@atomic
async def follow_case(fact: CaseMoved) -> None:
    """As the case stands now; that of a merged one is the case into which it was merged."""
    leading = (await leading_cases([fact.case_id])).get(fact.case_id)
    if leading is None:
        return
    state = _STATES.get(leading.stage, State.OPEN)
    for order in await WorkOrder.filter(case_id__in=await merged_with(fact.case_id)):
        if state != order.state:
            await _go_to(order, state, leading.id)


async def _go_to(order: WorkOrder, state: State, case_id: int) -> None:
    note = (await told_whole([case_id]))[case_id].note
    order.state, order.again_at = state, None
    if state == State.SETTLED and note:
        order.result = note[:LONGEST_RESULT]
    if state == State.RETURNED:
        order.return_basis, order.returned_at = note[:500], datetime.now(UTC)
    await order.save(update_fields=["state", "again_at", "result", "return_basis", "returned_at"])
