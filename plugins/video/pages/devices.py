"""`/admin/video/devices`: what registers by GB/T 28181, and the cameras that it names."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from liuhe import BadInput, demand_everywhere, settings_of
from liuhe.pages import Form, Request, Response, Route, form, page, see_other, viewer
from plugins.video import actions
from plugins.video.models import Camera, Channel, Device, Worker
from plugins.video.pages.doors import number_in_path
from plugins.video.pages.views import BASE
from plugins.video.permissions import MANAGE
from plugins.video.rules import row_id
from plugins.video.rules.health import is_here
from plugins.video.settings import VideoSettings

HERE = f"{BASE}/devices"
A_PAGE = 100


async def index(request: Request) -> Response:
    demand_everywhere(viewer(request), MANAGE)
    return await _show(request)


async def add(request: Request) -> Response:
    """The password is shown on this answer and never again."""
    demand_everywhere(viewer(request), MANAGE)
    given = await form(request)
    try:
        device, password = await actions.add_device(
            viewer(request), given.need("name", "名称", most=60), given.text("code", most=20)
        )
    except BadInput as error:
        return await _show(request, given=given, error=error)
    return await _show(request, new=(device, password))


async def renew(request: Request) -> Response:
    await form(request)
    new = await actions.renew_password(viewer(request), number_in_path(request))
    return await _show(request, new=new)


async def remove(request: Request) -> Response:
    await form(request)
    device = await actions.remove_device(viewer(request), number_in_path(request))
    return see_other(request, HERE, f"“{device.name}”不能再接入，它的目录已删除；摄像机不变。")


async def one(request: Request) -> Response:
    """A device with its catalogue, a hundred at a time."""
    device = await actions.device_of(viewer(request), number_in_path(request))
    text = request.query_params.get("after", "")
    after = row_id(text) or 0
    found = Channel.filter(device_id=device.id, id__gt=after).order_by("id")
    channels = await found.limit(A_PAGE + 1)
    shown = channels[:A_PAGE]
    context = {
        "page_title": device.name,
        "device": _view(device),
        "total": await Channel.filter(device_id=device.id).count(),
        "channels": await _channels(shown),
        "next": f"{HERE}/{device.id}?after={shown[-1].id}" if len(channels) > A_PAGE else "",
        "base": f"{HERE}/{device.id}",
    }
    return await page(request, "video/device.html", context)


async def _channels(channels: list[Channel]) -> list[dict[str, Any]]:
    codes = [channel.code for channel in channels]
    cameras = {camera.code: camera for camera in await Camera.filter(code__in=codes)}
    return [_channel(channel, cameras.get(channel.code)) for channel in channels]


def _channel(channel: Channel, camera: Camera | None) -> dict[str, Any]:
    known = {"name": channel.name, "code": channel.code, "address": channel.address}
    place = {"longitude": channel.longitude, "latitude": channel.latitude}
    given = {key: value for key, value in {**known, **place}.items() if value}
    return {
        "name": channel.name or channel.code,
        "code": channel.code,
        "online": channel.online,
        "camera": camera,
        "href": f"{BASE}/{camera.id}" if camera else f"{BASE}/new?{urlencode(given)}",
    }


async def _show(
    request: Request,
    *,
    given: Form | None = None,
    error: BadInput | None = None,
    new: tuple[Device, str] | None = None,
) -> Response:
    settings = settings_of(VideoSettings)
    worker = await Worker.get_or_none(name=settings.national_worker)
    context = {
        "page_title": "国标设备",
        "devices": [_view(row) for row in await Device.all().order_by("name", "id")],
        "settings": settings,
        "domain": settings.national_code[:10],
        "trouble": worker.national_trouble if worker else "",
        "new": new,
        "values": {"name": "", "code": "", **(given.values() if given else {})},
        "errors": {"name": "", "code": "", **({error.field or "": error.message} if error else {})},
    }
    return await page(request, "video/devices.html", context, status=error.status if error else 200)


def _view(device: Device) -> dict[str, Any]:
    settings = settings_of(VideoSettings)
    here = device.online and is_here(device.told_at, datetime.now(UTC), settings.silence)
    state = "在线" if here else "离线"
    return {
        "id": device.id,
        "href": f"{HERE}/{device.id}",
        "name": device.name,
        "code": device.code,
        "state": state if device.registered_at else "还没有注册过",
        "here": here,
        "closed": not device.password,
        "registered_at": device.registered_at,
        "heard_at": device.heard_at,
        "address": device.address,
        "complete": device.complete,
        "catalogued_at": device.catalogued_at,
        "trouble": device.trouble,
    }


ROUTES = [
    Route("/devices", index, methods=["GET"]),
    Route("/devices", add, methods=["POST"]),
    Route("/devices/{id:int}", one, methods=["GET"]),
    Route("/devices/{id:int}/password", renew, methods=["POST"]),
    Route("/devices/{id:int}/remove", remove, methods=["POST"]),
]
