"""Pictures that people upload: kept on disk, withheld until the eyes have blurred them.

A file is written and flushed before its row is, so an acknowledged upload survives. Whoever
attaches a file (its *keeper*) decides who may see it; until then nobody but the blurring may.
"""

import asyncio
import os
import re
import uuid
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tortoise import fields
from tortoise.expressions import Q

from core.audit import Thing, record_reading
from core.database import atomic, rows
from core.errors import BadInput, Conflict, NotFound, TooLarge, Unavailable
from core.house import house
from core.permissions import Viewer
from core.secrets import flush_folder
from core.tables import Model

#: What the first bytes must be; the name and the declared type are not believed.
SIGNATURES = {
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/webp": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
}
LOOSE_AFTER = timedelta(hours=24)
BLUR_LEASE = timedelta(seconds=60)
BLUR_TRIES = 4
#: Seconds in which the pictures of a page are fetched after the page has told of them.
PAGE_LOADS = 60.0


@dataclass(frozen=True, kw_only=True)
class Keeper:
    """Who answers for files of a kind: `may_see(viewer, file)`.

    `about` is the model that the files' `subject` is a key of ("cases.Case"), for the audit.
    """

    kind: str
    may_see: Callable[[Viewer, "File"], Awaitable[bool]]
    about: str = ""


class File(Model):
    """One picture. `state`: waiting (for the blur), ready, refused (could not be blurred)."""

    id = fields.UUIDField(primary_key=True, default=uuid.uuid4)
    media_type = fields.CharField(max_length=40)
    size = fields.IntField()
    state = fields.CharField(max_length=8)
    reason = fields.CharField(max_length=200, default="")
    uploader_id = fields.BigIntField(null=True)
    keeper = fields.CharField(max_length=30, default="")
    subject = fields.CharField(max_length=60, default="")
    created_at = fields.DatetimeField()
    lease_until = fields.DatetimeField(null=True)
    tries = fields.IntField(default=0)

    class Meta:
        table = "core_file"
        indexes = (("state", "created_at"), ("keeper", "subject"))

    @property
    def path(self) -> Path:
        folder = "waiting" if self.state == "waiting" else "ready"
        return root() / folder / self.id.hex[:2] / self.id.hex


def root() -> Path:
    return house().settings.data_dir / "files"


def sniff(content: bytes) -> str:
    """The media type by content; BadInput for what is not a picture we take."""
    for media_type, start in SIGNATURES.items():
        if start.match(content):
            return media_type
    raise BadInput("只能上传 JPEG、PNG 或 WebP 图片。", field="file", reason="media_type")


async def store_upload(content: bytes, viewer: Viewer) -> File:
    """An uploaded picture, withheld until blurred."""
    limit = house().settings.upload_megabytes
    if len(content) > limit * 1_000_000:
        raise TooLarge(f"图片不能超过 {limit} MB。", field="file", reason="too_large")
    return await _store(content, state="waiting", uploader_id=viewer.person_id)


async def store_blurred(content: bytes, *, keeper: str, subject: str) -> File:
    """A picture that was blurred before it came (evidence from the eyes)."""
    return await _store(content, state="ready", keeper=keeper, subject=subject)


async def _store(content: bytes, **known: Any) -> File:
    file = File(media_type=sniff(content), size=len(content), created_at=datetime.now(UTC), **known)
    await asyncio.to_thread(_write, file.path, content)
    try:
        await file.save(force_create=True)
    except BaseException:
        file.path.unlink(missing_ok=True)  # nobody would ever find it
        raise
    return file


def _write(path: Path, content: bytes) -> None:
    partial = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.touch(mode=0o600)  # faces, before the blur
        with partial.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        partial.rename(path)
        flush_folder(path.parent)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise Unavailable(f"存不下图片：{error.strerror}。请联系管理员检查磁盘。") from error


async def attach(file_ids: list[str], viewer: Viewer, *, keeper: str, subject: str) -> list[File]:
    """Give uploaded files to their keeper; only one's own, only once. Inside `atomic`."""
    files = [await _own(file_id, viewer) for file_id in dict.fromkeys(file_ids)]
    for file in files:
        loose = File.filter(id=file.id, keeper="")
        if not await loose.update(keeper=keeper, subject=subject):
            raise Conflict("有一张图片已经用在别处，请重新上传。")
        file.keeper, file.subject = keeper, subject
    return files


async def _own(file_id: str, viewer: Viewer) -> File:
    file = await find(file_id)
    if file is None or file.uploader_id != viewer.person_id:
        raise BadInput("有一张图片没有传好，请重新上传。", field="fileIds", reason="unknown")
    return file


async def find(file_id: str) -> File | None:
    try:
        return await File.get_or_none(id=uuid.UUID(file_id))
    except ValueError:
        return None


async def readable(file_id: str, viewer: Viewer) -> File:
    """The file if this viewer may see it now; NotFound says nothing about why not."""
    file = await find(file_id)
    keeper = house().keepers.get(file.keeper) if file else None
    if file is None or keeper is None or not await keeper.may_see(viewer, file):
        raise NotFound()
    if file.state == "waiting":
        raise Conflict("图片正在打码，请稍后再看。")
    if file.state == "refused":
        raise NotFound("这张图片无法打码，没有保留。")
    return file


async def pictures_shown(viewer: Viewer, file_ids: Iterable[object], *about: Thing) -> None:
    """Write down that the viewer is shown these pictures of these things.

    A page that shows many calls it once for all; fetching them then adds nothing.
    """
    if files := [("core.File", str(file_id)) for file_id in file_ids]:
        await record_reading(viewer, "files.read", *files, *about, within=PAGE_LOADS)


async def file_shown(viewer: Viewer, file: File) -> None:
    """The same for one picture that is served by itself."""
    keeper = house().keepers.get(file.keeper)
    about = [(keeper.about, file.subject)] if keeper and keeper.about else []
    await pictures_shown(viewer, [file.id], *about)


@atomic
async def lease_unblurred() -> File | None:
    """The oldest picture that waits for the blur, lent to one worker for a minute."""
    now = datetime.now(UTC)
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    waiting = File.filter(free, state="waiting").order_by("created_at").limit(20)
    for file in await waiting.select_for_update(skip_locked=True):
        if file.tries >= BLUR_TRIES:
            await _refuse(file, "多次打码失败")
            continue
        file.lease_until, file.tries = now + BLUR_LEASE, file.tries + 1
        await file.save(update_fields=["lease_until", "tries"])
        return file
    return None


async def put_blurred(file_id: str, content: bytes) -> None:
    """The blurred picture replaces the original, which is deleted. Twice is harmless."""
    file = await find(file_id)
    if file is None:
        raise NotFound()
    if file.state != "waiting":
        return
    original = file.path
    file.media_type, file.size, file.state = sniff(content), len(content), "ready"
    await asyncio.to_thread(_write, file.path, content)
    waiting = File.filter(id=file.id, state="waiting")
    await waiting.update(media_type=file.media_type, size=file.size, state="ready")
    await asyncio.to_thread(original.unlink, missing_ok=True)


async def refuse_blurred(file_id: str, reason: str) -> None:
    """The eyes cannot make this picture safe to show: it is not kept."""
    file = await find(file_id)
    if file is not None and file.state == "waiting":
        await _refuse(file, reason)


async def _refuse(file: File, reason: str) -> None:
    original = file.path
    waiting = File.filter(id=file.id, state="waiting")
    if await waiting.update(state="refused", reason=reason[:200]):
        await asyncio.to_thread(original.unlink, missing_ok=True)


async def discard_files(file_ids: Iterable[object]) -> None:
    """Remove pictures whose term is over; whoever pointed to them has let go before.

    The picture goes before its row: cut off in between, the next round finds the row again.
    """
    for file in await File.filter(id__in=list(file_ids)):
        await asyncio.to_thread(file.path.unlink, missing_ok=True)
        await file.delete()


async def forget_loose_files(_: dict[str, Any]) -> None:
    """Uploads that nobody attached within a day are removed."""
    old = datetime.now(UTC) - LOOSE_AFTER
    for file in await File.filter(keeper="", created_at__lt=old).limit(500):
        if await File.filter(id=file.id, keeper="").delete():  # still nobody's
            await asyncio.to_thread(file.path.unlink, missing_ok=True)


async def count_by_state() -> dict[str, int]:
    found = await rows("SELECT state, COUNT(*) AS n FROM core_file GROUP BY state")
    return {str(row["state"]): int(row["n"]) for row in found}
