"""How a case moves: held, checked, changed, written down, announced, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from liuhe import BadInput, File, Forbidden, Unit, Viewer, announce, atomic, may
from plugins.cases.actions import writing
from plugins.cases.actions.locking import hold, refuse_stale
from plugins.cases.actions.moment import now
from plugins.cases.facts import CaseMoved
from plugins.cases.models import Case, Step
from plugins.cases.permissions import SCOPE, neighbouring_units, reachable_units
from plugins.cases.rules import (
    HANDLING,
    STANDARD,
    EvidenceKind,
    Move,
    Need,
    Stage,
    missing,
)

MOST_NOTE = 1000
MOST_PICTURES = 9


@dataclass(frozen=True, kw_only=True)
class Given:
    """What a person gives with a move; `note` is the reason where the move needs one.

    `unit_id`: the unit to dispatch to, or the one proposed with a return. `version`: the case's
    version that the person was looking at; the move is refused if it has changed since.
    """

    note: str = ""
    unit_id: int | None = None
    file_ids: Sequence[str] = ()
    evidence: Sequence[File] = ()
    rating: int | None = None
    version: int | None = None

    @property
    def met(self) -> list[Need]:
        """The needs that this meets."""
        told = bool(self.note.strip())
        facts = {
            Need.NOTE: told,
            Need.REASON: told,
            Need.UNIT: self.unit_id is not None,
            Need.AFTER_PICTURE: bool(self.file_ids or self.evidence),
            Need.RATING: self.rating is not None,
        }
        return [need for need, is_met in facts.items() if is_met]


#: At which field to ask for what is missing, and how.
ASKED = {
    Need.NOTE: ("note", "请填写说明。"),
    Need.REASON: ("reason", "请填写理由。"),
    Need.UNIT: ("unitId", "请选择责任单位。"),
    Need.AFTER_PICTURE: ("fileIds", "请至少附一张处置后的照片。"),
    Need.RATING: ("rating", "请选择 1 到 5 分。"),
}


@atomic
async def move(viewer: Viewer | None, case_id: int, action: str, given: Given) -> Case:
    """Make one move; the case comes back changed, with area, type and unit loaded."""
    case = await hold(viewer, case_id)
    assert viewer is not None  # held
    chosen = await _chosen(viewer, case, action)
    if given.version is not None and given.version != case.version:
        await refuse_stale(viewer, case, "和您打开时不同")
    await _keep_apart(viewer, case, chosen)
    unit = await _check(viewer, case, chosen, given)
    step = await _write(viewer, case, chosen, given, unit)
    await writing.add_uploads(step, EvidenceKind.AFTER, given.file_ids, viewer)
    await writing.add_blurred(step, EvidenceKind.AFTER, given.evidence)
    await announce(
        CaseMoved(
            area_path=case.area.path,
            case_id=case.id,
            action=action,
            from_stage=str(step.from_stage),
            to_stage=case.stage,
            unit_id=case.unit_id,
            person_id=viewer.person_id,
        )
    )
    return case


async def _chosen(viewer: Viewer, case: Case, action: str) -> Move:
    """The move that the action is in this stage. Who may never do it hears just that."""
    found = STANDARD.move(action, case.stage)
    names = {found.permission} if found else STANDARD.permissions(action)
    if not any(may(viewer, name, case, SCOPE) for name in names):
        raise Forbidden()
    if found is None:
        await refuse_stale(viewer, case, f"不能“{STANDARD.label(action)}”")
    return found


async def _keep_apart(viewer: Viewer, case: Case, chosen: Move) -> None:
    """Duties are kept apart: whoever handled a case neither verifies nor rates it."""
    if chosen.apart and await Step.exists(
        case_id=case.id, person_id=viewer.person_id, action__in=chosen.apart
    ):
        raise Forbidden(f"您处置过这件案件，“{chosen.label}”要由别人来做。")


async def _check(viewer: Viewer, case: Case, chosen: Move, given: Given) -> Unit | None:
    """The named unit, after everything given was found in order."""
    if need := missing(chosen, given.met):
        field, sentence = ASKED[need]
        raise BadInput(sentence, field=field, reason="required")
    if len(given.note) > MOST_NOTE:
        field = "reason" if Need.REASON in chosen.needs else "note"
        raise BadInput(f"最多 {MOST_NOTE} 个字。", field=field, reason="too_long")
    if len(given.file_ids) + len(given.evidence) > MOST_PICTURES:
        raise BadInput(f"最多 {MOST_PICTURES} 张图片。", field="fileIds", reason="too_many")
    if given.rating is not None and not 1 <= given.rating <= 5:
        raise BadInput("请选择 1 到 5 分。", field="rating", reason="out_of_range")
    return await _unit(viewer, case, chosen, given.unit_id)


async def _unit(viewer: Viewer, case: Case, chosen: Move, unit_id: int | None) -> Unit | None:
    if unit_id is None:
        return None
    named = Need.UNIT in chosen.needs
    among = reachable_units(viewer) if named else neighbouring_units(case)
    unit = await Unit.filter(among, id=unit_id).first()
    if unit is None:
        field = "unitId" if named else "proposedUnitId"
        raise BadInput("没有这个单位，请重新选择。", field=field, reason="unknown")
    return unit


async def _write(viewer: Viewer, case: Case, chosen: Move, given: Given, unit: Unit | None) -> Step:
    at, before, acting = now(), case.stage, case.unit_id
    case.stage, case.version = chosen.to, case.version + 1
    _change(case, chosen, given, unit, viewer)
    await writing.stop_clocks(case, chosen.stops, at)
    await writing.start_clocks(case, chosen.starts, at)
    await writing.set_due(case)
    if case.stage == Stage.CLOSED:
        case.closed_at = at
    await case.save()
    return await Step.create(
        case_id=case.id,
        seq=case.version,
        at=at,
        person_id=viewer.person_id,
        actor=viewer.name,
        unit_id=_unit_concerned(case, chosen, acting),
        action=chosen.action,
        from_stage=before,
        to_stage=case.stage,
        note=given.note.strip(),
        details=_details(chosen, given, unit),
    )


def _unit_concerned(case: Case, chosen: Move, acting: int | None) -> int | None:
    """The unit that a step is addressed to, or whose own act it is."""
    if Need.UNIT in chosen.needs:
        return case.unit_id
    return acting if chosen.permission == "cases.handle" else None


def _change(case: Case, chosen: Move, given: Given, unit: Unit | None, viewer: Viewer) -> None:
    """What a move changes on the case besides its stage."""
    if Need.UNIT in chosen.needs:
        case.unit = unit
    if chosen.action in HANDLING:
        case.handler_id = viewer.person_id
    if chosen.action == "return":
        case.unit, case.handler_id = None, None
        case.returns += 1
    if chosen.action == "rework":
        case.reworks += 1
    if given.rating is not None:
        case.rating, case.rating_note = given.rating, given.note.strip()


def _details(chosen: Move, given: Given, unit: Unit | None) -> dict[str, Any]:
    details: dict[str, Any] = {}
    if unit is not None:
        key = "unit" if Need.UNIT in chosen.needs else "proposed_unit"
        details[key] = {"id": unit.id, "name": unit.name}
    if given.rating is not None:
        details["rating"] = given.rating
    return details
