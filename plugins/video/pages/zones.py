"""`/admin/video/{id}/zones`: drawing zones on the picture, and their rules."""

import json
from datetime import time
from typing import Any

from liuhe import BadInput, Conflict
from liuhe.pages import Form, Request, Response, Route, form, page, see_other, viewer
from plugins.video import actions
from plugins.video.models import Camera, Watch, Zone
from plugins.video.pages.doors import number_in_path
from plugins.video.pages.trying import tried_view
from plugins.video.pages.views import BASE, snapshot_address, watch_words
from plugins.video.permissions import ZONES, camera_for
from plugins.video.rules.labels import KIND_LABELS, USUAL, clock_words, object_label

MOST_RULES = 6
#: A rule that is not there yet, as the form shows it.
BLANK = {
    "id": "",
    "kind": "",
    "objects": [],
    "seconds": 10,
    "count": 1,
    "grace": 5,
    "scene": "",
    "begins": "",
    "ends": "",
    "least": "",
    "words": "",
    "open": False,
}
KEPT = ("id", "kind", "objects", "seconds", "count", "grace", "scene")
FIELDS = (*KEPT, "begins", "ends", "least")
TOO_MANY = (
    f"一个区域最多 {MOST_RULES} 条规则，您填的和别人加的超过了："
    "把不要的改成“不用这条规则”，再保存。"
)
MARKS = tuple(f"r{number}-" for number in range(MOST_RULES))  # of the rules in the form


async def show(request: Request) -> Response:
    camera = await camera_for(viewer(request), ZONES, number_in_path(request))
    return await _show(request, camera)


async def save(request: Request) -> Response:
    """One zone with its rules; the others stay as they are."""
    given = await form(request)
    camera = await camera_for(viewer(request), ZONES, number_in_path(request))
    try:
        await actions.save_zone(
            viewer(request), camera.id, _read(given), mark=given.text("mark", most=40) or None
        )
    except (BadInput, Conflict) as error:
        return await _show(request, camera, given, error)
    name = given.text("name", most=100)
    return see_other(request, f"{BASE}/{camera.id}/zones", f"已保存“{name}”，几秒钟内生效。")


async def try_out(request: Request) -> Response:
    """How often the zone, as it is written here, would have told something; saves nothing."""
    given = await form(request)
    camera = await camera_for(viewer(request), ZONES, number_in_path(request))
    try:
        zone = _read(given)
        tried = await actions.try_zone(viewer(request), camera.id, zone)
    except BadInput as error:
        return await _show(request, camera, given, error)
    return await _show(request, camera, given, tried=tried_view(zone, tried))


async def remove(request: Request) -> Response:
    given = await form(request)
    camera_id, zone_id = number_in_path(request), given.whole("id")
    await actions.remove_zone(viewer(request), camera_id, zone_id or 0)
    return see_other(request, f"{BASE}/{camera_id}/zones", "已删除这个区域，以后这里不再识别。")


def _read(given: Form) -> actions.ZoneInput:
    return actions.ZoneInput(
        id=given.whole("id"),
        name=given.need("name", "区域名称", most=40),
        polygon=_polygon(given.text("polygon", most=20_000)),
        watches=tuple(_read_rule(given, mark) for mark in _marks(given)),
    )


def _marks(given: Form) -> list[str]:
    """Of the rules that say what is watched for; the others are not there."""
    return [mark for mark in MARKS if given.text(f"{mark}kind")]


def _read_rule(given: Form, mark: str) -> actions.WatchInput:
    return actions.WatchInput(
        id=given.whole(f"{mark}id"),
        kind=given.text(f"{mark}kind", most=8),
        objects=tuple(given.many(f"{mark}objects")),
        seconds=_number(given, f"{mark}seconds"),
        count=given.whole(f"{mark}count") or 1,
        grace=_number(given, f"{mark}grace"),
        scene=given.text(f"{mark}scene", most=20),
        begins=_minute(given, f"{mark}begins"),
        ends=_minute(given, f"{mark}ends"),
        least_score=_number(given, f"{mark}least") / 100,
    )


def _number(given: Form, name: str) -> float:
    try:
        return float(given.text(name, most=20) or 0)
    except ValueError:
        raise BadInput("请填写数字。", field=name) from None


def _minute(given: Form, name: str) -> int | None:
    text = given.text(name, most=20)
    try:
        at = time.fromisoformat(text) if text else None
    except ValueError:
        raise BadInput("钟点请写成 22:00 的样子。", field=name) from None
    return None if at is None else at.hour * 60 + at.minute


def _polygon(text: str) -> Any:
    try:
        return json.loads(text or "[]")
    except (ValueError, RecursionError):
        sentence = "坐标要写成 [[0.1, 0.2], [0.5, 0.2], [0.5, 0.9]] 这样。"
        raise BadInput(sentence, field="polygon") from None


async def _show(
    request: Request,
    camera: Camera,
    given: Form | None = None,
    error: BadInput | Conflict | None = None,
    tried: dict[str, Any] | None = None,
) -> Response:
    times = await actions.snapshot_times([camera.id])
    at = times.get(camera.id)
    scenes = await actions.named_scenes()
    drawn = await _zones(camera, scenes)
    if given:
        drawn = _with_attempt(drawn, given, error)
    context = {
        "page_title": f"{camera.name}的区域",
        "camera": camera,
        "src": snapshot_address(camera.id, at) if at else "",
        "zones": drawn,
        "new": next((zone for zone in drawn if not zone["id"]), _zone_view(None, [], [])),
        "kinds": list(KIND_LABELS.items()),
        "objects": await _objects(camera, drawn),
        "scenes": scenes,
        "base": f"{BASE}/{camera.id}",
        "error": error.message if error else "",
        "tried": tried,
    }
    return await page(request, "video/zones.html", context, status=error.status if error else 200)


async def _objects(camera: Camera, drawn: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """What the camera's model sees, and what is chosen already though it does not."""
    seen = await actions.seen_by(camera.model) or tuple(USUAL)
    chosen = [name for zone in drawn for rule in zone["rules"] for name in rule["objects"]]
    unseen = dict.fromkeys(name for name in chosen if name not in seen)
    offered = {name: object_label(name) for name in seen}
    return [*offered.items(), *((name, f"{object_label(name)}（模型不认得）") for name in unseen)]


async def _zones(camera: Camera, scenes: list[actions.NamedScene]) -> list[dict[str, Any]]:
    zones = await Zone.filter(camera_id=camera.id, active=True).order_by("id")
    watches = await Watch.filter(zone__camera_id=camera.id, active=True).order_by("id")
    return [
        _zone_view(zone, [w for w in watches if w.zone_id == zone.id], scenes) for zone in zones
    ]


def _zone_view(
    zone: Zone | None, watches: list[Watch], scenes: list[actions.NamedScene]
) -> dict[str, Any]:
    rules = [
        {**_rule(watch), "words": watch_words(watch, scenes), "open": False} for watch in watches
    ]
    return {
        "id": zone.id if zone else "",
        "name": zone.name if zone else "",
        "mark": actions.mark_of_zone(zone, watches) if zone else "",
        "polygon": zone.polygon if zone else [],
        "rules": [*rules, BLANK][:MOST_RULES],
        "errors": {},
    }


def _rule(watch: Watch) -> dict[str, Any]:
    """Numbers without a needless ".0"."""
    shown = {name: getattr(watch, name) for name in KEPT}
    return {
        **shown,
        "seconds": f"{watch.seconds:g}",
        "grace": f"{watch.grace:g}",
        "begins": clock_words(watch.begins),
        "ends": clock_words(watch.ends),
        "least": f"{watch.least_score * 100:g}" if watch.least_score else "",
    }


def _with_attempt(
    drawn: list[dict[str, Any]], given: Form, error: BadInput | Conflict | None
) -> list[dict[str, Any]]:
    """The zones with what was written last, so that nothing has to be written twice.

    After a Conflict it stands beside what others changed meanwhile: their rules are added, and a
    zone that they removed would be a new one.
    """
    id, stale = given.text("id", most=20), isinstance(error, Conflict)
    now = next((zone for zone in drawn if str(zone["id"]) == id), None)
    rules = [_rule_view(given, mark) for mark in _marks(given)]
    if now and stale:
        rules += _added(now["rules"], given)
    fits = len(rules) <= MOST_RULES  # else the next save would switch off what is not shown
    attempt = {
        "id": "" if stale and now is None else id,
        "mark": now["mark"] if now and stale and fits else given.text("mark", most=40),
        "name": given.text("name"),
        "polygon": _drawn(given.text("polygon", most=20_000)),
        "rules": [*rules, BLANK][:MOST_RULES],
        "errors": {**_problem(given, error), **({} if fits else {"name": TOO_MANY})},
    }
    kept = [zone for zone in drawn if str(zone["id"]) != attempt["id"]]
    return [*kept, attempt]


def _problem(given: Form, error: BadInput | Conflict | None) -> dict[str, str]:
    """The sentence at its field; what others changed belongs to none."""
    return {_place(given, error.field): error.message} if isinstance(error, BadInput) else {}


def _added(rules: list[dict[str, Any]], given: Form) -> list[dict[str, Any]]:
    """The rules of the zone that the form knew nothing of."""
    shown = {given.text(f"{mark}id", most=20) for mark in MARKS}
    return [{**rule, "open": True} for rule in rules if rule["id"] and str(rule["id"]) not in shown]


def _place(given: Form, field: str) -> str:
    """The field as it is shown again: rules that were left empty are not, and the others move up.

    Written, it is called `r2-seconds`; checked, `watches.1.seconds`.
    """
    _, checked, name = field.partition("watches.")
    if checked:
        number, _, name = name.partition(".")
        return f"{MARKS[int(number)]}{'least' if name == 'least_score' else name}"
    written, dash, name = field.partition("-")
    marks = _marks(given)
    return f"{MARKS[marks.index(written + dash)]}{name}" if written + dash in marks else field


def _rule_view(given: Form, mark: str) -> dict[str, Any]:
    texts = {name: given.text(f"{mark}{name}") for name in FIELDS}
    return {**texts, "objects": given.many(f"{mark}objects"), "words": "规则", "open": True}


def _drawn(text: str) -> Any:
    """The outline as far as it can be read."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return []


ROUTES = [
    Route("/{id:int}/zones", show, methods=["GET"]),
    Route("/{id:int}/zones", save, methods=["POST"]),
    Route("/{id:int}/zones/try", try_out, methods=["POST"]),
    Route("/{id:int}/zones/remove", remove, methods=["POST"]),
]
