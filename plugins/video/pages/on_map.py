"""Cameras on the map."""

from collections.abc import Mapping

from tortoise.expressions import Q

from liuhe import MapBox, MapLayer, MapPoint, MapPoints, Viewer, within
from plugins.places.actions import middles_within
from plugins.video.models import Camera
from plugins.video.models.cameras import CAMERA_SCOPE
from plugins.video.pages.views import BASE
from plugins.video.permissions import SEE


async def look(viewer: Viewer, box: MapBox, most: int) -> MapPoints:
    """A camera without a position of its own stands in the middle of its area."""
    middles = await middles_within(box.west, box.south, box.east, box.north)
    placed = Q(
        longitude__gte=box.west,
        longitude__lte=box.east,
        latitude__gte=box.south,
        latitude__lte=box.north,
    )
    unknown = Q(longitude__isnull=True) | Q(latitude__isnull=True)
    unplaced = Q(unknown, area_id__in=list(middles))
    found = Camera.filter(within(viewer, SEE, CAMERA_SCOPE), placed | unplaced)
    points = [_point(camera, middles) for camera in await found.order_by("id").limit(most)]
    return MapPoints(total=await found.count(), points=points)


def _point(camera: Camera, middles: Mapping[int, tuple[float, float]]) -> MapPoint:
    longitude, latitude = camera.point or middles[camera.area_id]
    return MapPoint(
        longitude=longitude,
        latitude=latitude,
        title=camera.name,
        href=f"{BASE}/{camera.id}",
        meta=camera.address if camera.active else f"停用 {camera.address}".strip(),
    )


LAYERS = (MapLayer(name="cameras", title="摄像机", permission=SEE, look=look, order=20),)
