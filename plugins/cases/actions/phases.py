"""Which part of its handling a case is in."""

from plugins.cases.models import Case, Clock, phases_of_type
from plugins.cases.rules import ClockKind, Mark, Move, Phase, plan_of


def in_hand(case: Case) -> tuple[int, Phase] | None:
    """The number and the phase that a case is in; None where it is handled in one go."""
    plan = plan_of(case.phases)
    number = len(plan) - (case.phases_left or 0)
    return (number, plan[number - 1]) if plan else None


async def go_on(case: Case, chosen: Move, left: int | None) -> None:
    """Begin with the phases, or go on to the next; `left` was left until now.

    What a case goes by is what its type had when handling began: a case that was handed back and
    is sent out again, whose clock runs, keeps it.
    """
    if Mark.PHASED in chosen.wants:
        case.phases_left = (left or 1) - 1 or None
    elif Mark.PHASED in chosen.sets and not await _handled(case):
        plan = await phases_of_type(case.type_id)
        case.phases = [phase.kept for phase in plan] or None
        case.phases_left = len(plan[1:]) or None


async def _handled(case: Case) -> bool:
    return await Clock.exists(case_id=case.id, kind=ClockKind.HANDLE, stopped_at=None)
