"""The map: the district's own divisions, and the layers that the plugins offer.

The page works without script: it draws what is chosen and lists it. With script and WebGL the
drawing becomes a map that can be moved, fed by the two addresses at the end.
"""

import hashlib
import json
from dataclasses import dataclass
from math import isfinite
from typing import Any

from starlette.responses import JSONResponse

from liuhe import (
    LEVEL_LABELS,
    LEVELS,
    Area,
    BadInput,
    MapBox,
    MapLayer,
    MapPoints,
    NotFound,
    demand_held,
)
from liuhe.pages import Request, Response, fragment, map_layers, page, viewer
from plugins.places.actions import standing, today
from plugins.places.models import Division
from plugins.places.pages.drawing import Drawing, paper_for
from plugins.places.pages.layers import deepest_below, divisions
from plugins.places.rules.geojson import feature
from plugins.places.rules.shapes import CHINA, bounds

HERE = "/admin/places/"
MOST = 500
LISTED = 50
FIRST_SHOWN = ("cases",)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A layer with what it has in the part that is looked at."""

    layer: MapLayer
    found: MapPoints

    @property
    def items(self) -> list[dict[str, Any]]:
        return [
            {"title": one.title, "meta": one.meta, "href": one.href, "tone": one.tone}
            for one in self.found.points[:LISTED]
        ]

    @property
    def words(self) -> str:
        """How much of it is shown."""
        total, shown = self.found.total, len(self.found.points)
        if shown < total:
            return f"地图上显示 {shown} 个，一共 {total} 个，放大可看全部"
        return f"{total} 个"


async def map_page(request: Request) -> Response:
    who = viewer(request)
    demand_held(who, "places.see")
    area = await _area(request.query_params.get("place", ""))
    if area is None:
        context = {"page_title": "地图", "may_import": who.holds("places.edit")}
        return await page(request, "places/empty.html", context)
    row = await Division.get_or_none(area_id=area.id)
    box = _box_of(row)
    chosen = _chosen(request)
    layers = map_layers(request, who)
    shown = [
        Shown(layer=layer, found=await layer.look(who, box, MOST))
        for layer in layers
        if layer.name in chosen
    ]
    context = {
        "page_title": "地图",
        "area": area,
        "box": box,
        "layers": layers,
        "chosen": chosen,
        "shown": shown,
        "levels": [(level, LEVEL_LABELS[level]) for level in LEVELS[1:]],
        "drawing": await _draw(area, row, shown),
        "listed": LISTED,
        "near": [],
    }
    return await page(request, "places/map.html", context)


async def _area(given: str) -> Area | None:
    """The place that is asked for, or the widest that stands."""
    if given:
        area = await Area.get_or_none(id=int(given)) if _is_id(given) else None
        if area is None:
            raise NotFound("没有这个地点。")
        return area
    return await Area.filter(standing(today()), parent_id__isnull=True).order_by("code").first()


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def _chosen(request: Request) -> set[str]:
    """The layers that were ticked; `chosen` tells a form with none of them from a first visit."""
    params = request.query_params
    return set(params.getlist("layer")) if "chosen" in params else set(FIRST_SHOWN)


def _box_of(row: Division | None) -> MapBox:
    box = bounds(row.polygon) if row and row.polygon else CHINA
    return MapBox(west=box.west, south=box.south, east=box.east, north=box.north)


async def _draw(area: Area, row: Division | None, shown: list[Shown]) -> Drawing | None:
    if row is None or row.polygon is None:
        return None
    paper = paper_for([row.polygon])
    assert paper is not None
    below = await divisions(deepest_below(area), _box_of(row))
    inside = set(
        await Area.filter(standing(today()), parent_id=area.id).values_list("id", flat=True)
    )
    return Drawing(
        height=paper.height,
        whole=paper.outline(row.polygon),
        parts=[
            paper.outline(
                one["geometry"],
                label=one["properties"]["name"].removesuffix("街道").removesuffix("社区"),
                title=one["properties"]["name"],
                href=one["properties"]["href"],
            )
            for one in below["features"]
            if one["id"] in inside
        ],
        dots=[
            paper.dot(point.longitude, point.latitude, point.title)
            for layer in shown
            for point in layer.found.points
        ],
    )


async def map_list(request: Request) -> Response:
    """What is in the part of the map that is looked at, as lists."""
    who = viewer(request)
    demand_held(who, "places.see")
    box, chosen = _box_in(request), _chosen(request)
    shown = [
        Shown(layer=layer, found=await layer.look(who, box, MOST))
        for layer in map_layers(request, who)
        if layer.name in chosen
    ]
    return fragment(request, "places/map_list.html", {"shown": shown, "listed": LISTED})


async def division_shapes(request: Request) -> Response:
    """Divisions of one level in a box; unchanged ones cost nothing."""
    demand_held(viewer(request), "places.see")
    level = request.query_params.get("level", "street")
    if level not in LEVELS:
        raise BadInput("没有这个层级。", field="level", reason="unknown")
    body = json.dumps(
        await divisions(level, _box_in(request)), ensure_ascii=False, separators=(",", ":")
    ).encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": "private, no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/geo+json")


async def layer_points(request: Request) -> Response:
    """The points of one layer in a box, at most `MOST`, and how many there are."""
    who = viewer(request)
    name = request.path_params["name"]
    layer = next((one for one in map_layers(request, who) if one.name == name), None)
    if layer is None:
        raise NotFound("没有这一层。")
    found = await layer.look(who, _box_in(request), MOST)
    return JSONResponse(
        {
            "type": "FeatureCollection",
            "words": Shown(layer=layer, found=found).words,
            "features": [
                feature(
                    {"title": one.title, "meta": one.meta, "href": one.href, "tone": one.tone},
                    {"type": "Point", "coordinates": [one.longitude, one.latitude]},
                )
                for one in found.points
            ],
        }
    )


def _box_in(request: Request) -> MapBox:
    """`box`: west,south,east,north."""
    try:
        numbers = [float(part) for part in request.query_params.get("box", "").split(",")]
        west, south, east, north = numbers
    except ValueError:
        numbers, west, south, east, north = [], 0, 0, 0, 0
    if not numbers or not all(map(isfinite, numbers)) or west > east or south > north:
        raise BadInput("box 要写成 西,南,东,北 四个经纬度。", field="box", reason="box")
    return MapBox(west=west, south=south, east=east, north=north)
