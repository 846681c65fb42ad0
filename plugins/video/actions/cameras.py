"""Entering cameras and switching them on and off, as the law on public video allows."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from tortoise.expressions import Q

from liuhe import (
    Area,
    BadInput,
    Conflict,
    Forbidden,
    Viewer,
    atomic,
    may,
    record,
)
from plugins.video.actions.cards import usable_models
from plugins.video.actions.configuration import touch
from plugins.video.actions.signage import signage_problem
from plugins.video.actions.snapshots import drop_snapshot
from plugins.video.actions.tracks import forget_tracks
from plugins.video.models import Camera, CameraState, Worker
from plugins.video.permissions import AREA_SCOPE, CAMERA_CHANGED, MANAGE, camera_for
from plugins.video.rules.addresses import source_problem, transport_problem
from plugins.video.rules.codes import code_problem, plain_code
from plugins.video.rules.marks import mark_of

NOTHING_THE_MATTER: dict[str, Any] = {
    "sight": "unknown",
    "sharpness": None,
    "likeness": None,
    "problem": "",
    "problem_since": None,
    "trouble": "",
    "urgency": 0,
}
NOTHING_KNOWN: dict[str, Any] = {
    **NOTHING_THE_MATTER,
    "state": "unknown",
    "error": "",
    "heard_at": None,
    "fps": 0.0,
    "detect_fps": 0.0,
    "brightness": None,
}


@dataclass(frozen=True, kw_only=True)
class CameraInput:
    """A camera as entered; an empty `source` keeps the stored one.

    Without a `worker_id`, the default eyes watch it.
    """

    name: str
    area_id: int
    source: str = ""
    code: str = ""
    loop: bool = False
    detect_every: int = 5
    model: str = ""
    steered: bool = False
    transport: str = "tcp"
    address: str = ""
    longitude: float | None = None
    latitude: float | None = None
    filing_number: str = ""
    signage: bool = False
    signage_note: str = ""
    private_space: bool = False
    worker_id: int | None = None


#: What a form changes; never whether the camera is on.
WRITTEN = (
    *(name for name in CameraInput.__dataclass_fields__ if name != "source"),
    "sealed_source",
)


@atomic
async def create_camera(viewer: Viewer, given: CameraInput) -> Camera:
    """A new camera, not active yet."""
    if not given.source:
        raise BadInput("请填写视频地址。", field="source", reason="required")
    camera = Camera()
    await _fill(viewer, camera, given)
    await camera.save()
    camera.seal_source(given.source)
    await camera.save(update_fields=["sealed_source", "masked_source"])
    await CameraState.create(camera_id=camera.id)
    await record(viewer, CAMERA_CHANGED, camera, details={"change": "entered"})
    await touch()
    return camera


async def update_camera(
    viewer: Viewer, camera_id: int, given: CameraInput, *, mark: str | None = None
) -> Camera:
    """Change a camera; an active one must stay within the law.

    `mark`: the one that `mark_of_camera` gave when the form was filled; Conflict if somebody
    changed the camera since.
    """
    camera = await _update(viewer, camera_id, given, mark)
    if given.source:
        await drop_snapshot(camera.id)
    return camera


def mark_of_camera(camera: Camera) -> str:
    """Of what the form shows."""
    return mark_of([getattr(camera, name) for name in WRITTEN])


@atomic
async def _update(viewer: Viewer, camera_id: int, given: CameraInput, mark: str | None) -> Camera:
    camera = await _held(viewer, camera_id)
    if mark is not None and mark != mark_of_camera(camera):
        raise Conflict("您打开以后，别人改过这台摄像机。您填的还在，核对以后再保存。")
    before = camera.worker_id
    await _fill(viewer, camera, given)
    if camera.worker_id != before:
        now = datetime.now(UTC)
        await CameraState.filter(camera_id=camera.id).update(handed_at=now)
    if given.source:
        camera.seal_source(given.source)
        camera.view += 1
        await forget_tracks(camera.id)
    _check_lawful(camera)
    await camera.save(update_fields=[*WRITTEN, "masked_source", "view"])
    change = "readdressed" if given.source else "edited"
    await record(viewer, CAMERA_CHANGED, camera, details={"change": change})
    await touch()
    return camera


@atomic
async def accept_view(viewer: Viewer, camera_id: int) -> Camera:
    """It was pointed elsewhere on purpose: what it shows now is what it should show."""
    camera = await _held(viewer, camera_id)
    camera.view += 1
    await camera.save(update_fields=["view"])
    await forget_tracks(camera.id)
    await CameraState.filter(camera_id=camera.id).update(**NOTHING_THE_MATTER)
    await record(viewer, CAMERA_CHANGED, camera, details={"change": "view"})
    await touch()
    return camera


@atomic
async def activate_camera(viewer: Viewer, camera_id: int) -> Camera:
    camera = await _held(viewer, camera_id)
    if problem := await off_because(camera):
        raise Conflict(problem)
    await _switch(viewer, camera, True)
    return camera


async def deactivate_camera(viewer: Viewer, camera_id: int) -> Camera:
    """The eyes stop looking; its last picture is deleted, and what moved there."""
    camera = await _switch_off(viewer, camera_id)
    await drop_snapshot(camera.id)  # a file follows no transaction: it goes once that is kept
    return camera


@atomic
async def _switch_off(viewer: Viewer, camera_id: int) -> Camera:
    camera = await _held(viewer, camera_id)
    await _switch(viewer, camera, False)
    await forget_tracks(camera.id)
    return camera


async def _switch(viewer: Viewer, camera: Camera, active: bool) -> None:
    camera.active = active
    await camera.save(update_fields=["active"])
    await CameraState.filter(camera_id=camera.id).update(**NOTHING_KNOWN)
    change = "switched_on" if active else "switched_off"
    await record(viewer, CAMERA_CHANGED, camera, details={"change": change})
    await touch()


async def _held(viewer: Viewer, camera_id: int) -> Camera:
    """The camera as it is now, and nobody else changes it until the transaction ends."""
    await Camera.select_for_update().get_or_none(id=camera_id)
    return await camera_for(viewer, MANAGE, camera_id)


async def off_because(camera: Camera) -> str:
    """Why it may not be switched on, or ""."""
    return next(iter(camera.unlawful.values()), "") or await signage_problem(camera)


def _check_lawful(camera: Camera) -> None:
    """An active one stays within the law: whoever writes otherwise is told at the field."""
    for field, problem in camera.unlawful.items() if camera.active else ():
        raise BadInput(f"{problem}它正在使用，要这样改请先停用。", field=field, reason="unlawful")


async def _fill(viewer: Viewer, camera: Camera, given: CameraInput) -> None:
    area = await Area.get_or_none(id=given.area_id)
    if area is None:
        raise BadInput("请选择所在区域。", field="area", reason="unknown")
    if not may(viewer, MANAGE, area, AREA_SCOPE):
        raise Forbidden("这个区域不归您管理。")
    given = replace(given, code=plain_code(given.code))
    _check(camera, given, near=viewer.holds_everywhere(MANAGE))
    await _check_code_free(camera, given.code)
    await _check_model(camera, given.model)
    worker = await _worker(given.worker_id)
    camera.update_from_dict(_values(given))
    camera.area, camera.worker = area, worker


def _values(given: CameraInput) -> dict[str, object]:
    others = ("source", "area_id", "worker_id")
    values = {name: value for name, value in vars(given).items() if name not in others}
    return {**values, "code": given.code or None}


def _check(camera: Camera, given: CameraInput, *, near: bool) -> None:
    """A code of before there were rules may stay as it is."""
    address = given.source or camera.masked_source
    problems = {
        "name": "" if 0 < len(given.name) <= 60 else "请填写名称，最多 60 个字。",
        "source": source_problem(given.source, near=near) if given.source else "",
        "transport": transport_problem(address, given.transport),
        "code": code_problem(given.code) if given.code != (camera.code or "") else "",
        "detect_every": "" if 1 <= given.detect_every <= 250 else "检测间隔在 1 到 250 帧之间。",
        "longitude": _degrees(given.longitude, 180, "经度", given.latitude),
        "latitude": _degrees(given.latitude, 90, "纬度", given.longitude),
    }
    for field, problem in problems.items():
        if problem:
            raise BadInput(problem, field=field)


def _degrees(value: float | None, most: int, label: str, other: float | None) -> str:
    if value is None:
        return "" if other is None else "经度和纬度要一起写。"
    if -most <= value <= most:
        return ""
    return f"{label}在 -{most} 到 {most} 之间。"


async def _worker(id: int | None) -> Worker | None:
    if id is None:
        return None
    worker = await Worker.get_or_none(id=id)
    if worker is None:
        raise BadInput("没有这个视频处理程序，请重新选择。", field="worker", reason="unknown")
    return worker


async def _check_code_free(camera: Camera, code: str) -> None:
    if code and await Camera.filter(~Q(id=camera.id or 0), code=code).exists():
        raise BadInput("已有一台摄像机用了这个国标编码。", field="code", reason="taken")


async def _check_model(camera: Camera, name: str) -> None:
    """One that the eyes have told of; what is there already may stay while they are away."""
    if name in ("", camera.model):
        return
    usable = await usable_models()
    if name not in usable:
        others = f"能用的有：{'、'.join(usable)}。" if usable else ""
        problem = f"没有处理程序报告过能用的模型“{name}”。{others}"
        raise BadInput(
            f"{problem}要用别的，请先把它放进视频处理程序的模型文件夹。",
            field="model",
            reason="unknown",
        )
