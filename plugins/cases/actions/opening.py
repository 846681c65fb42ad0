"""上报: how a case begins."""

import uuid
from collections.abc import Mapping, Sequence
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
from plugins.cases.actions import writing
from plugins.cases.actions.moment import now
from plugins.cases.facts import CaseOpened
from plugins.cases.models import Case, CaseType, Step
from plugins.cases.permissions import SCOPE, may_see, only_own
from plugins.cases.rules import OPEN, STANDARD, EvidenceKind, Kind, Source
from plugins.places.actions import locate

MOST_PICTURES = 9


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
    idempotency_key: str | None = None,
) -> Case:
    """Report a matter; the case comes back with its area and type loaded.

    `type_code`: GB/T 30428 小类 such as "0505". Without an `area_id` the area is the deepest one
    around the point. `longitude`, `latitude`: WGS-84 degrees, both or
    neither. `source_ref`: what the source calls the matter; the same source and ref never make a
    second case but give the first one back. `file_ids`: the viewer's own uploads. `evidence`:
    pictures that came already blurred (`store_blurred`); they become the case's own, and whoever
    sees the case sees them. `idempotency_key`: see the contract.
    """
    demand_held(viewer, "cases.open")
    area = await _area(area_id, longitude, latitude)
    viewer = demand(
        viewer, "cases.open", Case(area=area, reporter_id=viewer and viewer.person_id), SCOPE
    )
    words = _checked(title, description, address, longitude, latitude)
    chosen = _source(viewer, source, source_ref)
    kind = await _type(type_code)
    given = {**words, "type": type_code, "area": area.id, "source": chosen, "ref": source_ref}
    given["files"] = [*file_ids, *(str(file.id) for file in evidence)]
    receipt = await redeem(str(viewer.person_id), "cases.open", idempotency_key, given)
    if receipt and receipt.result:
        return await Case.get(id=int(receipt.result)).select_related("area", "type")
    if known := await _known(viewer, chosen, source_ref):
        await fill(receipt, known.id)
        return known
    if len(given["files"]) > MOST_PICTURES:
        raise BadInput(f"最多 {MOST_PICTURES} 张图片。", field="fileIds", reason="too_many")
    case = await _create(viewer, area, kind, words, chosen, source_ref)
    step = await _first_step(case, viewer)
    await writing.add_uploads(step, EvidenceKind.SCENE, file_ids, viewer)
    await writing.add_blurred(step, EvidenceKind.SCENE, evidence)
    await fill(receipt, case.id)
    await announce(
        CaseOpened(
            area_path=area.path,
            case_id=case.id,
            type_code=kind.code,
            source=chosen,
            source_ref=source_ref,
        )
    )
    return case


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


def _source(viewer: Viewer, source: Source | str, source_ref: str | None) -> Source:
    """Residents report for themselves; a device's report names what it saw."""
    try:
        chosen = Source(source)
    except ValueError:
        raise BadInput("没有这种来源。", field="source", reason="unknown") from None
    if only_own(viewer, "cases.open"):
        return Source.RESIDENT
    if chosen in (Source.CAMERA, Source.SENSOR) and not source_ref:
        raise BadInput("设备发现的案件要写明来源编号。", field="sourceRef", reason="required")
    if source_ref is not None and len(source_ref) > 80:
        raise BadInput("来源编号最多 80 个字符。", field="sourceRef", reason="too_long")
    return chosen


async def _known(viewer: Viewer, source: Source, source_ref: str | None) -> Case | None:
    """The case that this source has already brought."""
    if not source_ref:
        return None
    known = await Case.get_or_none(source=source, source_ref=source_ref).select_related(
        "area", "type"
    )
    if known and not may_see(viewer, known):
        raise Conflict("这个来源编号已经立案，由其他人办理。")
    return known


def _checked(
    title: str, description: str, address: str, longitude: float | None, latitude: float | None
) -> dict[str, Any]:
    words = {
        "title": _text(title, "title", "标题", 120),
        "description": _text(description, "description", "情况说明", 2000, needed=False),
        "address": _text(address, "address", "地点", 200, needed=False),
    }
    if (longitude is None) != (latitude is None):
        raise BadInput("经度和纬度要一起写。", field="longitude", reason="incomplete")
    if longitude is not None and not -180 <= longitude <= 180:
        raise BadInput("经度在 -180 到 180 之间。", field="longitude", reason="out_of_range")
    if latitude is not None and not -90 <= latitude <= 90:
        raise BadInput("纬度在 -90 到 90 之间。", field="latitude", reason="out_of_range")
    return {**words, "longitude": longitude, "latitude": latitude}


def _text(value: str, field: str, label: str, most: int, *, needed: bool = True) -> str:
    value = value.strip()
    if needed and not value:
        raise BadInput(f"请填写{label}。", field=field, reason="required")
    if len(value) > most:
        raise BadInput(f"{label}最多 {most} 个字。", field=field, reason="too_long")
    return value


async def _create(
    viewer: Viewer,
    area: Area,
    kind: CaseType,
    words: Mapping[str, Any],
    source: Source,
    source_ref: str | None,
) -> Case:
    at = now()
    case = await Case.create(
        number=uuid.uuid4().hex,  # until the id is known
        type=kind,
        area=area,
        stage=STANDARD.start,
        source=source,
        source_ref=source_ref or None,
        reporter_id=viewer.person_id,
        opened_at=at,
        version=1,
        **words,
    )
    case.number = number_of(case.id, at)
    await writing.start_clocks(case, STANDARD.opens, at)
    await writing.set_due(case)
    await case.save(update_fields=["number", "due_at"])
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
