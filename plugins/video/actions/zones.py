"""Drawing zones and saying what is watched for in them; the eyes learn of it within a second."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gpu.messages import FOUND
from liuhe import BadInput, Conflict, NotFound, Viewer, atomic, record
from plugins.video.actions.configuration import touch
from plugins.video.models import Camera, Watch, Zone
from plugins.video.permissions import ZONES, ZONES_CHANGED, camera_for
from plugins.video.rules.geometry import polygon_problem
from plugins.video.rules.marks import mark_of
from plugins.video.rules.watching import watch_problem

MOST_ZONES = 30


@dataclass(frozen=True, kw_only=True)
class WatchInput:
    """A rule as drawn up; `id` of one that is there already, or None."""

    kind: str
    objects: tuple[str, ...]
    seconds: float
    count: int = 1
    grace: float = 5.0
    scene: str = ""
    begins: int | None = None
    ends: int | None = None
    least_score: float = 0.0
    id: int | None = None


RULE = tuple(name for name in WatchInput.__dataclass_fields__ if name != "id")


@dataclass(frozen=True, kw_only=True)
class ZoneInput:
    """A zone as drawn: corners (x, y) in parts of the picture."""

    name: str
    polygon: Sequence[Sequence[float]]
    watches: tuple[WatchInput, ...] = field(default=())
    id: int | None = None


@atomic
async def save_zone(
    viewer: Viewer, camera_id: int, given: ZoneInput, *, mark: str | None = None
) -> Camera:
    """Draw one more zone, or change one; the camera's others stay as they are.

    `mark`: the one that `mark_of_zone` gave when the form was filled; Conflict if somebody
    changed the zone or its rules since.
    """
    camera = await camera_for(viewer, ZONES, camera_id)
    check(given)
    await Camera.select_for_update().get(id=camera.id)
    known = {zone.id: zone for zone in await Zone.filter(camera_id=camera.id, active=True)}
    if given.id and given.id not in known:
        raise Conflict("您打开以后，别人删除了这个区域。您画的还在，再保存就成为新的区域。")
    if given.id and mark is not None and mark != await _mark(known[given.id]):
        raise Conflict(
            "您打开以后，别人改过这个区域。您填的还在，别人加的规则也在下面，核对以后再保存。"
        )
    if not given.id and len(known) >= MOST_ZONES:
        raise BadInput(f"一台摄像机最多 {MOST_ZONES} 个区域。", field="name", reason="too_many")
    saved = await _save_zone(camera, known, given)
    await _changed(viewer, camera, {"zones": [saved]})
    return camera


@atomic
async def remove_zone(viewer: Viewer, camera_id: int, zone_id: int) -> None:
    camera = await camera_for(viewer, ZONES, camera_id)
    await Camera.select_for_update().get(id=camera.id)
    if not await Zone.filter(id=zone_id, camera_id=camera.id, active=True).update(active=False):
        raise NotFound("这个区域已经不在了。")
    await _changed(viewer, camera, {"removed": [zone_id]})


def mark_of_zone(zone: Zone, watches: Sequence[Watch]) -> str:
    """Of what the form shows: the zone with its active rules, in their order."""
    rules = [[watch.id, *(getattr(watch, name) for name in RULE)] for watch in watches]
    return mark_of([zone.name, zone.polygon, rules])


async def _mark(zone: Zone) -> str:
    watches = await Watch.filter(zone_id=zone.id, active=True).order_by("id")
    return mark_of_zone(zone, watches)


async def _changed(viewer: Viewer, camera: Camera, details: dict[str, Any]) -> None:
    """What is watched for is a rule: who changed it stays known, and the eyes learn of it."""
    await record(viewer, ZONES_CHANGED, camera, details=details)
    await touch()


def check(zone: ZoneInput) -> None:
    """Raises BadInput with the field that is wrong: `name`, `polygon`, or `watches.0.seconds`."""
    problems = {"name": _name_problem(zone.name), "polygon": polygon_problem(zone.polygon)}
    for number, watch in enumerate(zone.watches):
        if problem := watch_problem(**_values(watch)):
            problems[f"watches.{number}.{problem.field}"] = problem.sentence
    for field_, sentence in problems.items():
        if sentence:
            raise BadInput(sentence, field=field_)


def _name_problem(name: str) -> str:
    if not name.strip():
        return "请给区域起个名字。"
    return "名字最多 40 个字。" if len(name) > 40 else ""


async def _save_zone(camera: Camera, known: dict[int, Zone], given: ZoneInput) -> int:
    zone = known.get(given.id or 0) or Zone(camera_id=camera.id)
    zone.name = given.name.strip()
    zone.polygon = [[round(float(x), 5), round(float(y), 5)] for x, y in given.polygon]
    await zone.save()
    watches = {watch.id: watch for watch in await Watch.filter(zone_id=zone.id, active=True)}
    kept = [await _save_watch(zone, watches, watch) for watch in given.watches]
    await Watch.filter(zone_id=zone.id, active=True).exclude(id__in=kept).update(active=False)
    return int(zone.id)


async def _save_watch(zone: Zone, known: dict[int, Watch], given: WatchInput) -> int:
    watch = known.get(given.id or 0) or Watch(zone_id=zone.id)
    values = _values(given)
    watch.update_from_dict({**values, "objects": list(values["objects"])})
    await watch.save()
    return int(watch.id)


def _values(watch: WatchInput) -> dict[str, Any]:
    """What is found without a model has no kinds of objects, and no model is sure of it."""
    return {
        "kind": watch.kind,
        "objects": () if watch.kind in FOUND else watch.objects,
        "seconds": watch.seconds,
        "count": watch.count,
        "grace": watch.grace,
        "scene": watch.scene,
        "begins": watch.begins,
        "ends": watch.ends,
        "least_score": 0.0 if watch.kind in FOUND else watch.least_score,
    }
