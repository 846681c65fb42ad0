"""What comes with a move, and whether it will do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from liuhe import Area, BadInput, File, Unit, Viewer, may
from plugins.cases.models import Case, flow_of
from plugins.cases.permissions import SCOPE, neighbouring_units, reachable_units
from plugins.cases.rules import UNDER_WAY, Move, Need, missing

MOST_NOTE = 1000
MOST_PICTURES = 9


@dataclass(frozen=True, kw_only=True)
class Given:
    """What a person gives with a move; `note` is the reason where the move needs one.

    `unit_id`: the unit to dispatch to, or the one proposed. `until`, `granted`: the due time that
    is asked for, and the answer. `main_case_id`: what it is merged into. `version`: the case's
    version that the person was looking at; the move is refused if it has changed since.
    """

    note: str = ""
    unit_id: int | None = None
    file_ids: Sequence[str] = ()
    evidence: Sequence[File] = ()
    rating: int | None = None
    until: datetime | None = None
    granted: bool | None = None
    main_case_id: int | None = None
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
            Need.UNTIL: self.until is not None,
            Need.GRANTED: self.granted is not None,
            Need.MAIN_CASE: self.main_case_id is not None,
        }
        return [need for need, is_met in facts.items() if is_met]

    @property
    def told(self) -> dict[str, Any]:
        """What tells one such giving from another."""
        return {"note": self.note, "files": [*self.file_ids, *(f.id for f in self.evidence)]}


@dataclass(frozen=True, kw_only=True)
class Named:
    """What was named by a number, found and allowed."""

    unit: Unit | None = None
    main: Case | None = None


#: At which field to ask for what is missing, and how.
ASKED = {
    Need.NOTE: ("note", "请填写说明。"),
    Need.REASON: ("reason", "请填写理由。"),
    Need.UNIT: ("unitId", "请选择责任单位。"),
    Need.AFTER_PICTURE: ("fileIds", "请至少附一张处置后的照片。"),
    Need.RATING: ("rating", "请选择 1 到 5 分。"),
    Need.UNTIL: ("until", "请选择希望延到什么时候。"),
    Need.GRANTED: ("granted", "请选择同意或不同意。"),
    Need.MAIN_CASE: ("mainCaseId", "请选择并入哪一件案件。"),
}


async def checked(viewer: Viewer, case: Case, chosen: Move, given: Given) -> Named:
    """What was named, after everything given was found in order."""
    if need := missing(chosen, given.met):
        field, sentence = ASKED[need]
        raise BadInput(sentence, field=field, reason="required")
    if given.granted is False and not given.note.strip():
        raise BadInput("不同意延期，请写明理由。", field="note", reason="required")
    _check_sizes(chosen, given)
    return Named(
        unit=await _unit(viewer, case, chosen, given.unit_id),
        main=await _main(viewer, case, given.main_case_id),
    )


def _check_sizes(chosen: Move, given: Given) -> None:
    if len(given.note) > MOST_NOTE:
        field = "reason" if Need.REASON in chosen.needs else "note"
        raise BadInput(f"最多 {MOST_NOTE} 个字。", field=field, reason="too_long")
    if len(given.file_ids) + len(given.evidence) > MOST_PICTURES:
        raise BadInput(f"最多 {MOST_PICTURES} 张图片。", field="fileIds", reason="too_many")
    if given.rating is not None and not 1 <= given.rating <= 5:
        raise BadInput("请选择 1 到 5 分。", field="rating", reason="out_of_range")


async def _unit(viewer: Viewer, case: Case, chosen: Move, unit_id: int | None) -> Unit | None:
    if unit_id is None:
        return None
    named = Need.UNIT in chosen.needs
    field = "unitId" if named else "proposedUnitId"
    if named and unit_id == case.unit_id:
        raise BadInput("案件就在这个单位，请选另一个。", field=field, reason="same")
    among = reachable_units(viewer) if named else neighbouring_units(case)
    unit = await Unit.filter(among, id=unit_id).first()
    if unit is None:
        raise BadInput("没有这个单位，请重新选择。", field=field, reason="unknown")
    return unit


async def _main(viewer: Viewer, case: Case, main_id: int | None) -> Case | None:
    """The case to merge into: another one under way, of the same street, the viewer's to merge."""
    if main_id is None:
        return None
    main = await Case.get_or_none(id=main_id).select_related("area")
    if main is None or not may(viewer, "cases.merge", main, SCOPE):
        raise BadInput("没有这件案件，请重新选择。", field="mainCaseId", reason="unknown")
    if main.id == case.id:
        raise BadInput("不能并入它自己。", field="mainCaseId", reason="same")
    if main.stage not in UNDER_WAY:
        raise BadInput("那件案件已经办结，不能并入。", field="mainCaseId", reason="ended")
    if flow_of(main).move("absorb", main.stage) is None:
        raise BadInput("那件案件的流程不能并案。", field="mainCaseId", reason="flow")
    if await street_of(main.area) != await street_of(case.area):
        raise BadInput("只能并入同一街道的案件。", field="mainCaseId", reason="elsewhere")
    return main


async def street_of(area: Area) -> int:
    """The street that an area lies in; what lies above the streets stands for itself."""
    chain = [int(part) for part in area.path.split(".") if part]
    street = await Area.filter(id__in=chain, level="street").first()
    return int(street.id if street else area.id)
