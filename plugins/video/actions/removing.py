"""Taking away a camera that was entered by mistake: one that never saw anything."""

from liuhe import Conflict, Viewer, atomic, discard_files, record
from plugins.video.actions.snapshots import drop_snapshot
from plugins.video.models import Camera, Observation
from plugins.video.permissions import CAMERA_CHANGED, MANAGE, camera_for
from plugins.video.rules.health import removal_problem


async def remove_camera(viewer: Viewer, camera_id: int) -> Camera:
    """It goes with its zones, figures and pictures; what the audit says of it stays."""
    camera = await _remove(viewer, camera_id)
    await drop_snapshot(camera_id)
    return camera


@atomic
async def _remove(viewer: Viewer, camera_id: int) -> Camera:
    await Camera.select_for_update().get_or_none(id=camera_id)
    camera = await camera_for(viewer, MANAGE, camera_id)
    if problem := await kept_because(camera):
        raise Conflict(problem)
    await record(viewer, CAMERA_CHANGED, camera, details={"change": "removed"})
    picture = camera.signage_picture_id
    await camera.delete()
    if picture:
        await discard_files([picture])
    return camera


async def kept_because(camera: Camera) -> str:
    """Why it may not be taken away, or ""."""
    seen = await Observation.filter(camera_id=camera.id).exists()
    return removal_problem(active=camera.active, seen=seen)
