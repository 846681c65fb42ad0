"""What every action writes: the step, the clocks, the pictures."""

from collections.abc import Sequence
from datetime import datetime

from liuhe import File, Viewer, attach
from plugins.cases.actions.calendars import calendar_as_of
from plugins.cases.models import Case, Clock, Evidence, Step
from plugins.cases.rules import (
    Calendar,
    ClockKind,
    EvidenceKind,
    due_after,
    limit_of,
    rule_text,
    text_of,
)

KEEPER = "cases"


async def start_clocks(case: Case, kinds: Sequence[ClockKind], at: datetime) -> None:
    """Set clocks going; one that is running runs on (a returned case keeps its time)."""
    if not kinds:
        return
    calendar = await calendar_as_of(at)
    running = {clock.kind for clock in await Clock.filter(case_id=case.id, stopped_at=None)}
    await Clock.bulk_create(
        _clock(case, kind, at, calendar) for kind in kinds if kind not in running
    )


def _clock(case: Case, kind: ClockKind, at: datetime, calendar: Calendar) -> Clock:
    limit = limit_of(kind, case.type.limit)
    due = due_after(limit, at, calendar)
    return Clock(
        case_id=case.id,
        kind=kind,
        started_at=at,
        due_at=due,
        rule=rule_text(kind, limit, f"{case.type.code} {case.type.name}", due, calendar),
        unit=limit.unit,
        hours=text_of(calendar.hours),
    )


async def stop_clocks(case: Case, kinds: Sequence[ClockKind], at: datetime) -> None:
    if kinds:
        await Clock.filter(case_id=case.id, kind__in=kinds, stopped_at=None).update(stopped_at=at)


async def set_due(case: Case) -> None:
    """The case is due when the first of its running clocks is."""
    first = await Clock.filter(case_id=case.id, stopped_at=None).order_by("due_at").first()
    case.due_at = first.due_at if first else None


async def add_uploads(step: Step, kind: EvidenceKind, ids: Sequence[str], viewer: Viewer) -> None:
    """Attach the viewer's own uploads; they are shown once they are blurred."""
    files = await attach(list(ids), viewer, keeper=KEEPER, subject=str(step.case_id))
    await _add(step, kind, files, taken_blurred=False)


async def add_blurred(step: Step, kind: EvidenceKind, files: Sequence[File]) -> None:
    """Take over pictures that were blurred before they were stored."""
    for file in files:
        if file.state != "ready":
            raise ValueError(f"file {file.id} is not blurred")
        file.keeper, file.subject = KEEPER, str(step.case_id)
        await file.save(update_fields=["keeper", "subject"])
    await _add(step, kind, files, taken_blurred=True)


async def _add(
    step: Step, kind: EvidenceKind, files: Sequence[File], *, taken_blurred: bool
) -> None:
    await Evidence.bulk_create(
        Evidence(
            case_id=step.case_id,
            step_id=step.id,
            file_id=file.id,
            kind=kind,
            taken_blurred=taken_blurred,
        )
        for file in files
    )
