"""Pictures of the signs that say that a camera is there: blurred, and needed to switch it on."""

from liuhe import BadInput, File, Viewer, atomic, attach, discard_files, record, store_upload
from plugins.video.models import Camera
from plugins.video.permissions import CAMERA_CHANGED, MANAGE, SIGNAGE, camera_for
from plugins.video.rules.health import picture_problem


async def show_signage(viewer: Viewer, camera_id: int, picture: bytes) -> Camera:
    """The picture of the camera's sign from now on; nobody sees it before it is blurred."""
    await camera_for(viewer, MANAGE, camera_id)
    if not picture:
        raise BadInput("请先选一张照片。", field="picture", reason="required")
    file = await store_upload(picture, viewer)
    return await _keep(viewer, camera_id, file)


@atomic
async def _keep(viewer: Viewer, camera_id: int, file: File) -> Camera:
    await Camera.select_for_update().get(id=camera_id)
    camera = await camera_for(viewer, MANAGE, camera_id)
    before = camera.signage_picture_id
    await attach([str(file.id)], viewer, keeper=SIGNAGE, subject=str(camera.id))
    camera.signage_picture_id = file.id
    await camera.save(update_fields=["signage_picture_id"])
    if before:
        await discard_files([before])
    await record(viewer, CAMERA_CHANGED, camera, details={"change": "signage"})
    return camera


async def signage_problem(camera: Camera) -> str:
    """What is still to be done about its picture, or ""."""
    file = await File.get_or_none(id=camera.signage_picture_id)
    return picture_problem(file.state if file else "")
