"""A named officer decides: only then does a finding become a case."""

from collections.abc import Sequence
from datetime import UTC, datetime

from liuhe import (
    BadInput,
    Conflict,
    File,
    NotFound,
    Viewer,
    announce,
    atomic,
    content_of,
    demand_held,
    fill,
    redeem,
    store_blurred,
)
from plugins.cases.actions import open_case
from plugins.city_eye.facts import FindingDecided
from plugins.city_eye.models import Finding, Sighting
from plugins.city_eye.permissions import DECIDE, decidable
from plugins.city_eye.rules import REASON_LABELS, STATE_LABELS, Reason, State
from plugins.places.actions import today
from plugins.video.actions import release_evidence

MOST_WORDS = 500


async def confirm_finding(
    viewer: Viewer | None, finding_id: int, note: str = "", *, idempotency_key: str | None = None
) -> Finding:
    """Open a case about it, with a copy of the picture. Conflict if it was decided meanwhile."""
    viewer = demand_held(viewer, DECIDE)
    note = _words(note)
    finding = await decidable(viewer, finding_id)
    if finding.on_trial:
        raise Conflict("试用场景的线索只计数，不立案；转为正式场景后再确认。")
    copy = await _copy(finding) if finding.state == State.PENDING else None
    return await _confirm(viewer, finding, note, copy, idempotency_key)


async def _copy(finding: Finding) -> File | None:
    """The blurred picture once more, for the case to keep; core forgets it if no case takes it."""
    picture = await File.get_or_none(id=finding.shown_id) if finding.shown_id else None
    if picture is None:
        return None
    try:
        content = await content_of(picture)
    except NotFound:
        return None
    return await store_blurred(content, keeper="", subject="")


@atomic
async def _confirm(
    viewer: Viewer, finding: Finding, note: str, copy: File | None, key: str | None
) -> Finding:
    given = {"finding": finding.id, "note": note}
    receipt = await redeem(str(viewer.person_id), "city_eye.confirm", key, given)
    if receipt and receipt.result:
        return await decidable(viewer, finding.id)
    await _lock_pending(finding)
    longitude, latitude = finding.camera.point or (None, None)
    case = await open_case(
        viewer,
        title=f"{finding.scene.title}：{finding.camera.name}{finding.zone.name}",
        type_code=finding.scene.type_code,
        area_id=await _where(finding),
        address=finding.camera.address,
        longitude=longitude,
        latitude=latitude,
        description=_description(finding, note),
        source="camera",
        source_ref=f"city_eye:{finding.id}",
        evidence=[copy] if copy else [],
    )
    finding.case_id, finding.handed_id = case.id, copy.id if copy else None
    await _decide(finding, State.CONFIRMED, viewer, note=note)
    await fill(receipt, finding.id)
    return finding


async def _where(finding: Finding) -> int:
    """Its area, or where its camera is now if the area was divided anew meanwhile."""
    areas = {finding.area_id: finding.area, finding.camera.area_id: await finding.camera.area}
    found = next((area for area in areas.values() if area.stood(today())), None)
    if found is None:
        raise Conflict("这台摄像机所在的区域已撤销，请管理员先在“修改”里改它的所在区域，再来确认。")
    return int(found.id)


def _description(finding: Finding, note: str) -> str:
    times = f"，先后 {finding.joined} 次" if finding.joined > 1 else ""
    return f"摄像机看到{finding.observation.object_label}{times}，经人看图确认。{note}".strip()


@atomic
async def discard_finding(
    viewer: Viewer | None, finding_id: int, reason: str, note: str = ""
) -> Finding:
    """It was nothing, or is dealt with already; a false alarm keeps its place quiet for a while."""
    viewer = demand_held(viewer, DECIDE)
    note = _words(note)
    if reason not in REASON_LABELS:
        raise BadInput("请选择排除的原因。", field="reason", reason="unknown")
    if reason == Reason.OTHER and not note:
        raise BadInput("原因是“其他”时，请写明情况。", field="note", reason="required")
    finding = await decidable(viewer, finding_id)
    await _lock_pending(finding)
    finding.reason, finding.place_key = reason, None
    await _decide(finding, State.DISCARDED, viewer, note=note)
    return finding


def _words(note: str) -> str:
    note = note.strip()
    if len(note) > MOST_WORDS:
        raise BadInput(f"说明最多 {MOST_WORDS} 个字。", field="note", reason="too_long")
    return note


async def _lock_pending(finding: Finding) -> None:
    """Nobody else decides from here on; Conflict if somebody has."""
    row = await Finding.select_for_update().get(id=finding.id)
    if row.state != State.PENDING:
        raise Conflict(f"这条线索{STATE_LABELS[State(row.state)]}，不用再办。")
    finding.joined, finding.state = row.joined, row.state


async def _decide(finding: Finding, state: State, viewer: Viewer, *, note: str) -> None:
    finding.state, finding.note = state, note
    finding.decided_by_id, finding.decided_at = viewer.person_id, datetime.now(UTC)
    await finding.save(update_fields=DECISION)
    await release([finding])
    await finding.fetch_related("decided_by")
    await announce(decided(finding))


DECISION = [
    "state",
    "note",
    "reason",
    "place_key",
    "decided_by_id",
    "decided_at",
    "case_id",
    "handed_id",
]


async def release(findings: Sequence[Finding]) -> None:
    """No picture of theirs is needed for a decision any more; a case keeps its own copy."""
    ids = [finding.id for finding in findings]
    kept = Sighting.filter(finding_id__in=ids, observation__referred=True)
    await release_evidence([row.observation_id for row in await kept])


def decided(finding: Finding) -> FindingDecided:
    return FindingDecided(
        area_path=finding.area.path,
        finding_id=finding.id,
        camera_id=finding.camera_id,
        scene=finding.scene.code,
        state=finding.state,
        case_id=finding.case_id,
    )
