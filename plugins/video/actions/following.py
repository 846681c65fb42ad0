"""Where the ground is divided anew, its cameras go on in what took the place of their area."""

from collections.abc import Sequence

from liuhe import Area, atomic, record
from plugins.places.actions import locate, successors_of
from plugins.places.facts import DivisionSucceeded
from plugins.video.models import Camera
from plugins.video.permissions import CAMERA_CHANGED


@atomic
async def follow_ground(fact: DivisionSucceeded) -> None:
    """Into the only successor, or into the one that a camera stands in; the others are left, and
    the page of cameras asks for their area."""
    heirs = await successors_of(fact.area_id)
    for camera in await Camera.filter(area_id=fact.area_id).select_for_update().order_by("id"):
        if heir := await _heir(camera, heirs):
            camera.area_id = heir.id
            await camera.save(update_fields=["area_id"])
            await record(None, CAMERA_CHANGED, camera, details={"change": "redivided"})


async def _heir(camera: Camera, heirs: Sequence[Area]) -> Area | None:
    if len(heirs) == 1:
        return heirs[0]
    around = await locate(*camera.point) if camera.point else None
    if around is None:
        return None
    return next((heir for heir in heirs if around.path.startswith(heir.path)), None)
