"""上报: how a case begins."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from liuhe import (
    Area,
    BadInput,
    Conflict,
    File,
    Viewer,
    announce,
    atomic,
    demand,
    demand_held,
    fill,
    house,
    redeem,
)
from plugins.cases.actions import timing, writing
from plugins.cases.actions.given import MOST_NOTE, MOST_PICTURES, Given
from plugins.cases.actions.moment import now
from plugins.cases.actions.moving import move
from plugins.cases.actions.wording import write_words
from plugins.cases.facts import CaseOpened
from plugins.cases.models import Case, CaseType, Step, flow_named
from plugins.cases.permissions import SCOPE, may_see, only_own
from plugins.cases.rules import OPEN, STANDARD, EvidenceKind, Flow, Kind, Need, Source
from plugins.places.actions import locate


@atomic
async def open_case(
    viewer: Viewer | None,
    *,
    title: str,
    type_code: str,
    area_id: int | None = None,
    address: str = "",
    description: str = "",
    longitude: float | None = None,
    latitude: float | None = None,
    source: Source | str = Source.OFFICER,
    source_ref: str | None = None,
    file_ids: Sequence[str] = (),
    evidence: Sequence[File] = (),
    flow: str = "",
    handled: Given | None = None,
    idempotency_key: str | None = None,
) -> Case:
    """Report a matter; the case comes back with its area and type loaded.

    `type_code`: GB/T 30428 小类 such as "0505". `longitude`, `latitude`: WGS-84 degrees, both or
    neither; without an `area_id` the area is the deepest one around the point. `source_ref`: what
    the source calls the matter; the same source and ref never make a second case but give the
    first one back (residents have none). `file_ids`: the viewer's own uploads. `evidence`: pictures
    that came already blurred (`store_blurred`); they become the case's own, and whoever sees the
    case sees them. `flow`: the way that it is to go, the standard one by default. `handled`: what
    whoever reports it has done about it already, where the flow begins so (现场即办).
    `idempotency_key`: the same key and input give the same case.
    """
    way = _flow(flow)
    viewer = demand_held(viewer, way.permission)
    area = await _area(area_id, longitude, latitude)
    demand(viewer, way.permission, Case(area=area, reporter_id=viewer.person_id), SCOPE)
    own = only_own(viewer, way.permission)
    report = Report(
        title=_text(title, "title", "标题", 120),
        description=_text(description, "description", "情况说明", 2000, needed=False),
        address=_text(address, "address", "地点", 200, needed=False),
        point=_point(longitude, latitude),
        source=Source.RESIDENT if own else _source(source, source_ref),
        source_ref=None if own else source_ref or None,
        file_ids=tuple(file_ids),
        evidence=tuple(str(file.id) for file in evidence),
    )
    _check_flow(way, report, handled)
    told = {**asdict(report), "type": type_code, "area": area.id}
    if flow:
        told |= {"flow": flow, "handled": handled.told if handled else None}
    receipt = await redeem(str(viewer.person_id), "cases.open", idempotency_key, told)
    if receipt and receipt.result:
        return await _again(viewer, id=int(receipt.result))
    taken = await _taken(report)
    known = _origin(report)
    case = await (
        _again(viewer, **known)
        if known and await Case.exists(**known)
        else _new(viewer, way, report, area, await _type(type_code), evidence, handled)
    )
    await fill(receipt, case.id)
    await fill(taken, case.id)
    return case


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was told, checked. `point`: longitude and latitude. `evidence`: ids of pictures."""

    title: str
    description: str
    address: str
    point: tuple[float | None, float | None]
    source: Source
    source_ref: str | None
    file_ids: tuple[str, ...]
    evidence: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.file_ids) + len(self.evidence) > MOST_PICTURES:
            raise BadInput(f"最多 {MOST_PICTURES} 张图片。", field="fileIds", reason="too_many")


async def _taken(report: Report) -> Any:
    """The receipt for what a source has brought; of two at once, the second waits for the first."""
    key = f"{report.source}:{report.source_ref}" if report.source_ref else None
    return await redeem("source", "cases.open", key, {})


def _origin(report: Report) -> dict[str, Any]:
    """What a source's matter is found by, for as long as there is the case: receipts go earlier."""
    return {"source": report.source, "source_ref": report.source_ref} if report.source_ref else {}


async def _again(viewer: Viewer, **known_by: Any) -> Case:
    """The case that has come of this before."""
    known = await Case.get(**known_by).select_related("area", "type")
    if not await may_see(viewer, known):
        raise Conflict("这个来源编号已经立案，由其他人办理。")
    return known


def _flow(name: str) -> Flow:
    found = flow_named(name or STANDARD.name)
    if not (found.moves and found.reported):
        raise BadInput("没有这种办理方式，请重新选择。", field="flow", reason="unknown")
    return found


def _check_flow(flow: Flow, report: Report, handled: Given | None) -> None:
    """What the flow wants with a report, and whether it begins with what was done already."""
    if Need.SCENE_PICTURE in flow.needs and not (report.file_ids or report.evidence):
        raise BadInput("请至少附一张处置前的照片。", field="fileIds", reason="required")
    first = flow.main(flow.start)
    if handled is None:
        return
    if first is None or Need.AFTER_PICTURE not in first.needs:
        raise BadInput("这种办理方式，上报时还不能反馈处置结果。", field="flow", reason="unfit")
    _text(handled.note, "handledNote", "怎么处置的", MOST_NOTE)
    pictures = len(handled.file_ids) + len(handled.evidence)
    if not pictures:
        raise BadInput("请至少附一张处置后的照片。", field="afterFileIds", reason="required")
    if pictures > MOST_PICTURES:
        raise BadInput(f"最多 {MOST_PICTURES} 张图片。", field="afterFileIds", reason="too_many")


async def _new(
    viewer: Viewer,
    flow: Flow,
    report: Report,
    area: Area,
    kind: CaseType,
    evidence: Sequence[File],
    handled: Given | None,
) -> Case:
    case = await _create(viewer, flow, report, area, kind)
    step = await _first_step(case, viewer)
    await writing.add_uploads(step, EvidenceKind.SCENE, report.file_ids, viewer)
    await writing.add_blurred(step, EvidenceKind.SCENE, evidence)
    await announce(
        CaseOpened(
            area_path=area.path,
            case_id=case.id,
            type_code=kind.code,
            source=report.source,
            source_ref=report.source_ref,
            flow=flow.name,
        )
    )
    first = flow.main(flow.start)
    return await move(viewer, case.id, first.action, handled) if handled and first else case


async def _area(area_id: int | None, longitude: float | None, latitude: float | None) -> Area:
    """The named area, or the deepest one that the point lies in."""
    day = now().astimezone(ZoneInfo(house().settings.timezone)).date()
    if area_id is not None:
        area = await Area.get_or_none(id=area_id)
    elif longitude is not None and latitude is not None:
        area = await locate(longitude, latitude, day)
    else:
        area = None
    if area is None or not area.stood(day):
        raise BadInput("请选择案件发生的区域。", field="areaId", reason="unknown")
    return area


async def _type(code: str) -> CaseType:
    found = await CaseType.get_or_none(kind=Kind.EVENT, code=code, active=True)
    if found is None:
        raise BadInput(
            f"没有“{code}”这个案件类型，请重新选择。", field="typeCode", reason="unknown"
        )
    return found


def _source(source: Source | str, source_ref: str | None) -> Source:
    """Where it comes from; a device's report names what it saw."""
    try:
        chosen = Source(source)
    except ValueError:
        raise BadInput("没有这种来源。", field="source", reason="unknown") from None
    if chosen in (Source.CAMERA, Source.SENSOR) and not source_ref:
        raise BadInput("设备发现的案件要写明来源编号。", field="sourceRef", reason="required")
    if source_ref is not None and len(source_ref) > 80:
        raise BadInput("来源编号最多 80 个字符。", field="sourceRef", reason="too_long")
    return chosen


def _point(longitude: float | None, latitude: float | None) -> tuple[float | None, float | None]:
    if (longitude is None) != (latitude is None):
        raise BadInput("经度和纬度要一起写。", field="longitude", reason="incomplete")
    if longitude is not None and not -180 <= longitude <= 180:
        raise BadInput("经度在 -180 到 180 之间。", field="longitude", reason="out_of_range")
    if latitude is not None and not -90 <= latitude <= 90:
        raise BadInput("纬度在 -90 到 90 之间。", field="latitude", reason="out_of_range")
    return longitude, latitude


def _text(value: str, field: str, label: str, most: int, *, needed: bool = True) -> str:
    value = value.strip()
    if needed and not value:
        raise BadInput(f"请填写{label}。", field=field, reason="required")
    if len(value) > most:
        raise BadInput(f"{label}最多 {most} 个字。", field=field, reason="too_long")
    return value


async def _create(viewer: Viewer, flow: Flow, report: Report, area: Area, kind: CaseType) -> Case:
    at = now()
    longitude, latitude = report.point
    case = await Case.create(
        number=uuid.uuid4().hex,  # until the id is known
        title=report.title,
        description=report.description,
        address=report.address,
        longitude=longitude,
        latitude=latitude,
        type=kind,
        area=area,
        flow=flow.name,
        stage=flow.start,
        source=report.source,
        source_ref=report.source_ref,
        reporter_id=viewer.person_id,
        opened_at=at,
        version=1,
    )
    case.number = number_of(case.id, at)
    await timing.start_clocks(case, flow.opens, at)
    await timing.set_due(case)
    await case.save(update_fields=["number", "due_at", "soon_at"])
    await write_words(case)
    return case


def number_of(case_id: int, at: datetime) -> str:
    """案卷号: the day in the district's own time, and the id."""
    return f"{at.astimezone(ZoneInfo(house().settings.timezone)):%Y%m%d}{case_id:05d}"


async def _first_step(case: Case, viewer: Viewer) -> Step:
    return await Step.create(
        case_id=case.id,
        seq=1,
        at=case.opened_at,
        person_id=viewer.person_id,
        actor=viewer.name,
        action=OPEN,
        to_stage=case.stage,
    )
