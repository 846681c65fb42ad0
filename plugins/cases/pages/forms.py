"""The form of one move: its fields, filled with what was typed, with what is wrong beside them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from liuhe import BadInput, Viewer
from plugins.cases.models import Case, flow_of
from plugins.cases.pages.choices import mains_for, units_for
from plugins.cases.pages.flowing import words_of
from plugins.cases.pages.words import (
    ANSWERS,
    DANGER,
    NOTE_LABELS,
    RATINGS,
    REASON_LABELS,
    zone,
)
from plugins.cases.rules import Move, Need


async def move_form(
    move: Move,
    case: Case,
    viewer: Viewer,
    *,
    values: Mapping[str, Any] | None = None,
    error: BadInput | None = None,
) -> dict[str, Any]:
    """For the templates `cases/next.html` and `cases/fields.html`."""
    words = words_of(flow_of(case), move)
    asked = (*move.needs, *move.takes)
    problems = {error.field: error.message} if error else {}
    return {
        "action": f"/admin/cases/{case.id}/{move.action}",
        "name": move.action,
        "words": words,
        "version": case.version,
        "needs": [need.value for need in move.needs],
        "asked": [need.value for need in asked],
        "note_label": NOTE_LABELS.get(move.action, "说明"),
        "reason_label": REASON_LABELS.get(move.action, "理由"),
        "units": [
            option
            for need in asked
            if need in (Need.UNIT, Need.PROPOSED_UNIT)
            for option in await units_for(viewer, case, need)
        ],
        "ratings": RATINGS,
        "answers": ANSWERS,
        "mains": await mains_for(viewer, case) if Need.MAIN_CASE in asked else [],
        "soonest": _minute(case.due_at),
        "front": move.comes_first(case.marks),
        "danger": move.action in DANGER,
        "values": dict(values or {}),
        "problems": problems,
        "problem": error.message if error and error.field not in _fields(asked) else "",
    }


def _minute(at: datetime | None) -> str:
    """For a field of local time."""
    return at.astimezone(zone()).strftime("%Y-%m-%dT%H:%M") if at else ""


def _fields(asked: tuple[Need, ...]) -> set[str]:
    """The names of the inputs, as `BadInput.field` names them."""
    names = {
        Need.NOTE: "note",
        Need.REASON: "reason",
        Need.UNIT: "unitId",
        Need.PROPOSED_UNIT: "proposedUnitId",
        Need.AFTER_PICTURE: "fileIds",
        Need.RATING: "rating",
        Need.UNTIL: "until",
        Need.GRANTED: "granted",
        Need.MAIN_CASE: "mainCaseId",
    }
    return {names[need] for need in asked}
