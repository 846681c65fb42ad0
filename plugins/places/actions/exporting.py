"""The divisions of a day as GeoJSON; what is exported is what an import calls unchanged."""

from datetime import date
from typing import Any

from liuhe import Area, Viewer, atomic, demand_held, record
from plugins.places.actions.finding import shapes_on, standing
from plugins.places.models import Division, Succession
from plugins.places.permissions import EXPORTED
from plugins.places.rules.geojson import feature


@atomic
async def export_divisions(who: Viewer | None, day: date) -> dict[str, Any]:
    """A FeatureCollection of all that stood on the day, with names and shapes of then."""
    demand_held(who, "places.see")
    areas = await Area.filter(standing(day)).order_by("path")
    ids = [area.id for area in areas]
    codes = {area.id: area.code for area in areas}
    shapes, names = await shapes_on(day, ids), await names_on(day)
    rest = {row.area_id: row for row in await Division.filter(area_id__in=ids)}
    await record(who, EXPORTED, details={"on": day.isoformat(), "count": len(areas)})
    return {
        "type": "FeatureCollection",
        "features": [
            feature(
                {
                    "code": area.code,
                    "name": names.get(area.id, area.name),
                    "level": area.level,
                    "parent_code": codes.get(area.parent_id or 0, ""),
                    "kind": rest[area.id].kind if area.id in rest else "",
                    "note": rest[area.id].note if area.id in rest else "",
                    "valid_from": area.valid_from.isoformat(),
                    "valid_to": area.valid_to.isoformat() if area.valid_to else None,
                },
                shapes.get(area.id),
            )
            for area in areas
        ],
    }


async def names_on(day: date) -> dict[int, str]:
    """What areas that were renamed later were called on the day."""
    later = Succession.filter(kind="rename", on__gt=day).order_by("-on", "-id")
    return {row.predecessor_id: row.former_name for row in await later}
