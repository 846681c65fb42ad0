"""Editing one division: its shape, its name, its end; and opening one below it."""

from typing import Any

from liuhe import LEVEL_LABELS, LEVELS, Area, BadInput, Conflict
from liuhe.pages import Form, Request, Response, form, page, see_other, viewer
from plugins.places.actions import (
    Opening,
    close_division,
    create_division,
    draw_division,
    free_codes,
    rename_division,
    today,
)
from plugins.places.models import Division
from plugins.places.pages.drawing import compare
from plugins.places.pages.given import above, area_to_edit, day_in, shapes_in, written
from plugins.places.permissions import may_divide
from plugins.places.rules.codes import KINDS
from plugins.places.rules.shapes import Shape

HERE = "/admin/places/"


async def edit_page(request: Request) -> Response:
    area = await area_to_edit(request)
    return await _edit(request, area)


async def _edit(request: Request, area: Area, *, status: int = 200, **more: Any) -> Response:
    index = LEVELS.index(area.level) + 1
    context = {
        "page_title": f"编辑{area.name}",
        "area": area,
        "level": LEVEL_LABELS[area.level],
        "below": LEVEL_LABELS[LEVELS[index]] if index < len(LEVELS) else "",
        "may_divide": may_divide(viewer(request), await above(area)),
        "values": {"name": area.name, "on": today().isoformat(), "since": "moved", "geojson": ""},
        "problem": {},
        "at": "",
        "drawing": None,
        **more,
    }
    return await page(request, "places/edit.html", context, status=status)


async def _refused(request: Request, area: Area, at: str, given: Form, error: Any) -> Response:
    """The page again, with what was written; `at` tells which form it was."""
    values = {"name": area.name, "since": "moved", "geojson": "", **given.values()}
    field = getattr(error, "field", "") or at
    field = "geojson" if field == "polygon" else field
    problem = {f"{at}.{field}": error.message}
    return await _edit(request, area, values=values, problem=problem, at=at, status=422)


async def draw(request: Request) -> Response:
    """`do`: "preview" shows the new shape over the old one, "apply" keeps it."""
    area = await area_to_edit(request)
    given = await form(request)
    try:
        on = day_in(given.text("on"))
        shape = await _one_shape(given)
        if given.text("do") == "apply":
            moved = given.text("since") == "moved"
            await draw_division(viewer(request), area, shape, on=on if moved else None)
            return see_other(request, f"{HERE}{area.id}", "范围已保存。")
    except (BadInput, Conflict) as error:
        return await _refused(request, area, "draw", given, error)
    division = await Division.get_or_none(area_id=area.id)
    old = [division.polygon] if division and division.polygon else []
    values = {"name": area.name, **given.values(), "geojson": written([({}, shape)])}
    return await _edit(request, area, values=values, at="draw", drawing=compare(old, [shape]))


async def _one_shape(given: Form) -> Shape:
    shapes = await shapes_in(given)
    if len(shapes) != 1:
        message = "请贴一个范围，或者选一个文件。" if not shapes else "这里只能有一个范围。"
        raise BadInput(message, field="geojson", reason="required")
    return shapes[0][1]


async def rename(request: Request) -> Response:
    area = await area_to_edit(request)
    given = await form(request)
    try:
        name = given.need("name", "名称", most=60)
        await rename_division(viewer(request), area, name, on=day_in(given.text("on")))
    except (BadInput, Conflict) as error:
        return await _refused(request, area, "rename", given, error)
    return see_other(request, f"{HERE}{area.id}", f"已更名为{name}。")


async def close(request: Request) -> Response:
    area = await area_to_edit(request)
    given = await form(request)
    try:
        await close_division(viewer(request), area, on=day_in(given.text("on")))
    except (BadInput, Conflict) as error:
        return await _refused(request, area, "close", given, error)
    return see_other(request, f"{HERE}{area.id}", f"{area.name}已撤销，历史都在。")


async def new_page(request: Request) -> Response:
    area = await area_to_edit(request)
    level = _below(area)
    [code] = await free_codes(area, level, 1) or [""]
    return await _new(request, area, level, {"code": code, "on": today().isoformat()})


def _below(area: Area) -> str:
    index = LEVELS.index(area.level) + 1
    if index == len(LEVELS):
        raise Conflict("微网格下面没有更低的层级。")
    return LEVELS[index]


async def _new(
    request: Request,
    area: Area,
    level: str,
    values: dict[str, str],
    problem: dict[str, str] | None = None,
) -> Response:
    context = {
        "page_title": f"新设{LEVEL_LABELS[level]}",
        "area": area,
        "level": LEVEL_LABELS[level],
        "values": values,
        "problem": problem or {},
        "kinds": [(code, f"{code} {label}") for code, label in KINDS.items()],
    }
    return await page(request, "places/new.html", context, status=422 if problem else 200)


async def open_new(request: Request) -> Response:
    area = await area_to_edit(request)
    level = _below(area)
    given = await form(request)
    try:
        shapes = await shapes_in(given)
        opening = Opening(
            code=given.need("code", "代码", most=24),
            name=given.need("name", "名称", most=60),
            level=level,
            parent=area,
            polygon=shapes[0][1] if shapes else None,
            kind=given.text("kind", most=3),
        )
        new = await create_division(viewer(request), opening, on=day_in(given.text("on")))
    except BadInput as error:
        field = "geojson" if error.field == "polygon" else error.field
        return await _new(request, area, level, given.values(), {field: error.message})
    return see_other(request, f"{HERE}{new.id}", f"{new.name}已设立。")
