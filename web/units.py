"""The page of units, for the administrators of the system."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tortoise.functions import Count

from core import units
from core.areas import LEVELS, Area
from core.errors import BadInput, NotFound
from core.people import Post, Unit, in_force, today
from core.permissions import Scope, within
from web.keyset import Window, slice_of
from web.pages import form, page, see_other, viewer

HERE = "/admin/units"


async def listed(request: Request) -> Response:
    params = request.query_params
    after, before = params.get("after") or None, params.get("before") or None
    found = Unit.filter(units.managed(viewer(request))).select_related("area")
    part = await slice_of(
        found, ["code"], Window(after=after, before=before, backward=bool(before))
    )
    context = {
        "page_title": "单位",
        "rows": part.rows,
        "people": await _people([unit.id for unit in part.rows]),
        "prev": f"{HERE}?before={part.start_cursor}" if part.has_previous else "",
        "next": f"{HERE}?after={part.end_cursor}" if part.has_next else "",
    }
    return await page(request, "units/list.html", context)


async def _people(units: list[int]) -> dict[int, int]:
    """How many are in post in each unit today."""
    found = Post.filter(in_force(today()), unit_id__in=units, person__active=True)
    counted = found.annotate(number=Count("person_id", distinct=True)).group_by("unit_id")
    return {
        int(row["unit_id"]): int(row["number"]) for row in await counted.values("unit_id", "number")
    }


async def new(request: Request) -> Response:
    units.managed(viewer(request))
    context: dict[str, Any] = {"page_title": "新的单位", "values": {}, "problem": {}}
    context["areas"] = await _areas(request)
    if request.method == "GET":
        return await page(request, "units/new.html", context)
    given = await form(request)
    try:
        await units.create_unit(
            viewer(request),
            code=given.need("code", "代号", most=30),
            name=given.need("name", "名称", most=60),
            area_id=given.whole("area") or 0,
        )
    except BadInput as error:
        context |= {"values": given.values(), "problem": {error.field: error.message}}
        return await page(request, "units/new.html", context, status=422)
    return see_other(request, HERE, "单位已加上。")


async def _areas(request: Request) -> list[tuple[int, str]]:
    inside = within(viewer(request), units.MANAGE, Scope(area="path"))
    found = await Area.filter(inside, valid_to=None, level__in=LEVELS[:3]).order_by("path")
    return [(area.id, f"{'　' * LEVELS.index(area.level)}{area.name}") for area in found]


async def change(request: Request) -> Response:
    number = request.path_params["id"]
    unit = await Unit.filter(units.managed(viewer(request)), id=number).first()
    if unit is None:
        raise NotFound("没有这个单位。")
    context: dict[str, Any] = {"page_title": unit.name, "unit": unit, "problem": {}}
    if request.method == "GET":
        return await page(request, "units/change.html", context)
    given = await form(request)
    try:
        name = given.need("name", "名称", most=60)
    except BadInput as error:
        context["problem"] = {error.field: error.message}
        return await page(request, "units/change.html", context, status=422)
    await units.change_unit(viewer(request), number, name=name, active=given.checked("active"))
    return see_other(request, HERE, "已保存。")


ROUTES = [
    Route("/units", listed),
    Route("/units/new", new, methods=["GET", "POST"]),
    Route("/units/{id:int}", change, methods=["GET", "POST"]),
]
