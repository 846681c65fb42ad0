"""Where a point lies and what an area lies in. Public knowledge: no permission is asked."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tortoise.expressions import Q

from liuhe import LEVELS, Area, BadInput, house
from plugins.places.models import Division, FormerShape, Succession
from plugins.places.rules.shapes import Grains, Shape, contains, degrees, grains
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

    Never two: a border belongs to the area east (or north) of it, and where two drawings overlap
    by a hair, the lower code has the point. One query (two for a day that is past): only shapes
    whose box holds the point are looked at.
    """
    if problem := position_problem(longitude, latitude):
        raise BadInput(problem, field="longitude", reason="position")
    point = grains(longitude, latitude)
    now = today()
    near = await _around(point, day or now, now)
    near.sort(key=lambda one: (-LEVELS.index(one[0].level), one[0].code, one[0].id))
    return next((area for area, shape in near if contains(shape, point)), None)


async def successors_of(area_id: int) -> list[Area]:
    """The standing areas that took the place of an area; none while it stands itself."""
    ties = Succession.filter(standing(today(), "successor__"), predecessor_id=area_id)
    rows = await ties.exclude(successor_id=area_id).select_related("successor").order_by("id")
    return list(dict.fromkeys(row.successor for row in rows))


async def located_at(
    longitude: float, latitude: float, level: str, day: date | None = None
) -> Area | None:
    """The area of one level around the point; None where nothing so deep was found."""
    area = await locate(longitude, latitude, day)
    if area is None or LEVELS.index(area.level) < LEVELS.index(level):
        return None
    return next(one for one in (*await ancestors(area), area) if one.level == level)


async def _around(point: Grains, day: date, now: date) -> list[tuple[Area, Shape]]:
    """Areas of the day with the shape that they had then, if the box around it holds the point."""
    east, north = degrees(point)
    box: dict[str, Any] = {
        "west__lte": east,
        "east__gte": east,
        "south__lte": north,
        "north__gte": north,
    }
    stood = standing(day, "area__")
    rows: list[Any] = await Division.filter(stood, drawn(day), **box).select_related("area")
    if day < now:
        rows += await FormerShape.filter(stood, former(day), **box).select_related("area")
    return [(row.area, row.polygon) for row in rows]


def drawn(day: date) -> Q:
    """Divisions whose present shape was theirs on the day."""
    return Q(drawn_from__isnull=True) | Q(drawn_from__lte=day)


def former(day: date) -> Q:
    """Former shapes that held on the day."""
    begun = Q(valid_from__isnull=True) | Q(valid_from__lte=day)
    return begun & Q(valid_to__gt=day)


async def shapes_on(day: date, areas: Collection[int]) -> dict[int, Shape]:
    """The shape that each of these areas (ids) had on the day; two queries."""
    ids = list(areas)
    if not ids:
        return {}
    rows: list[Any] = await Division.filter(drawn(day), area_id__in=ids, polygon__isnull=False)
    rows += await FormerShape.filter(former(day), area_id__in=ids)
    return {row.area_id: row.polygon for row in rows}


async def ancestors(area: Area) -> list[Area]:
    """What the area lies in, the widest first; one query."""
    ids = [int(part) for part in area.path.split(".") if part][:-1]
    found = await Area.in_bulk(ids, "id") if ids else {}
    return [found[id] for id in ids]
