"""What the eyes are to watch, and the mark that changes whenever that does."""

import hashlib
import uuid
from collections import defaultdict

from gpu import messages
from liuhe import announce, house, rows, settings_of
from plugins.video.facts import ConfigurationChanged
from plugins.video.models import Camera, Revision, Watch, Worker, Zone
from plugins.video.permissions import watched_by
from plugins.video.settings import VideoSettings

TOLD = (
    "tracks_days",
    "default_worker",
    "national_code",
    "national_host",
    "national_port",
    "national_worker",
)


async def touch() -> None:
    """Give the configuration a new mark; in the transaction that changes it."""
    await rows(
        "INSERT INTO video_revision (id, mark) VALUES (1, $1) "
        "ON CONFLICT (id) DO UPDATE SET mark = EXCLUDED.mark RETURNING mark",
        uuid.uuid4().hex,
    )
    await announce(ConfigurationChanged())


async def revision() -> str:
    """Also of the settings that the eyes hear of: these change with a restart of the server."""
    row, settings = await Revision.get_or_none(id=1), settings_of(VideoSettings)
    told = repr([getattr(settings, name) for name in TOLD])
    return f"{row.mark if row else '0'}-{hashlib.sha256(told.encode()).hexdigest()[:8]}"


async def configuration(worker: Worker) -> messages.Config:
    """What these eyes watch. The mark is read first: a change in between only brings a second
    look."""
    mark, tracks = await revision(), settings_of(VideoSettings).tracks_days > 0
    mine = Camera.filter(await watched_by(worker), active=True, private_space=False)
    cameras = await mine.order_by("id")
    zones: dict[int, list[messages.Zone]] = defaultdict(list)
    watches = await _watches()
    for zone in await Zone.filter(active=True, camera__active=True).order_by("id"):
        zones[zone.camera_id].append(_zone(zone, watches[zone.id]))
    # An address that was sealed with another key opens no camera; its page says so.
    opened = ((camera, camera.source) for camera in cameras)
    told = tuple(_camera(one, source, tuple(zones[one.id])) for one, source in opened if source)
    return messages.Config(version=mark, cameras=told, tracks=tracks)


async def _watches() -> dict[int, list[messages.Watch]]:
    found: dict[int, list[messages.Watch]] = defaultdict(list)
    active = Watch.filter(active=True, zone__active=True, zone__camera__active=True)
    for watch in await active.order_by("id"):
        found[watch.zone_id].append(_watch(watch))
    return found


def _camera(camera: Camera, source: str, zones: tuple[messages.Zone, ...]) -> messages.Camera:
    return messages.Camera(
        id=str(camera.id),
        name=camera.name,
        source=source,
        loop=camera.loop,
        detect_every=camera.detect_every,
        zones=zones,
        model=camera.model or None,
        view=camera.view,
        transport=camera.transport,  # type: ignore[arg-type]  # checked when it was saved
    )


def _zone(zone: Zone, watches: list[messages.Watch]) -> messages.Zone:
    return messages.Zone(
        id=str(zone.id),
        name=zone.name,
        polygon=tuple((float(x), float(y)) for x, y in zone.polygon),
        watches=tuple(watches),
    )


def _watch(watch: Watch) -> messages.Watch:
    return messages.Watch(
        id=str(watch.id),
        kind=watch.kind,  # type: ignore[arg-type]  # checked when it was saved
        objects=tuple(watch.objects),
        seconds=watch.seconds,
        count=watch.count,
        grace=watch.grace,
        hours=hours(watch.begins, watch.ends),
        least_score=watch.least_score,
    )


def hours(begins: int | None, ends: int | None) -> messages.Hours | None:
    """In the district's time zone, wherever the eyes are."""
    if begins is None or ends is None:
        return None
    return messages.Hours(begins=begins, ends=ends, zone=house().settings.timezone)
