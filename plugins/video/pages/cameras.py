"""`/admin/video/`: the cameras, each with its latest picture; one camera with what it shows."""

import math
from collections import defaultdict
from datetime import UTC, datetime, time
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from tortoise.expressions import Q

from liuhe import (
    NotFound,
    Viewer,
    demand_held,
    house,
    may,
    record_reading,
    settings_of,
    within,
)
from liuhe.pages import Request, Response, Route, form, fragment, page, see_other, viewer
from plugins.places.actions import standing, today
from plugins.video import actions
from plugins.video.models import Camera, Channel, Observation, Vital, Watch, Zone
from plugins.video.models.cameras import CAMERA_SCOPE, ILL
from plugins.video.pages.chart import BARS, Chart, chart
from plugins.video.pages.doors import number_in_path
from plugins.video.pages.views import BASE, camera_card, observation_row, zone_rows
from plugins.video.permissions import LOOK, MANAGE, SEE, ZONES, seen_camera
from plugins.video.rules.codes import code_words
from plugins.video.rules.health import SEEN, is_here
from plugins.video.rules.labels import SIGHT_LABELS, TROUBLE_ADVICE, TROUBLE_LABELS
from plugins.video.settings import VideoSettings

A_PAGE = 24
TODAY_SHOWN = 50
#: Switched on before a picture of the sign was asked for; or it could not be blurred.
UNSIGNED = Q(active=True) & (Q(signage_picture_id=None) | Q(signage_picture__state="refused"))
NEEDS = ("1", "sign", "area")
#: Seconds; a picture that renews itself is one look, however often it is fetched.
ONE_LOOK = 300.0
A_MOMENT = 5.0  # a page that is loaded anew goes on with its look


async def index(request: Request) -> Response:
    """All cameras that one may see, as cards."""
    who = demand_held(viewer(request), SEE)
    search = request.query_params.get("q", "").strip()[:60]
    number, need = _page_number(request), _need(request)
    mine = Camera.filter(within(who, SEE, CAMERA_SCOPE), Camera.matching(search))
    total, counts = (
        await mine.count(),
        {key: await mine.filter(_in_need(key)).count() for key in NEEDS},
    )
    seen, count = (mine.filter(_in_need(need)), counts[need]) if need else (mine, total)
    cameras = await (
        seen.order_by("-condition__urgency", "name", "id")
        .offset((number - 1) * A_PAGE)
        .limit(A_PAGE)
        .select_related("area", "condition")
    )
    context = {
        "page_title": "摄像机",
        "cards": await _cards(who, cameras),
        "total": total,
        "search": search,
        "tabs": [
            (title, _page_link(search, 1, key), need == key, found)
            for key, (title, found) in {
                "": ("全部", total),
                "1": ("要看一看", counts["1"]),
                "sign": ("缺标识照片", counts["sign"]),
                "area": ("所在区域已撤销", counts["area"]),
            }.items()
            if found or key in ("", need)
        ],
        "need": need,
        "here": _page_link(search, number, need),
        "prev": _page_link(search, number - 1, need) if number > 1 else "",
        "next": _page_link(search, number + 1, need) if number * A_PAGE < count else "",
        "may_manage": who.holds(MANAGE),
        "may_issue": who.holds_everywhere(MANAGE),
    }
    return await page(request, "video/index.html", context)


def _page_number(request: Request) -> int:
    text = request.query_params.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 7 else 1


def _need(request: Request) -> str:
    need = request.query_params.get("need", "")
    return need if need in NEEDS else ""


def _in_need(need: str) -> Q:
    gone = Q(area__valid_to__isnull=False) & ~standing(today(), "area__")
    return {"1": ILL, "sign": UNSIGNED, "area": gone}[need]


def _page_link(search: str, number: int, need: str = "") -> str:
    asked = {"q": search, "need": need, "page": number if number > 1 else ""}
    return f"{BASE}/?{urlencode({name: value for name, value in asked.items() if value})}"


async def _cards(who: Viewer, cameras: list[Camera]) -> list[dict[str, Any]]:
    ids = [camera.id for camera in cameras]
    zones: dict[int, list[Zone]] = defaultdict(list)
    for zone in await Zone.filter(camera_id__in=ids, active=True).order_by("id"):
        zones[zone.camera_id].append(zone)
    times = await actions.snapshot_times(ids)
    shown = [one for one in cameras if one.active and one.id in times]
    await record_reading(who, LOOK, *shown, within=ONE_LOOK)
    return [camera_card(one, zones[one.id], times.get(one.id)) for one in cameras]


async def one(request: Request) -> Response:
    """A camera: its picture, zones, what it has seen today, and how it does."""
    who = viewer(request)
    camera = await seen_camera(who, number_in_path(request))
    zones = await Zone.filter(camera_id=camera.id, active=True).order_by("id")
    default = settings_of(VideoSettings).default_worker
    context = {
        "page_title": camera.name,
        "camera": camera,
        "condition": camera.condition,
        "trouble": _trouble(camera),
        "sight": SIGHT_LABELS[camera.condition.sight] if camera.condition else "",
        "chart": await _chart(camera),
        "look": await _look(camera, zones, await _begin_look(who, camera)),
        "zones": zone_rows(zones, await _watches(camera), await actions.named_scenes()),
        "today": await _today(camera),
        "problem": await actions.off_because(camera),
        "signage": await actions.signage_problem(camera),
        "kept": await actions.kept_because(camera),
        "code_words": code_words(camera.code or ""),
        "watcher": camera.worker.name if camera.worker else default,
        "closed": camera.active and not camera.source,
        "catalogue": await _catalogue(camera),
        "may_zone": may(who, ZONES, camera, CAMERA_SCOPE),
        "may_manage": may(who, MANAGE, camera, CAMERA_SCOPE),
        "base": f"{BASE}/{camera.id}",
    }
    return await page(request, "video/camera.html", context)


def _trouble(camera: Camera) -> dict[str, Any] | None:
    name = camera.trouble
    if not name:
        return None
    return {
        "label": TROUBLE_LABELS[name],
        "advice": TROUBLE_ADVICE[name],
        "since": camera.condition.problem_since,
        "seen": name in SEEN,
    }


async def _chart(camera: Camera) -> Chart | None:
    now = datetime.now(UTC)
    day = Vital.filter(camera_id=camera.id, at__gt=actions.begins(now) - actions.SPAN * BARS)
    return chart(await day.order_by("at"), now)


async def _catalogue(camera: Camera) -> str:
    """What the device below says of it by the national standard, or ""."""
    found = Channel.filter(code=camera.code or "").order_by("-id").select_related("device")
    channel = await found.first() if camera.code else None
    if channel is None:
        return ""
    device = channel.device
    silence = settings_of(VideoSettings).silence
    if not (device.online and is_here(device.told_at, datetime.now(UTC), silence)):
        return f"“{device.name}”离线，说不上"
    return f"“{device.name}”说它{'在线' if channel.online else '离线'}"


async def _look(camera: Camera, zones: list[Zone], until: float) -> dict[str, Any]:
    """The picture, and until when it goes on renewing itself."""
    now = datetime.now(UTC).timestamp()
    goes_on = camera.active and now < until <= now + ONE_LOOK
    if goes_on:
        await actions.look_at(camera.id)
    times = await actions.snapshot_times([camera.id])
    card = camera_card(camera, zones, times.get(camera.id))
    return {**card, "moment": now, "until": until if goes_on else 0}


async def _begin_look(who: Viewer, camera: Camera) -> float:
    """A look begins: it is written down, and ends by itself."""
    if camera.active:
        await record_reading(who, LOOK, camera, within=A_MOMENT)
    return datetime.now(UTC).timestamp() + ONE_LOOK


async def _watches(camera: Camera) -> dict[int, list[Watch]]:
    found: dict[int, list[Watch]] = defaultdict(list)
    for watch in await Watch.filter(zone__camera_id=camera.id, active=True).order_by("id"):
        found[watch.zone_id].append(watch)
    return found


async def _today(camera: Camera) -> list[dict[str, Any]]:
    zone = ZoneInfo(house().settings.timezone)
    midnight = datetime.combine(datetime.now(zone).date(), time(), zone)
    seen = Observation.filter(camera_id=camera.id, started_at__gte=midnight)
    rows = await seen.order_by("-started_at").limit(TODAY_SHOWN).select_related("zone")
    return [observation_row(row) for row in rows]


async def look(request: Request) -> Response:
    """The picture alone: asked for anew every two seconds by whoever looks at it, for a while."""
    who = viewer(request)
    camera = await seen_camera(who, number_in_path(request))
    zones = await Zone.filter(camera_id=camera.id, active=True).order_by("id")
    until = _moment(request.query_params.get("until", "")) or await _begin_look(who, camera)
    context = {"look": await _look(camera, zones, until), "base": f"{BASE}/{camera.id}"}
    return fragment(request, "video/_look.html", context)


def _moment(text: str) -> float | None:
    try:
        moment = float(text)
    except ValueError:
        return None
    return moment if math.isfinite(moment) else None


async def snapshot(request: Request) -> Response:
    """The latest picture, already blurred when it came; only for whoever may see the camera."""
    who = viewer(request)
    camera = await seen_camera(who, number_in_path(request))
    found = await actions.snapshot_of(camera.id) if camera.active else None
    if found is None:
        raise NotFound("这台摄像机还没有画面。")
    await record_reading(who, LOOK, camera, within=ONE_LOOK)
    headers = {"cache-control": "private, max-age=60", "content-disposition": "inline"}
    return Response(found[0], media_type="image/jpeg", headers=headers)


async def activate(request: Request) -> Response:
    await form(request)  # checks the token of the page
    camera = await actions.activate_camera(viewer(request), number_in_path(request))
    return see_other(request, f"{BASE}/{camera.id}", f"已启用“{camera.name}”，几秒钟后开始看。")


async def accept_view(request: Request) -> Response:
    await form(request)
    camera = await actions.accept_view(viewer(request), number_in_path(request))
    said = "已记下。几秒钟后开始重新熟悉现在的画面，大约一分钟。"
    return see_other(request, f"{BASE}/{camera.id}", said)


async def deactivate(request: Request) -> Response:
    await form(request)
    camera = await actions.deactivate_camera(viewer(request), number_in_path(request))
    return see_other(request, f"{BASE}/{camera.id}", f"已停用“{camera.name}”，画面已删除。")


ROUTES = [
    Route("/", index),
    Route("/{id:int}", one),
    Route("/{id:int}/look", look),
    Route("/{id:int}/snapshot.jpg", snapshot),
    Route("/{id:int}/view", accept_view, methods=["POST"]),
    Route("/{id:int}/activate", activate, methods=["POST"]),
    Route("/{id:int}/deactivate", deactivate, methods=["POST"]),
]
