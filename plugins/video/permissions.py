"""What can be allowed here, and the cameras that a viewer may reach."""

from typing import Any

from tortoise.expressions import Q

from liuhe import (
    Audited,
    File,
    Forbidden,
    NotFound,
    Permission,
    Scope,
    Viewer,
    may,
    settings_of,
    within,
)
from plugins.video.models import Camera, Observation, Worker
from plugins.video.models.cameras import CAMERA_SCOPE
from plugins.video.models.observations import OBSERVATION_SCOPE
from plugins.video.rules import row_id
from plugins.video.settings import VideoSettings

SEE = "video.see"
ZONES = "video.zones"
MANAGE = "video.manage"
AREA_SCOPE = Scope(area="path")  # where cameras may stand

PERMISSIONS = (
    Permission(name=SEE, title="查看摄像机", roles=("grid", "dispatcher", "supervisor", "admin")),
    Permission(name=ZONES, title="划定区域和场景规则", roles=("dispatcher", "admin")),
    Permission(name=MANAGE, title="管理摄像机", roles=("admin",)),
)

SIGNAGE = "signage"  # who keeps pictures of signs
LOOK = "video.look"
ZONES_CHANGED = "video.zones"
CAMERA_CHANGED = "video.camera"
TRIED_OUT = "video.tried_out"
CAMERAS_SOUGHT = "video.find"
TOKEN_ISSUED = "video.token"  # noqa: S105 - its name in the audit
DEVICE_CHANGED = "video.device"
AUDITED = (
    Audited(name=LOOK, title="查看摄像机画面", kinds={"video.Camera": "摄像机"}),
    Audited(
        name=CAMERA_CHANGED,
        title="改动摄像机",
        kinds={"video.Camera": "摄像机"},
        words={
            "entered": "添加",
            "edited": "修改登记信息",
            "readdressed": "修改，换了视频地址",
            "view": "认可现在的画面",
            "signage": "换标识的照片",
            "removed": "移除",
        },
    ),
    Audited(
        name=CAMERAS_SOUGHT,
        title="在网络里查找摄像机",
        words={"multicast": "广播", "address": "地址"},
    ),
    Audited(name=ZONES_CHANGED, title="改动区域和场景规则", words={"zones": "区域"}),
    Audited(
        name=TRIED_OUT,
        title="用留存的轨迹试区域规则",
        kinds={"video.Camera": "摄像机"},
        words={"raised": "会报几次"},
    ),
    Audited(
        name=TOKEN_ISSUED,
        title="发放视频处理程序的令牌",
        kinds={"video.Worker": "视频处理程序"},
    ),
    Audited(name=DEVICE_CHANGED, title="改动国标设备", kinds={"video.Device": "国标设备"}),
)


async def seen_camera(viewer: Viewer, camera_id: int) -> Camera:
    """The camera with its area and condition, or NotFound for what the viewer may not see."""
    camera = await (
        Camera.filter(within(viewer, SEE, CAMERA_SCOPE), id=camera_id)
        .select_related("area", "condition", "worker")
        .first()
    )
    if camera is None:
        raise NotFound("没有这台摄像机，或者您无权查看。")
    return camera


async def camera_for(viewer: Viewer, name: str, camera_id: int) -> Camera:
    """The camera, if the viewer may do `name` to it."""
    camera = await seen_camera(viewer, camera_id)
    if not may(viewer, name, camera, CAMERA_SCOPE):
        raise Forbidden()
    return camera


async def watched_by(worker: Worker, through: str = "") -> Q:
    """The cameras that these eyes hear of and speak of: so that nobody watches one twice."""
    own = Q(**{f"{through}worker_id": worker.id})
    unchosen: dict[str, Any] = {f"{through}worker_id": None}
    return own | Q(**unchosen) if await _has_the_rest(worker) else own


async def _has_the_rest(worker: Worker) -> bool:
    """Whether those for which nobody chose are its own: the default's, but anybody's as long as
    nobody has ever heard of that one. Better twice than not at all."""
    default = settings_of(VideoSettings).default_worker
    heard_of = Worker.filter(name=default, last_seen_at__isnull=False)
    return worker.name == default or not await heard_of.exists()


async def may_see_evidence(viewer: Viewer, file: File) -> bool:
    """For core's `/files/{id}`: whoever may see the camera sees what it has shown."""
    number = row_id(file.subject)
    seen = Observation.filter(within(viewer, SEE, OBSERVATION_SCOPE), id=number or 0)
    return number is not None and await seen.exists()


async def may_see_signage(viewer: Viewer, file: File) -> bool:
    """Whoever may see the camera sees the sign that tells of it."""
    number = row_id(file.subject)
    seen = Camera.filter(within(viewer, SEE, CAMERA_SCOPE), id=number or 0)
    return number is not None and await seen.exists()
