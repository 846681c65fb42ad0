"""Says when clocks are soon due, and when they are late: once for each due time."""

from datetime import datetime

from tortoise.expressions import Q

from liuhe import announce, atomic
from plugins.cases.actions.moment import now
from plugins.cases.facts import CaseDueSoon, CaseOverdue, ClockFact
from plugins.cases.models import Case, Clock

A_ROUND = 200


@atomic
async def announce_due() -> int:
    """Announce what has become late or soon due since the last time; how many."""
    at = now()
    late = await _running(Q(due_at__lt=at, late_told_at=None))
    soon = await _running(Q(warn_at__lte=at, due_at__gte=at, soon_told_at=None))
    await _announce(late, CaseOverdue)
    await _announce(soon, CaseDueSoon)
    await _mark(late, late_told_at=at)
    await _mark(soon, soon_told_at=at)
    return len(late) + len(soon)


async def _running(condition: Q) -> list[Clock]:
    """Locked, so that none of them stops before it is announced."""
    found = Clock.filter(condition, stopped_at=None, paused_at=None).order_by("due_at", "id")
    return await found.limit(A_ROUND).select_for_update()


async def _announce(clocks: list[Clock], kind: type[ClockFact]) -> None:
    ids = {clock.case_id for clock in clocks}
    rows = await Case.filter(id__in=ids).select_related("area") if ids else []
    cases = {case.id: case for case in rows}
    for clock in clocks:
        case = cases[clock.case_id]
        await announce(
            kind(
                area_path=case.area.path,
                case_id=case.id,
                clock_id=clock.id,
                kind=clock.kind,
                due_at=clock.due_at,
                unit_id=case.unit_id,
            )
        )


async def _mark(clocks: list[Clock], **told: datetime) -> None:
    if clocks:
        await Clock.filter(id__in=[clock.id for clock in clocks]).update(**told)
