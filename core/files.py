"""Pictures that people upload: kept in a storage, withheld until the eyes have blurred them.

A file is in its storage, durably, before its row is, so an acknowledged upload survives. Whoever
attaches a file (its *keeper*) decides who may see it; until then nobody but the blurring may.
"""

import asyncio
import hashlib
import re
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tortoise import fields
from tortoise.expressions import Q

from core.audit import Thing, record_reading
from core.database import atomic, rows
from core.documents import clean_name, document_kind
from core.errors import BadInput, Conflict, NotFound, TooLarge, Unavailable
from core.house import house
from core.jobs import enqueue
from core.permissions import Viewer
from core.storage import Missing
from core.stores import place_of_new, storage_at
from core.tables import Model

#: What the first bytes must be; the name and the declared type are not believed.
SIGNATURES = {
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/webp": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
}
#: Whatever a document is, nobody's browser is to open it in our name.
OCTETS = "application/octet-stream"
LOOSE_AFTER = timedelta(hours=24)
BLUR_LEASE = timedelta(seconds=60)
BLUR_TRIES = 4
#: What the blurred picture has other than the original.
BLURRED = ("media_type", "size", "state", "digest", "place")
#: Seconds in which the pictures of a page are fetched after the page has told of them.
PAGE_LOADS = 60.0


@dataclass(frozen=True, kw_only=True)
class Keeper:
    """Who answers for files of a kind: `may_see(viewer, file)`.

    `about` is the model that the files' `subject` is a key of ("cases.Case"), for the audit.
    `documents`: it keeps documents, of which nothing can be blurred, instead of pictures.
    """

    kind: str
    may_see: Callable[[Viewer, "File"], Awaitable[bool]]
    about: str = ""
    documents: bool = False


class File(Model):
    """One picture. `state`: waiting (for the blur), ready, refused (could not be blurred).

    `place`: the storage that has it. `digest`: SHA-256 of the content, in hex. `name`: of a
    document, which is never blurred; pictures have none.
    """

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
    place = fields.CharField(max_length=4, default="disk", db_default="disk")
    digest = fields.CharField(max_length=64, default="", db_default="")
    name = fields.CharField(max_length=100, default="", db_default="")

    class Meta:
        table = "core_file"
        indexes = (("state", "created_at"), ("keeper", "subject"))

    @property
    def key(self) -> str:
        """Under which its storage has it. Other content, another key: so no object ever changes."""
        folder = "waiting" if self.state == "waiting" else "ready"
        name = self.id.hex + (f".{self.digest[:16]}" if self.digest else "")
        return f"{folder}/{self.id.hex[:2]}/{name}"


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def content_of(file: File) -> bytes:
    """The whole file; Missing if its storage has lost it."""
    return b"".join([piece async for piece in await open_file(file)])


async def open_file(file: File) -> AsyncIterator[bytes]:
    """The file in pieces; Missing before the first. It may have been moved since; what was
    blurred since is not what was asked for."""
    try:
        return await storage_at(file.place).open(file.key)
    except Missing:
        now = await File.get_or_none(id=file.id)
        if now is None or now.state != file.state or now.place == file.place:
            raise
        return await storage_at(now.place).open(now.key)


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


async def store_document(content: bytes, name: str, viewer: Viewer) -> File:
    """An uploaded document, checked; shown to nobody until somebody keeps it."""
    limit = house().settings.upload_megabytes
    if len(content) > limit * 1_000_000:
        raise TooLarge(f"文件不能超过 {limit} MB。", field="file", reason="too_large")
    ending = await asyncio.to_thread(document_kind, content)
    known = {"state": "ready", "uploader_id": viewer.person_id, "name": clean_name(name, ending)}
    return await _store(content, OCTETS, **known)


async def store_blurred(content: bytes, *, keeper: str, subject: str) -> File:
    """A picture that was blurred before it came (evidence from the eyes)."""
    return await _store(content, state="ready", keeper=keeper, subject=subject)


async def _store(content: bytes, media_type: str = "", **known: Any) -> File:
    file = File(
        media_type=media_type or sniff(content),
        size=len(content),
        digest=digest_of(content),
        place=place_of_new(),
        created_at=datetime.now(UTC),
        **known,
    )
    await storage_at(file.place).put(file.key, content)
    try:
        await file.save(force_create=True)
    except BaseException:
        await _remove(file.place, file.key)  # nobody would ever find it
        raise
    return file


async def attach(file_ids: list[str], viewer: Viewer, *, keeper: str, subject: str) -> list[File]:
    """Give uploaded files to their keeper; only one's own, only once. Inside `atomic`."""
    files = [await _own(file_id, viewer) for file_id in dict.fromkeys(file_ids)]
    known = house().keepers.get(keeper)
    if any(bool(file.name) != bool(known and known.documents) for file in files):
        raise BadInput("照片和文件要分开附。", field="fileIds", reason="media_type")
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
    original = (file.place, file.key)
    file.media_type, file.size, file.state = sniff(content), len(content), "ready"
    file.digest, file.place = digest_of(content), place_of_new()
    await storage_at(file.place).put(file.key, content)
    changed = {name: getattr(file, name) for name in BLURRED}
    if await File.filter(id=file.id, state="waiting").update(**changed):
        await _remove(*original)
    elif (kept := await find(file_id)) is None or kept.key != file.key:
        await _remove(file.place, file.key)  # another one was quicker


async def refuse_blurred(file_id: str, reason: str) -> None:
    """The eyes cannot make this picture safe to show: it is not kept."""
    file = await find(file_id)
    if file is not None and file.state == "waiting":
        await _refuse(file, reason)


@atomic
async def _refuse(file: File, reason: str) -> None:
    original = (file.place, file.key)
    waiting = File.filter(id=file.id, state="waiting")
    if await waiting.update(state="refused", reason=reason[:200]):
        await _remove_later([original])


@atomic
async def discard_files(file_ids: Iterable[object]) -> None:
    """Remove pictures whose term is over; whoever pointed to them has let go before.

    The pictures themselves go as soon as the transaction is committed.
    """
    files = await File.filter(id__in=list(file_ids))
    await File.filter(id__in=[file.id for file in files]).delete()
    await _remove_later([(file.place, file.key) for file in files])


async def _remove_later(objects: list[tuple[str, str]]) -> None:
    """Nothing waits for a storage inside of a transaction, and nothing goes that is rolled back."""
    for start in range(0, len(objects), 100):
        await enqueue("core.remove_objects", {"objects": objects[start : start + 100]})


async def remove_objects(payload: dict[str, Any]) -> None:
    """The job behind it, after the commit."""
    for place, key in payload["objects"]:
        await storage_at(place).remove(key)


async def _remove(place: str, key: str) -> None:
    """At once, and if the storage is away, later."""
    try:
        await storage_at(place).remove(key)
    except Unavailable:
        await _remove_later([(place, key)])


async def forget_loose_files(_: dict[str, Any]) -> None:
    """Uploads that nobody attached within a day are removed."""
    old = datetime.now(UTC) - LOOSE_AFTER
    for file in await File.filter(keeper="", created_at__lt=old).limit(500):
        if await File.filter(id=file.id, keeper="").delete():  # still nobody's
            await _remove(file.place, file.key)


async def count_by_state() -> dict[str, int]:
    found = await rows("SELECT state, COUNT(*) AS n FROM core_file GROUP BY state")
    return {str(row["state"]): int(row["n"]) for row in found}
