"""Where a point lies and what an area lies in. Public knowledge: no permission is asked."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tortoise.expressions import Q

from liuhe import LEVELS, Area, BadInput, house
from plugins.places.models import Division
from plugins.places.rules.shapes import contains, degrees, grains
from plugins.places.rules.validity import position_problem


def today() -> date:
    """The day in the district's own zone."""
    return datetime.now(ZoneInfo(house().settings.timezone)).date()


def standing(day: date, prefix: str = "") -> Q:
    """Areas that stood on `day`; `prefix` leads to the area ("area__")."""
    begun: dict[str, Any] = {f"{prefix}valid_from__lte": day}
    endless: dict[str, Any] = {f"{prefix}valid_to__isnull": True}
    ends_later: dict[str, Any] = {f"{prefix}valid_to__gt": day}
    return Q(**begun) & (Q(**endless) | Q(**ends_later))


async def locate(longitude: float, latitude: float, day: date | None = None) -> Area | None:
    """The deepest area whose polygon contained the point (WGS-84) on that day, or today.

    One query: only shapes whose box holds the point are looked at.
    """
    if problem := position_problem(longitude, latitude):
        raise BadInput(problem, field="longitude", reason="position")
    point = grains(longitude, latitude)
    east, north = degrees(point)
    near = await Division.filter(
        standing(day or today(), "area__"),
        west__lte=east,
        east__gte=east,
        south__lte=north,
        north__gte=north,
    ).select_related("area")
    near.sort(key=lambda row: (-LEVELS.index(row.area.level), row.area_id))
    return next((row.area for row in near if contains(row.polygon, point)), None)


async def ancestors(area: Area) -> list[Area]:
    """What the area lies in, the widest first; one query."""
    ids = [int(part) for part in area.path.split(".") if part][:-1]
    found = await Area.in_bulk(ids, "id") if ids else {}
    return [found[id] for id in ids]
