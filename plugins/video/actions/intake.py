"""Observations come in: each message once, whatever is repeated, reordered or cut off.

The picture is stored first, as a loose file that core forgets within a day if nobody keeps it;
then one transaction takes the message and the picture, or neither.
"""

from dataclasses import dataclass
from datetime import timedelta

from gpu import messages
from liuhe import File, announce, atomic, discard_files, settings_of, store_blurred
from plugins.video.facts import ObservationEnded, ObservationStarted
from plugins.video.models import Camera, Message, Observation, Watch
from plugins.video.rules import row_id
from plugins.video.rules.joining import goes_on
from plugins.video.settings import VideoSettings

KEEPER = "video"


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What became of a message; no `id` where it was ignored (its watch is no longer there)."""

    id: int | None
    duplicate: bool = False

    @property
    def ignored(self) -> bool:
        return self.id is None


async def take_observation(told: messages.Observation, picture: bytes | None = None) -> Taken:
    if known := await Message.get_or_none(key=told.key):
        return Taken(id=known.observation_id, duplicate=True)
    if await _told_before(told) is None and await _watch(told) is None:
        return Taken(id=None)
    file = await store_blurred(picture, keeper="", subject="") if picture else None
    taken = await _take(told, file)
    if file and not file.keeper:
        await discard_files([file.id])
    return taken


async def _told_before(told: messages.Observation) -> Observation | None:
    """The row that the eyes spoke of under the same number."""
    earlier = Message.filter(told=told.observation_id).select_related("observation__camera__area")
    message = await earlier.first()
    return message.observation if message else None


async def _watch(told: messages.Observation) -> Watch | None:
    """The watch that it tells of, if it is still watched."""
    watch, zone, camera = map(row_id, (told.watch_id, told.zone_id, told.camera_id))
    if watch is None or zone is None or camera is None:
        return None
    return await (
        Watch.filter(id=watch, active=True, zone_id=zone, zone__active=True)
        .filter(zone__camera_id=camera, zone__camera__active=True)
        .select_related("zone__camera__area", "zone__camera__condition")
        .first()
    )


@atomic
async def _take(told: messages.Observation, file: File | None) -> Taken:
    # All messages of a camera queue here: what is open cannot change under our eyes.
    await Camera.select_for_update().get_or_none(id=row_id(told.camera_id) or 0)
    if known := await Message.get_or_none(key=told.key):
        return Taken(id=known.observation_id, duplicate=True)
    row = await _told_before(told)
    if row is None:
        watch = await _watch(told)
        if watch is None:
            return Taken(id=None)
        row = await _continued(told, watch) or await _open(told, watch, file)
    await _keep(row, file)
    await _update(row, told)
    await Message.create(key=told.key, told=told.observation_id, phase=told.phase, observation=row)
    return Taken(id=row.id)


async def _continued(told: messages.Observation, watch: Watch) -> Observation | None:
    """The open row that this goes on with after a restart of the eyes."""
    if told.phase == "ended":
        return None
    found = Observation.filter(watch_id=watch.id, ended_at=None).order_by("-id")
    rows = await found.select_related("camera__area")
    return next((row for row in rows if _goes_on(row, told, watch)), None)


def _goes_on(row: Observation, told: messages.Observation, watch: Watch) -> bool:
    settings = settings_of(VideoSettings)
    condition = watch.zone.camera.condition
    return goes_on(
        kind=watch.kind,
        old_box=row.box,
        old_told_at=row.told_at,
        new_box=told.box,
        new_started_at=told.started_at,
        new_at=told.at,
        session_at=condition.begun_at if condition else None,
        patience=timedelta(seconds=watch.grace + settings.join_seconds),
        least_overlap=settings.join_overlap,
    )


async def _open(told: messages.Observation, watch: Watch, file: File | None) -> Observation:
    row = await Observation.create(
        camera=watch.zone.camera,
        zone_id=watch.zone_id,
        watch_id=watch.id,
        scene=watch.scene,
        kind=watch.kind,
        object=told.object[:40],
        count=told.count,
        score=told.score,
        box=list(told.box),
        started_at=told.started_at,
        told=told.observation_id,
        told_at=told.at,
        model=told.model[:80],
    )
    await announce(_started(row, watch, file))
    return row


def _started(row: Observation, watch: Watch, file: File | None) -> ObservationStarted:
    camera = watch.zone.camera
    return ObservationStarted(
        area_path=camera.area.path,
        observation_id=row.id,
        camera_id=camera.id,
        area_id=camera.area_id,
        zone_id=row.zone_id,
        watch_id=row.watch_id,
        scene=row.scene,
        object=row.object,
        count=row.count,
        score=row.score,
        at=row.started_at,
        evidence=str(file.id) if file else "",
    )


async def _keep(row: Observation, file: File | None) -> None:
    """The first picture stays; a later one is left loose, and dropped by the caller."""
    if file is None or row.evidence_id:
        return
    file.keeper, file.subject = KEEPER, str(row.id)
    await file.save(update_fields=["keeper", "subject"])
    row.evidence = file
    await row.save(update_fields=["evidence_id"])


async def _update(row: Observation, told: messages.Observation) -> None:
    row.count = max(row.count, told.count)
    row.started_at = min(row.started_at, told.started_at)
    if told.phase == "started" and told.at >= row.told_at:
        row.told, row.box = told.observation_id, list(told.box)
    row.told_at = max(row.told_at, told.at)
    ends = told.phase == "ended" and row.told == told.observation_id and row.ended_at is None
    if ends:
        row.ended_at = told.ended_at
    await row.save(update_fields=["count", "started_at", "told", "told_at", "box", "ended_at"])
    if ends:
        await announce(ended(row))


def ended(row: Observation) -> ObservationEnded:
    assert row.ended_at is not None
    return ObservationEnded(
        area_path=row.camera.area.path,
        observation_id=row.id,
        camera_id=row.camera_id,
        zone_id=row.zone_id,
        watch_id=row.watch_id,
        scene=row.scene,
        at=row.ended_at,
        lost=row.lost,
    )
