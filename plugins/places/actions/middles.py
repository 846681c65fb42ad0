"""Where on the map a thing stands of which only the area is known: in the middle of the area."""

from plugins.places.models import Division
from plugins.places.rules.shapes import centroid

Middle = tuple[float, float]


async def middles_within(west: float, south: float, east: float, north: float) -> dict[int, Middle]:
    """The middle (longitude, latitude) of each area that has it in the box, by the area's id;
    ended areas too, for what happened there."""
    rows = await Division.filter(
        polygon__isnull=False, west__lte=east, east__gte=west, south__lte=north, north__gte=south
    ).only("id", "area_id", "polygon")
    found = {row.area_id: centroid(row.polygon) for row in rows}
    return {
        area: (round(x, 6), round(y, 6))
        for area, (x, y) in found.items()
        if west <= x <= east and south <= y <= north
    }
