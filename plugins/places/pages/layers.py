"""What the map draws: divisions of a level, and the units that work there."""

from typing import Any

from liuhe import LEVELS, Area, MapBox, MapLayer, MapPoint, MapPoints, Unit, Viewer
from plugins.places.actions import middles_within, standing, today
from plugins.places.models import Division
from plugins.places.rules.shapes import centroid
from plugins.places.rules.simplifying import simplified

MOST_DIVISIONS = 1_500
#: Grains that a corner may be off, by level: what is seen from afar need not be exact.
TOLERANCE = {"district": 2_000, "street": 1_000, "community": 500, "grid": 200, "microgrid": 0}


async def divisions(level: str, box: MapBox) -> dict[str, Any]:
    """Divisions of today that meet the box: a collection with the middle of each for its name."""
    found = Division.filter(
        standing(today(), "area__"),
        area__level=level,
        west__lte=box.east,
        east__gte=box.west,
        south__lte=box.north,
        north__gte=box.south,
    )
    rows = await found.select_related("area").order_by("area__code").limit(MOST_DIVISIONS)
    return {"type": "FeatureCollection", "features": [_feature(row) for row in rows]}


def _feature(row: Division) -> dict[str, Any]:
    longitude, latitude = centroid(row.polygon)
    return {
        "type": "Feature",
        "id": row.area_id,
        "properties": {
            "name": row.area.name,
            "href": f"/admin/places/{row.area_id}",
            "at": [round(longitude, 6), round(latitude, 6)],
        },
        "geometry": simplified(row.polygon, TOLERANCE[row.area.level]),
    }


def deepest_below(area: Area) -> str:
    """The level that is drawn inside of an area."""
    return LEVELS[min(LEVELS.index(area.level) + 1, len(LEVELS) - 1)]


async def look_at_units(_: Viewer, box: MapBox, most: int) -> MapPoints:
    """Units are public bodies: whoever is signed in may know them. Each stands in the middle of
    the area that it works in."""
    middles = await middles_within(box.west, box.south, box.east, box.north)
    found = Unit.filter(active=True, area_id__in=list(middles))
    points = [
        MapPoint(
            longitude=middles[unit.area_id][0],
            latitude=middles[unit.area_id][1],
            title=unit.name,
            href=f"/admin/places/{unit.area_id}",
            meta=f"负责{unit.area.name}",
        )
        for unit in await found.select_related("area").order_by("code").limit(most)
    ]
    return MapPoints(total=await found.count(), points=points)


LAYERS = (
    MapLayer(name="units", title="单位", permission="places.see", look=look_at_units, order=60),
)
