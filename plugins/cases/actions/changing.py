"""What a move changes on a case and its clocks, besides the stage."""

from datetime import UTC, datetime, timedelta
from typing import Any

from liuhe import BadInput, Viewer
from plugins.cases.actions import phases, timing
from plugins.cases.actions.given import Given, Named
from plugins.cases.models import MARK_COLUMNS, Case, Clock
from plugins.cases.rules import MOST_RETURNS, ClockKind, Mark, Move, Need, Stage

EXTENDED = (ClockKind.HANDLE, ClockKind.FEEDBACK)
LONGEST_EXTENSION = timedelta(days=180)

Details = dict[str, Any]


async def change(
    case: Case, chosen: Move, given: Given, named: Named, viewer: Viewer, at: datetime
) -> Details:
    """Change the case (not saved) and its clocks (saved); what the step is to remember of it."""
    details = _details(chosen, given, named)
    if chosen.action == "transfer":
        details["from_unit_id"] = case.unit_id
    if extension := await _extend(case, chosen, given, at):
        details["extension"] = extension
    if Mark.PHASED in chosen.wants and (phase := phases.in_hand(case)):
        details["phase"] = {"number": phase[0], "name": phase[1].name}
    left = case.phases_left
    for mark in chosen.clears:
        setattr(case, MARK_COLUMNS[mark], None)
    await phases.go_on(case, chosen, left)
    _change(case, chosen, given, named, viewer, at)
    case.stage, case.flow = chosen.leads_to(case.stage), chosen.joins or case.flow
    await timing.stop_clocks(case, chosen.stops, at)
    await timing.start_clocks(case, chosen.starts, at)
    if Mark.SUSPENDED in chosen.sets:
        await timing.pause_clocks(case, at)
    if Mark.SUSPENDED in chosen.clears:
        await timing.resume_clocks(case, at)
    await timing.set_due(case)
    return details


def _details(chosen: Move, given: Given, named: Named) -> Details:
    details: Details = {}
    if named.unit is not None:
        key = "unit" if Need.UNIT in chosen.needs else "proposed_unit"
        details[key] = {"id": named.unit.id, "name": named.unit.name}
    if named.main is not None:
        details["main"] = {"id": named.main.id, "number": named.main.number}
    if given.rating is not None:
        details["rating"] = given.rating
    return details


def _change(
    case: Case, chosen: Move, given: Given, named: Named, viewer: Viewer, at: datetime
) -> None:
    if Need.UNIT in chosen.needs:
        case.unit, case.handler_id = named.unit, None
    if chosen.handles:
        case.handler_id = viewer.person_id
    if chosen.action == "return":
        _returned(case, chosen, at)
    if chosen.action == "rework":
        case.reworks += 1
    if chosen.action == "reopen":
        _reopened(case)
    if Mark.SUSPENDED in chosen.sets:
        case.suspended_at = at
    if chosen.action == "supervise":
        case.supervised_at = at
    if named.main is not None:
        case.merged_into_id = named.main.id
    if given.rating is not None:
        case.rating, case.rating_note = given.rating, given.note.strip()
    if chosen.to == Stage.CLOSED:
        case.closed_at = at


def _returned(case: Case, chosen: Move, at: datetime) -> None:
    """Handed back too often, a case waits for the supervisor by itself."""
    case.unit, case.handler_id = None, None
    case.returns += 1
    if case.returns > MOST_RETURNS and Mark.ESCALATED in chosen.sets:
        case.escalated_at = at


def _reopened(case: Case) -> None:
    """As if it were new; what was done and how it was rated stays in the timeline."""
    case.unit, case.handler_id, case.closed_at = None, None, None
    case.rating, case.rating_note = None, ""
    case.phases, case.phases_left = None, None


async def _extend(case: Case, chosen: Move, given: Given, at: datetime) -> Details | None:
    """Ask for a later due time, or answer; what was asked and what it was before."""
    if Mark.ASKED in chosen.sets:
        assert given.until is not None  # needed
        due = await _due(case)
        case.extension_until = _wish(given.until, due, at)
        return {"from": due.isoformat(), "until": case.extension_until.isoformat()}
    if Mark.ASKED in chosen.answers:
        assert case.extension_until is not None  # the mark
        due, until = await _due(case), case.extension_until
        if given.granted:
            await timing.move_due(case, EXTENDED, until)
        told = {"from": due.isoformat(), "until": until.isoformat()}
        return {**told, "granted": bool(given.granted)}
    return None


async def _due(case: Case) -> datetime:
    clock = await Clock.get_or_none(case_id=case.id, kind=ClockKind.HANDLE, stopped_at=None)
    if clock is None:
        raise BadInput("没有正在走的处置时限，不用延期。", field="until", reason="untimed")
    return clock.due_at


def _wish(until: datetime, due: datetime, at: datetime) -> datetime:
    if until.tzinfo is None:
        raise BadInput("时间要写明时区。", field="until", reason="no_zone")
    until = until.astimezone(UTC).replace(microsecond=0)
    if at > due:
        raise BadInput("处置已经超期，不能再申请延期。", field="until", reason="overdue")
    if until <= due:
        raise BadInput("要晚于现在的到期时间。", field="until", reason="too_early")
    if until > at + LONGEST_EXTENSION:
        raise BadInput("最多延期 180 天。", field="until", reason="too_far")
    return until
