"""The latest picture of each camera: one file, replaced as a whole; its time is the file's."""

import asyncio
import os
import uuid
from datetime import UTC, datetime
from pathlib import Path

from liuhe import BadInput, NotFound, Unavailable, house, refusal
from plugins.video.models import Camera

JPEG = b"\xff\xd8\xff"


async def take_snapshot(camera_id: int, picture: bytes) -> None:
    """Store a picture that the eyes have blurred."""
    if not picture.startswith(JPEG):
        raise BadInput("快照要是 JPEG 图片。", field="snapshot", reason="media_type")
    if not await Camera.filter(id=camera_id, active=True).exists():
        raise NotFound("没有这台摄像机，或者它已停用。")
    await asyncio.to_thread(_replace, path_of(camera_id), picture)


async def snapshot_of(camera_id: int) -> tuple[bytes, datetime] | None:
    """The picture and when it came. Whoever calls has checked that it may be seen."""
    return await asyncio.to_thread(_read, path_of(camera_id))


async def snapshot_times(camera_ids: list[int]) -> dict[int, datetime]:
    """When each camera's picture came, for those that have one."""
    return await asyncio.to_thread(_times, camera_ids)


async def drop_snapshot(camera_id: int) -> None:
    """A camera that was switched off shows nothing any more."""
    await asyncio.to_thread(path_of(camera_id).unlink, missing_ok=True)


def path_of(camera_id: int) -> Path:
    return house().settings.data_dir / "video" / "snapshots" / f"{camera_id}.jpg"


def _replace(path: Path, picture: bytes) -> None:
    partial = path.with_suffix(f".{uuid.uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(picture)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise Unavailable(f"存不下快照：{refusal(error)}。请联系管理员检查磁盘。") from error


def _read(path: Path) -> tuple[bytes, datetime] | None:
    try:
        with path.open("rb") as file:
            return file.read(), _moment(os.fstat(file.fileno()))
    except FileNotFoundError:
        return None


def _times(camera_ids: list[int]) -> dict[int, datetime]:
    found = {}
    for camera_id in camera_ids:
        try:
            found[camera_id] = _moment(path_of(camera_id).stat())
        except FileNotFoundError:
            continue
    return found


def _moment(status: os.stat_result) -> datetime:
    return datetime.fromtimestamp(status.st_mtime, UTC)
