"""历史案件 from a table. Each keeps the times that it had; nothing is timed that was not so here.

What was settled goes the way ARCHIVE, where nothing waits for anybody. What was not is reported
now: it waits to be accepted, and its first clock begins with the import. Either way the timeline
says that it was brought in, by whom, and under what number it was known.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tortoise.expressions import Q

from liuhe import (
    Area,
    Import,
    Row,
    Unit,
    Verdict,
    Viewer,
    announce,
    demand_held,
    house,
    may,
)
from plugins.cases.actions import timing
from plugins.cases.actions.moment import now
from plugins.cases.actions.opening import number_of
from plugins.cases.actions.sheets import BROUGHT_IN
from plugins.cases.actions.wording import rewrite_words, write_words
from plugins.cases.facts import CaseOpened
from plugins.cases.models import Case, CaseType, Step
from plugins.cases.permissions import SCOPE
from plugins.cases.rules import ARCHIVE, OPEN, STANDARD, Kind, Source, Stage
from plugins.places.actions import Gazetteer

IMPORT = "cases.import"
ACTOR = "历史导入"
#: Columns of the case that a table tells, as they stand.
PLAIN = ("title", "address", "description", "longitude", "latitude", "rating")
#: The same whatever becomes of the number elsewhere.
NOT_HERE = "这个编号不能由您导入。请核对编号和社区；没有写错的，请管全区的人导入。"


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A line with what it names. `known`: the case that it has become before."""

    area: Area
    type: CaseType
    unit: Unit | None
    known: Case | None


async def type_choices() -> Mapping[str, Sequence[tuple[str, str]]]:
    found = await CaseType.filter(kind=Kind.EVENT).order_by("code")
    return {"type": [(row.code, row.name) for row in found]}


async def check(
    viewer: Viewer, rows: Sequence[Row], source: Source = Source.IMPORT
) -> Sequence[Verdict]:
    """What would come of each line; as many queries for one as for a hundred.

    A neighbour that brings in settled matters of its own names its `source`.
    """
    looked = await _Looked.up(rows, source)
    return [looked.verdict(viewer, row) for row in rows]


@dataclass(kw_only=True)
class _Looked:
    """What the lines name, looked up for all of them together."""

    places: Gazetteer
    types: dict[str, CaseType]
    units: dict[str, list[Unit]]
    known: dict[str, Case]
    results: dict[int, str]
    zone: ZoneInfo

    @classmethod
    async def up(cls, rows: Sequence[Row], source: Source) -> "_Looked":
        names = [row[name] for row in rows for name in ("street", "community")]
        known = Case.filter(source=source, source_ref__in=_all(rows, "source_ref"))
        cases = {str(case.source_ref): case for case in await known.select_related("area")}
        units: dict[str, list[Unit]] = {}
        said = _all(rows, "unit")
        for unit in await Unit.filter(Q(name__in=said) | Q(code__in=said)).order_by("id"):
            for name in {unit.name, unit.code}:
                units.setdefault(name, []).append(unit)
        codes = _all(rows, "type")
        return cls(
            places=await Gazetteer.of((row["area_code"] for row in rows), names),
            types={t.code: t for t in await CaseType.filter(kind=Kind.EVENT, code__in=codes)},
            units=units,
            known=cases,
            results=await results_of([case.id for case in cases.values()]),
            zone=ZoneInfo(house().settings.timezone),
        )

    def verdict(self, viewer: Viewer, row: Row) -> Verdict:
        problems = _times(row) | _point(row)
        area, unit = None, None
        try:
            area = self._area(viewer, row)
        except LookupError as error:
            column = "area_code" if row["area_code"] else "community"
            problems[column] = str(error)
        try:
            unit = self._unit(row)
        except LookupError as error:
            problems["unit"] = str(error)
        if row["rating"] is not None and not 1 <= row["rating"] <= 5:
            problems["rating"] = "评分是 1 到 5。"
        known = self.known.get(row["source_ref"])
        kind = self.types.get(row["type"])
        if problems or area is None or kind is None:
            return Verdict(problems=problems or {"type": "没有这种案件类型。"})
        plan = Planned(area=area, type=kind, unit=unit, known=known)
        if known is None:
            return Verdict(plan=plan)
        if not may(viewer, IMPORT, known, SCOPE):  # where it stands, not only where it would
            return Verdict(problems={"source_ref": NOT_HERE})
        return self._again(known, row, plan)

    def _again(self, known: Case, row: Row, plan: Planned) -> Verdict:
        """The same number a second time: the same, or mended where nobody has worked on it."""
        if known.forgotten_at is not None:
            return Verdict(outcome="same", plan=plan)
        told = _told(row, plan)
        before = {name: getattr(known, name) for name in told}
        if told == before and (row["result"] or "") == self.results.get(known.id, ""):
            return Verdict(outcome="same", plan=plan)
        if known.flow != ARCHIVE.name or row["closed_at"] is None:
            sentence = "这件已经导入过，正在办理，不能再用表格改。"
            return Verdict(problems={"source_ref": sentence})
        return Verdict(outcome="changed", plan=plan)

    def _area(self, viewer: Viewer, row: Row) -> Area:
        day = row["opened_at"].astimezone(self.zone).date() if row["opened_at"] else now().date()
        area = self.places.find(row["area_code"], row["street"], row["community"], day)
        if not may(viewer, IMPORT, Case(area=area), SCOPE):
            raise LookupError(f"“{area.name}”不在您管的区域里。")
        return area

    def _unit(self, row: Row) -> Unit | None:
        if not row["unit"]:
            return None
        found = self.units.get(row["unit"], [])
        if len(found) != 1:
            raise LookupError(
                f"叫“{row['unit'][:20]}”的单位不止一个，请写单位代码。"
                if found
                else f"没有“{row['unit'][:20]}”这个单位，请先在“单位”里加上，或者留空。"
            )
        return found[0]


def _all(rows: Sequence[Row], name: str) -> list[str]:
    return list({row[name] for row in rows if row[name]})


def _times(row: Row) -> dict[str, str]:
    opened, closed = row["opened_at"], row["closed_at"]
    latest = now() + timedelta(minutes=5)
    if opened and opened > latest:
        return {"opened_at": "上报时间还没有到，请检查。"}
    if closed and closed > latest:
        return {"closed_at": "结案时间还没有到，请检查。"}
    if opened and closed and closed < opened:
        return {"closed_at": "结案比上报还早，请检查。"}
    return {}


def _point(row: Row) -> dict[str, str]:
    longitude, latitude = row["longitude"], row["latitude"]
    if (longitude is None) != (latitude is None):
        return {"longitude": "经度和纬度要一起写。"}
    if longitude is not None and not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        return {"longitude": "经度在 -180 到 180 之间，纬度在 -90 到 90 之间；可能写反了。"}
    return {}


def _told(row: Row, plan: Planned) -> dict[str, Any]:
    """The case's columns as the line tells them."""
    texts = {name: row[name] for name in PLAIN}
    for name in ("address", "description"):
        texts[name] = texts[name] or ""
    return {
        **texts,
        "type_id": plan.type.id,
        "area_id": plan.area.id,
        "unit_id": plan.unit.id if plan.unit and row["closed_at"] else None,
        "opened_at": row["opened_at"],
        "closed_at": row["closed_at"],
    }


async def results_of(case_ids: Sequence[int]) -> dict[int, str]:
    """What was said last of how each was settled."""
    ends = Step.filter(case_id__in=case_ids, action__in=("submit_handling", "close"), note__not="")
    found: dict[int, str] = {}
    for step in await ends.order_by("seq"):
        found[step.case_id] = step.note
    return found


async def write(viewer: Viewer, pairs: Sequence[tuple[Row, Verdict]]) -> None:
    await bring_in(viewer, pairs, Source.IMPORT)


async def bring_in(
    viewer: Viewer, pairs: Sequence[tuple[Row, Verdict]], source: Source
) -> Mapping[str, int]:
    """Bring the lines in, in the transaction in which they were checked: the id of each one's case,
    by `source_ref`."""
    demand_held(viewer, IMPORT)
    fresh = [(row, verdict.plan) for row, verdict in pairs if verdict.outcome == "new"]
    cases = await _create(viewer, fresh, source)
    await Step.bulk_create(
        step
        for case, (row, _) in zip(cases, fresh, strict=True)
        for step in _steps(case, row, viewer)
    )
    for case, (_, plan) in zip(cases, fresh, strict=True):
        if case.closed_at is None:
            await _begin(case, plan)
    for row, verdict in pairs:
        if verdict.outcome == "changed":
            await _mend(viewer, row, verdict.plan)
    known = [verdict.plan.known for _, verdict in pairs if verdict.outcome != "new"]
    return {str(case.source_ref): case.id for case in (*cases, *known)}


async def _create(
    viewer: Viewer, lines: Sequence[tuple[Row, Planned]], source: Source
) -> list[Case]:
    """The cases with their numbers, in the order of the lines; three queries for all."""
    marks = [uuid.uuid4().hex for _ in lines]  # until the ids are known
    await Case.bulk_create(
        Case(
            number=mark,
            flow=ARCHIVE.name if row["closed_at"] else STANDARD.name,
            stage=Stage.CLOSED if row["closed_at"] else Stage.REPORTED,
            source=source,
            source_ref=row["source_ref"],
            reporter_id=viewer.person_id,
            version=2 if row["closed_at"] else 1,
            **_told(row, plan),
        )
        for mark, (row, plan) in zip(marks, lines, strict=True)
    )
    found = {case.number: case for case in await Case.filter(number__in=marks)}
    cases = [found[mark] for mark in marks]
    for case in cases:
        case.number = number_of(case.id, case.opened_at)
    if cases:
        await Case.bulk_update(cases, ["number"])
        await write_words(*cases)
    return cases


def _steps(case: Case, row: Row, viewer: Viewer) -> list[Step]:
    """When it happened is what the table says; who says so is whoever brought it in."""
    known: dict[str, Any] = {
        "case_id": case.id,
        "person_id": viewer.person_id,
        "actor": ACTOR,
        "details": {"imported": True},
    }
    begin = Step(
        seq=1,
        at=case.opened_at,
        action=OPEN,
        to_stage=Stage.REPORTED,
        note=f"从表格导入，原编号 {case.source_ref}。",
        **known,
    )
    if case.closed_at is None:
        return [begin]
    end = Step(
        seq=2,
        at=case.closed_at,
        action="close",
        unit_id=case.unit_id,
        from_stage=Stage.REPORTED,
        to_stage=Stage.CLOSED,
        note=row["result"] or "",
        **known,
    )
    return [begin, end]


async def _begin(case: Case, plan: Planned) -> None:
    """What is not settled waits from now on: its clock begins here, not when it was reported."""
    case.type, case.area = plan.type, plan.area
    at: datetime = now()
    await timing.start_clocks(case, STANDARD.opens, at)
    await timing.set_due(case)
    await case.save(update_fields=["due_at", "soon_at"])
    await announce(
        CaseOpened(
            area_path=plan.area.path,
            case_id=case.id,
            type_code=plan.type.code,
            source=case.source,
            source_ref=case.source_ref,
            flow=STANDARD.name,
        )
    )


async def _mend(viewer: Viewer, row: Row, plan: Planned) -> None:
    """A line that was put right: the case says so, and what the step of the import said goes."""
    case = plan.known
    assert case is not None
    for name, value in _told(row, plan).items():
        setattr(case, name, value)
    case.version += 1
    await case.save()
    await rewrite_words([case.id])
    await Step.filter(case_id=case.id, seq=1).update(at=case.opened_at)
    await Step.create(
        case_id=case.id,
        seq=case.version,
        at=now(),
        person_id=viewer.person_id,
        actor=viewer.name,
        action="close",
        unit_id=case.unit_id,
        from_stage=case.stage,
        to_stage=case.stage,
        note=row["result"] or "",
        details={"imported": True, "mended": True},
    )


IMPORTS = (
    Import(
        name="cases.history",
        title="历史案件",
        permission=IMPORT,
        columns=BROUGHT_IN,
        key="source_ref",
        check=check,
        write=write,
        choices=type_choices,
        hint="以前在别的系统或表格里办的案件。已结案的供查阅和统计；没结案的进入待受理，时限从导入时起算。",
        back="/admin/cases/?tab=all",
    ),
)
