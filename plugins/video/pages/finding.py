"""`/admin/video/find`: cameras that answer in the network, and one's streams to choose from."""

import json
import time
from typing import Any

from gpu.addresses import masked
from liuhe import BadInput, Conflict, Viewer, demand_held, seal, settings_of, unseal, within
from liuhe.pages import Request, Response, Route, form, page, viewer
from plugins.video import actions
from plugins.video.models import Camera
from plugins.video.models.cameras import CAMERA_SCOPE
from plugins.video.permissions import MANAGE, SEE
from plugins.video.rules.onvif import host_of
from plugins.video.settings import VideoSettings

TICKET = "video.found"
TICKET_LASTS = 900  # seconds


async def find(request: Request) -> Response:
    demand_held(viewer(request), MANAGE)
    return await _show(request)


async def search(request: Request) -> Response:
    """Whoever answers a probe."""
    who = viewer(request)
    await form(request)
    try:
        found = await actions.find_cameras(who)
    except Conflict as error:
        return await _show(request, problem=error.message, status=error.status)
    known = await _known_hosts(who)
    devices = [
        {
            "number": number,
            "name": one.name or one.hardware or "没有名称的设备",
            "hardware": one.hardware,
            "address": one.address,
            "host": one.host,
            "known": one.host in known,
        }
        for number, one in enumerate(found)
    ]
    return await _show(request, devices=devices)


async def streams(request: Request) -> Response:
    """What one device offers; its password goes on only within a sealed ticket."""
    who = viewer(request)
    given = await form(request)
    address, user = given.text("address", most=300), given.text("user", most=60)
    asked = {"address": address, "user": user}
    try:
        name, found = await actions.streams_of(who, address, user, given.raw("password")[:100])
    except (BadInput, Conflict) as error:
        return await _show(request, asked=asked, error=error, status=error.status)
    offered = [
        {
            "name": one.name or "没有名称的码流",
            "about": f"{one.encoding} {one.width}×{one.height}",
            "address": masked(one.source),
            "ticket": _ticket(who, one.source, name),
        }
        for one in found
    ]
    return await _show(request, asked=asked, streams=offered, device=name or address)


def _ticket(who: Viewer, source: str, name: str) -> str:
    until = int(time.time()) + TICKET_LASTS
    return seal(TICKET, json.dumps([until, source, name]), str(who.person_id))


def open_ticket(who: Viewer, ticket: str) -> tuple[str, str] | None:
    """The source and the device's name; None for one that is too old, or somebody else's."""
    text = unseal(TICKET, ticket, str(who.person_id)) if ticket else None
    if text is None:
        return None
    until, source, name = json.loads(text)
    return (str(source), str(name)) if time.time() < until else None


async def _known_hosts(who: Viewer) -> set[str]:
    """Of the cameras that this person sees: others are as if they were not there."""
    seen = Camera.filter(within(who, SEE, CAMERA_SCOPE))
    shown = await seen.values_list("masked_source", flat=True)
    return {host_of(str(one).replace("***@", "")) for one in shown}


async def _show(
    request: Request,
    *,
    devices: list[dict[str, Any]] | None = None,
    streams: list[dict[str, str]] | None = None,
    asked: dict[str, str] | None = None,
    device: str = "",
    problem: str = "",
    error: BadInput | Conflict | None = None,
    status: int = 200,
) -> Response:
    field = error.field if isinstance(error, BadInput) else ""
    context = {
        "page_title": "查找摄像机",
        "networks": settings_of(VideoSettings).onvif_networks,
        "devices": devices,
        "streams": streams,
        "device": device,
        "asked": asked or {"address": "", "user": ""},
        "errors": {"address": "", "password": "", **({field: error.message} if error else {})},
        "problem": problem or (error.message if error and not field else ""),
    }
    return await page(request, "video/find.html", context, status=status)


ROUTES = [
    Route("/find", find, methods=["GET"]),
    Route("/find", search, methods=["POST"]),
    Route("/find/streams", streams, methods=["POST"]),
]
