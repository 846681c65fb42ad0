"""拆分、合并、划转: given polygons, looked at before they are done."""

from typing import Any

from liuhe import LEVEL_LABELS, Area, BadInput, Conflict
from liuhe.pages import Form, Request, Response, form, page, see_other, viewer
from plugins.places.actions import (
    Part,
    foresee,
    free_codes,
    redivide,
    shapes_on,
    standing,
    today,
)
from plugins.places.pages.drawing import compare
from plugins.places.pages.given import Shapes, area_to_divide, day_in, shapes_in, written
from plugins.places.rules.codes import SUCCESSIONS, succession_of
from plugins.places.rules.joining import joined
from plugins.places.rules.shapes import Shape

HERE = "/admin/places/"
MOST_SIBLINGS = 60


async def divide_page(request: Request) -> Response:
    area = await area_to_divide(request)
    values = {"on": today().isoformat(), "others": [], "geojson": ""}
    return await _show(request, area, values)


async def divide(request: Request) -> Response:
    """`do`: "preview" counts what is affected, "apply" does it."""
    area = await area_to_divide(request)
    given = await form(request)
    values: dict[str, Any] = {**given.values(), "others": given.many("others")}
    try:
        on = day_in(given.text("on"))
        areas = [area, *await _others(area, given.many("others"))]
        shapes = await shapes_in(given)
        under = await _under(area, given.whole("under"))
        parts = await _parts(given, area, areas, shapes, under)
        values["geojson"] = written(shapes)
        if given.text("do") == "apply":
            opened = await redivide(viewer(request), areas, parts, on=on, under=under)
            names = "、".join(one.name for one in opened)
            return see_other(request, f"{HERE}{opened[0].id}", f"已变更为{names}。")
        preview = await _preview(request, areas, parts)
    except (BadInput, Conflict) as error:
        field = getattr(error, "field", "") or "geojson"
        field = field if field in ("on", "others") else "geojson"
        problem = {field: error.message}
        return await _show(request, area, values, problem=problem, status=422)
    return await _show(request, area, values, preview=preview)


async def _show(
    request: Request, area: Area, values: dict[str, Any], *, status: int = 200, **more: Any
) -> Response:
    siblings = await _siblings(area)
    above = await _above(area)
    context = {
        "above": [(str(one.id), one.name) for one in above],
        "page_title": f"拆分、合并{area.name}",
        "area": area,
        "level": LEVEL_LABELS[area.level],
        "siblings": [(str(one.id), one.name) for one in siblings],
        "values": values,
        "problem": {},
        "preview": None,
        **more,
    }
    return await page(request, "places/divide.html", context, status=status)


async def _siblings(area: Area) -> list[Area]:
    beside = Area.filter(standing(today()), parent_id=area.parent_id, level=area.level)
    return [one for one in await beside.order_by("code").limit(MOST_SIBLINGS) if one.id != area.id]


async def _above(area: Area) -> list[Area]:
    """Where the successors may lie: the areas of the level above, this one's own first."""
    own = await Area.get_or_none(id=area.parent_id) if area.parent_id else None
    if own is None:
        return []
    beside = Area.filter(standing(today()), parent_id=own.parent_id).order_by("code")
    return [own, *(one for one in await beside.limit(MOST_SIBLINGS) if one.id != own.id)]


async def _under(area: Area, chosen: int | None) -> Area | None:
    """The parent that was chosen, or the present one."""
    above = await _above(area)
    return next((one for one in above if one.id == chosen), above[0] if above else None)


async def _others(area: Area, ids: list[str]) -> list[Area]:
    chosen = {one for one in ids if one.isdigit()}
    return [one for one in await _siblings(area) if str(one.id) in chosen]


async def _parts(
    given: Form, area: Area, areas: list[Area], shapes: Shapes, under: Area | None
) -> list[Part]:
    """One for each shape; without any, one that takes the place of all. What was written in the
    preview counts more than what the file says."""
    stays = under is None or under.id == area.parent_id
    if not shapes and len(areas) == 1 and stays:
        message = "请给出新的范围；要和别的合并，或者划到别的上级，请在上面选。"
        raise BadInput(message, field="geojson", reason="required")
    listed: list[tuple[dict[str, str], Shape | None]] = [*shapes] or [({}, None)]
    free = await free_codes(under, area.level, len(listed)) if under else []
    free += [""] * len(listed)
    return [
        Part(
            code=given.text(f"code-{number}", most=24) or words.get("code") or free[number],
            name=given.text(f"name-{number}", most=60)
            or words.get("name")
            or (f"{area.name}（{number + 1}）" if len(listed) > 1 else area.name),
            polygon=shape,
        )
        for number, (words, shape) in enumerate(listed)
    ]


async def _preview(request: Request, areas: list[Area], parts: list[Part]) -> dict[str, Any]:
    effect = await foresee(viewer(request), areas)
    plugins = request.app.state.kernel.plugins
    known = await shapes_on(today(), [one.id for one in areas])
    drawn = [part.polygon for part in parts if part.polygon]
    if not drawn and len(known) == len(areas):
        drawn = [joined([known[one.id] for one in areas])]
    return {
        "kind": SUCCESSIONS[succession_of(len(areas), len(parts))],
        "parts": parts,
        "areas": areas,
        "moving": list(effect.moving.items()),
        "staying": [
            (plugins[name].manifest.title if name in plugins else name, count)
            for name, count in effect.staying.items()
        ],
        "lower": effect.lower,
        "unplaced": effect.unplaced_posts,
        "drawing": compare(
            list(known.values()), drawn, [part.name for part in parts if part.polygon]
        ),
    }
