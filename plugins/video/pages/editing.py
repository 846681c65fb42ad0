"""Entering a camera, and changing it: a form; and taking away one that was a mistake."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gpu.addresses import masked
from liuhe import LEVELS, Area, BadInput, Conflict, Viewer, demand_held, settings_of, within
from liuhe.pages import Form, Request, Response, Route, form, page, see_other, viewer
from plugins.video import actions
from plugins.video.models import Camera, Worker
from plugins.video.pages.doors import number_in_path
from plugins.video.pages.finding import open_ticket
from plugins.video.pages.views import BASE
from plugins.video.permissions import AREA_SCOPE, MANAGE, camera_for
from plugins.video.rules.addresses import TRANSPORTS
from plugins.video.settings import VideoSettings

TOO_OLD = "找到的码流过了十五分钟，请重新查找，或者直接填视频地址。"
NAMES = tuple(actions.CameraInput.__dataclass_fields__)
FIELDS = (*NAMES, "area", "worker")
NEW = {"detect_every": "5", "transport": "tcp"}
CATALOGUED = ("name", "code", "address", "longitude", "latitude")


async def new(request: Request) -> Response:
    """An empty form, or with what a device's catalogue says of the camera."""
    demand_held(viewer(request), MANAGE)
    told = {name: request.query_params.get(name, "")[:120] for name in CATALOGUED}
    return await _show(request, None, {**NEW, **told})


async def found(request: Request) -> Response:
    """The form for a stream that was found; its address stays within the ticket."""
    who = demand_held(viewer(request), MANAGE)
    ticket = (await form(request)).text("found", most=4000)
    opened = open_ticket(who, ticket)
    if opened is None:
        return see_other(request, f"{BASE}/find", TOO_OLD)
    transport = "tls" if opened[0].startswith("rtsps://") else "tcp"
    given = {**NEW, "name": opened[1], "found": ticket, "transport": transport}
    return await _show(request, None, given)


async def create(request: Request) -> Response:
    demand_held(viewer(request), MANAGE)
    given = await form(request)
    try:
        camera = await actions.create_camera(viewer(request), _with_found(request, given))
    except BadInput as error:
        return await _show(request, None, _written(given), error)
    return see_other(request, f"{BASE}/{camera.id}", "已保存。核对备案和标识后就可以启用。")


async def edit(request: Request) -> Response:
    camera = await camera_for(viewer(request), MANAGE, number_in_path(request))
    return await _show(request, camera, _values(camera))


async def save(request: Request) -> Response:
    given = await form(request)
    camera = await camera_for(viewer(request), MANAGE, number_in_path(request))
    try:
        read, mark = _read(given), given.text("mark", most=40) or None
        await actions.update_camera(viewer(request), camera.id, read, mark=mark)
    except BadInput as error:
        return await _show(request, camera, _written(given), error)
    except Conflict as conflict:
        camera = await camera_for(viewer(request), MANAGE, camera.id)
        written = {**_written(given), "mark": actions.mark_of_camera(camera)}
        return await _show(request, camera, written, conflict)
    return see_other(request, f"{BASE}/{camera.id}", "已保存。")


async def remove(request: Request) -> Response:
    await form(request)  # checks the token of the page
    camera = await actions.remove_camera(viewer(request), number_in_path(request))
    return see_other(request, f"{BASE}/", f"已移除“{camera.name}”。")


def _with_found(request: Request, given: Form) -> actions.CameraInput:
    """What was typed counts; else the address in the ticket."""
    read, ticket = _read(given), given.text("found", most=4000)
    if read.source or not ticket:
        return read
    opened = open_ticket(viewer(request), ticket)
    if opened is None:
        raise BadInput(TOO_OLD, field="source", reason="too_old")
    return replace(read, source=opened[0])


def _read(given: Form) -> actions.CameraInput:
    return actions.CameraInput(
        name=given.need("name", "名称", most=60),
        area_id=given.whole("area") or 0,
        source=given.text("source", most=500),
        code=given.text("code", most=60),
        loop=given.checked("loop"),
        detect_every=given.whole("detect_every") or 5,
        model=given.text("model", most=60),
        steered=given.checked("steered"),
        transport=given.text("transport", most=3) or "tcp",
        address=given.text("address", most=120),
        longitude=_number(given, "longitude"),
        latitude=_number(given, "latitude"),
        filing_number=given.text("filing_number", most=60),
        signage=given.checked("signage"),
        signage_note=given.text("signage_note", most=200),
        private_space=given.checked("private_space"),
        worker_id=given.whole("worker"),
    )


def _written(given: Form) -> dict[str, Any]:
    """What was written, to fill the form again; never a password back into a page."""
    written = given.values()
    source = written.get("source", "")
    return {**written, "source": "", "kept_back": True} if masked(source) != source else written


def _number(given: Form, name: str) -> float | None:
    text = given.text(name, most=20)
    try:
        return float(text) if text else None
    except ValueError:
        raise BadInput("请填写数字，例如 120.138。", field=name) from None


def _values(camera: Camera) -> dict[str, Any]:
    """What the form shows; the address with a password in it is not among them."""
    shown = {name: getattr(camera, name) for name in NAMES}
    empty = {name: "" if value is None else value for name, value in shown.items()}
    others = {"area": camera.area_id, "worker": empty["worker_id"], "source": ""}
    return {**empty, **others, "mark": actions.mark_of_camera(camera)}


async def _show(
    request: Request,
    camera: Camera | None,
    values: Mapping[str, Any],
    error: BadInput | Conflict | None = None,
) -> Response:
    context = {
        "page_title": camera.name if camera else "添加摄像机",
        "camera": camera,
        "values": {**dict.fromkeys((*FIELDS, "kept_back", "found", "mark"), ""), **values},
        "found": masked((open_ticket(viewer(request), values.get("found", "")) or ("",))[0]),
        "post_to": f"{BASE}/{camera.id}/edit" if camera else f"{BASE}/new",
        "errors": _errors(error),
        "stale": isinstance(error, Conflict),
        "areas": await _areas(viewer(request)),
        "models": await _models(values.get("model", "")),
        "workers": await _workers(),
        "transports": list(TRANSPORTS.items()),
        "back": f"{BASE}/{camera.id}" if camera else f"{BASE}/",
    }
    return await page(request, "video/form.html", context, status=error.status if error else 200)


def _errors(error: BadInput | Conflict | None) -> dict[str, str]:
    """A sentence for each field; at the head of the form for what is no field of it."""
    known = dict.fromkeys((*FIELDS, ""), "")
    field = error.field if isinstance(error, BadInput) else ""
    if error:
        known[field if field in known else ""] = error.message
    return known


async def _areas(who: Viewer) -> list[tuple[int, str]]:
    """Areas in which the viewer may enter cameras, indented by level."""
    mine = Area.filter(within(who, MANAGE, AREA_SCOPE), valid_to=None)
    rows = await mine.exclude(level="microgrid").order_by("code", "id")
    return [(row.id, "\u3000" * LEVELS.index(row.level) + row.name) for row in rows]


async def _models(chosen: str) -> list[tuple[str, ...]]:
    """Those that the eyes have told of, and what is chosen already."""
    usable = await actions.usable_models()
    offered = [(name, name) for name, bundled in usable.items() if not bundled or name == chosen]
    gone = [] if chosen in ("", *usable) else [(chosen, chosen, "没有处理程序报告过它")]
    return [("", "自带的模型"), *offered, *gone]


async def _workers() -> list[tuple[str, str]]:
    """The eyes that a camera may be given to; none where there is no choice."""
    rows = await Worker.all().order_by("name")
    default = f"没有指定：归“{settings_of(VideoSettings).default_worker}”看"
    return [("", default), *((str(row.id), row.name) for row in rows)] if len(rows) > 1 else []


ROUTES = [
    Route("/new", new, methods=["GET"]),
    Route("/new", create, methods=["POST"]),
    Route("/new/found", found, methods=["POST"]),
    Route("/{id:int}/edit", edit, methods=["GET"]),
    Route("/{id:int}/edit", save, methods=["POST"]),
    Route("/{id:int}/remove", remove, methods=["POST"]),
]
