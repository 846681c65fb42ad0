"""What the forms of the ground have in common: the place at hand, a day, a pasted shape."""

import json
from datetime import date
from typing import Any

from liuhe import Area, BadInput, Forbidden, NotFound, demand
from liuhe.pages import Form, Request, viewer
from plugins.places.actions import today
from plugins.places.permissions import AREA, may_divide
from plugins.places.rules.geojson import read_shapes, read_text
from plugins.places.rules.shapes import Shape

MOST_TEXT = 900_000  # characters of a form's field

Shapes = list[tuple[dict[str, str], Shape]]


async def area_to_edit(request: Request) -> Area:
    """The place, if the viewer may edit it."""
    area = await Area.get_or_none(id=request.path_params["id"])
    if area is None:
        raise NotFound("没有这个地点。")
    demand(viewer(request), "places.edit", area, AREA)
    return area


async def area_to_divide(request: Request) -> Area:
    """The place, if the viewer may edit what it lies in, too."""
    area = await area_to_edit(request)
    if not may_divide(viewer(request), await above(area)):
        raise Forbidden()
    return area


async def above(area: Area) -> Area | None:
    return await Area.get_or_none(id=area.parent_id) if area.parent_id else None


def day_in(text: str, field: str = "on") -> date:
    """A day as browsers send it; today if none is given."""
    try:
        return date.fromisoformat(text) if text else today()
    except ValueError:
        raise BadInput("日期要写成 2026-03-01 这样。", field=field, reason="date") from None


async def shapes_in(given: Form) -> Shapes:
    """What was pasted or uploaded; the file counts more. Empty if neither was given."""
    data = await given.file("file", most=MOST_TEXT)
    text, problem = read_text(data) if data else (given.text("geojson", most=MOST_TEXT), "")
    if problem:
        raise BadInput(problem, field="geojson", reason="file")
    if not text:
        return []
    found, problem = read_shapes(text)
    if problem:
        raise BadInput(problem, field="geojson", reason="shape")
    return found


def written(shapes: Shapes) -> str:
    """The same as text, to go into the field again."""
    if not shapes:
        return ""
    features: Any = [
        {"type": "Feature", "properties": words, "geometry": shape} for words, shape in shapes
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
