"""Says when clocks are soon due, and when they are late: once for each due time."""

from datetime import datetime
from typing import TypeVar

from tortoise.expressions import Q

from liuhe import announce, atomic
from plugins.cases.actions.moment import now
from plugins.cases.facts import CaseDueSoon, CaseOverdue, ClockFact
from plugins.cases.models import Case, Clock, TaskClock

A_ROUND = 200
C = TypeVar("C", Clock, TaskClock)


@atomic
async def announce_due() -> int:
    """Announce what has become late or soon due since the last time; how many."""
    at = now()
    late, soon = await untold(Clock, at)
    await _announce(late, CaseOverdue)
    await _announce(soon, CaseDueSoon)
    await mark_told(Clock, late, soon, at)
    return len(late) + len(soon)


async def untold(kind: type[C], at: datetime) -> tuple[list[C], list[C]]:
    """Clocks that are late, and that are soon due, of which nobody has heard yet."""
    late = await _running(kind, Q(due_at__lt=at, late_told_at=None))
    return late, await _running(kind, Q(warn_at__lte=at, due_at__gte=at, soon_told_at=None))


async def _running(kind: type[C], condition: Q) -> list[C]:
    """Locked, so that none of them stops before it is announced."""
    found = kind.filter(condition, stopped_at=None, paused_at=None).order_by("due_at", "id")
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


async def mark_told(kind: type[C], late: list[C], soon: list[C], at: datetime) -> None:
    for clocks, told in ((late, "late_told_at"), (soon, "soon_told_at")):
        if clocks:
            await kind.filter(id__in=[clock.id for clock in clocks]).update(**{told: at})
