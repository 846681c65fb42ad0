"""Cases on the map: those that are not finished, the newest first."""

from collections.abc import Mapping
from datetime import UTC, datetime

from tortoise.expressions import Q

from liuhe import MapBox, MapLayer, MapPoint, MapPoints, Viewer
from plugins.cases.models import Case, state_of_case, unfinished
from plugins.cases.permissions import visible
from plugins.places.actions import middles_within


async def look(viewer: Viewer, box: MapBox, most: int) -> MapPoints:
    """A case without a position of its own stands in the middle of its area."""
    middles = await middles_within(box.west, box.south, box.east, box.north)
    placed = Q(
        longitude__gte=box.west,
        longitude__lte=box.east,
        latitude__gte=box.south,
        latitude__lte=box.north,
    )
    unplaced = Q(longitude__isnull=True, area_id__in=list(middles))
    found = Case.filter(visible(viewer), placed | unplaced, unfinished())
    rows = await found.order_by("-opened_at", "-id").limit(most).select_related("area")
    points = [_point(case, middles) for case in rows]
    return MapPoints(total=await found.count(), points=points)


def _point(case: Case, middles: Mapping[int, tuple[float, float]]) -> MapPoint:
    known = case.longitude is not None and case.latitude is not None
    longitude, latitude = (case.longitude, case.latitude) if known else middles[case.area_id]
    told = [case.number, state_of_case(case), "" if known else f"在{case.area.name}"]
    return MapPoint(
        longitude=longitude or 0,
        latitude=latitude or 0,
        title=case.title,
        href=f"/admin/cases/{case.id}",
        meta=" · ".join(filter(None, told)),
        tone="bad" if case.overdue(datetime.now(UTC)) else "",
    )


LAYERS = (MapLayer(name="cases", title="在办案件", permission="cases.see", look=look, order=10),)
