"""备份: all of the district in one file, made while people work: database, pictures, audit heads.

The keys of personal records are never in it: whoever destroys a key destroys the record in every
backup, however old. They go into a file of their own, which is made anew each time and has no past.
"""

import asyncio
import errno
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import structlog

from core import keys
from core.archive import FILES, Manifest, Writing, verify, writing
from core.database import rows
from core.dump import PICTURES, Dump, dump
from core.errors import SetupError
from core.files import File, content_of, digest_of
from core.house import house
from core.proof import marks_file
from core.refusals import refusal
from core.sealing import mark
from core.state import recall, remember
from core.storage import Missing

log = structlog.get_logger()

JOB = "core.back_up"
LAST = "backup.last"
NAME = "liuhe-"
KEYS = "personal-keys"
PLACES = {"disk": "磁盘", "s3": "S3"}
TOLD = 20  # files that are named one by one; the manifest names all
STALE = 86_400.0  # seconds after which a work folder belongs to nobody


@dataclass(frozen=True, kw_only=True)
class Made:
    """A backup that was made and read again; `flaws` names the files that are not in it as they
    were kept, one sentence each."""

    path: Path
    bytes: int
    pictures: int
    flaws: list[str]
    seconds: float


async def back_up(target: Path) -> Made:
    """Make one at `target`, a file or a folder, and read it again to the last byte."""
    began = time.monotonic()
    path = await asyncio.to_thread(_path, target)
    with _in_words(path), _room(path.parent) as folder:
        found = await dump(house().settings.database, folder)
        manifest = _manifest("data", found)
        await _write(path, manifest, found)
        await asyncio.to_thread(verify, path)
    return Made(
        path=path,
        bytes=path.stat().st_size,
        pictures=sum(name.startswith(FILES) for name in manifest.members),
        flaws=manifest.flaws,
        seconds=round(time.monotonic() - began, 2),
    )


async def back_up_keys(path: Path) -> int:
    """The keys as they are now, in place of what `path` held before; how many records' keys."""
    with _in_words(path):
        return await asyncio.to_thread(_write_keys, path)


def _path(target: Path) -> Path:
    name = f"{NAME}{datetime.now(UTC):%Y%m%d-%H%M%S}.zip"
    return target / name if target.is_dir() else target


def _manifest(kind: str, found: Dump | None = None) -> Manifest:
    known: dict[str, Any] = {}
    if found is not None:
        known = {
            "engine": found.engine,
            "migrations": found.migrations,
            "tables": found.tables,
            "sequences": found.sequences,
            "plugins": dict(house().plugins),
        }
    return Manifest(
        kind=kind,
        id=uuid.uuid4().hex,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        liuhe=version("liuhe"),
        secret=secret_mark(),
        **known,
    )


def secret_mark() -> str:
    """By which a restore knows whether it has the same secret key."""
    return mark("backup.secret")


async def _write(path: Path, manifest: Manifest, found: Dump) -> None:
    with writing(path, manifest) as out:
        for name, source in found.members.items():
            await asyncio.to_thread(out.add, name, source)
            source.unlink()
        if marks_file().exists():
            await asyncio.to_thread(out.add, "audit-heads.txt", marks_file())
        gone = set()
        for picture in map(_picture, found.pictures):
            if not await _add(out, picture):
                gone.add(picture.id)
        await _add_changed(out, gone)


def _picture(row: dict[str, Any]) -> File:
    """From a raw row, which may be of an earlier version's table."""
    names = ("state", "place", "digest", "keeper", "subject")
    return File(id=uuid.UUID(str(row["id"])), **{name: row[name] for name in names if name in row})


async def _add(out: Writing, picture: File) -> bool:
    """False if it lies nowhere; what is not as it was kept is taken as it is, and told of."""
    try:
        content = await content_of(picture)
    except Missing:
        return False
    if picture.digest not in ("", digest_of(content)):
        out.manifest.flaws.append(_flaw(picture, "内容和存下时的不一样，按现在的样子备份"))
    await asyncio.to_thread(out.add_bytes, FILES + picture.key, content)
    return True


async def _add_changed(out: Writing, gone: set[uuid.UUID]) -> None:
    """What lies elsewhere now was blurred meanwhile: take that. What is not known any more was
    deleted, as its term was over. The rest is lost."""
    for row in await rows(PICTURES) if gone else []:
        picture = _picture(row)
        if picture.id not in gone:
            continue
        if await _add(out, picture):
            new = ("state", "media_type", "size", "digest")
            out.manifest.blurred[picture.id.hex] = {name: row[name] for name in new if name in row}
        else:
            out.manifest.flaws.append(_flaw(picture, "存储里找不到，备份里也没有"))


def _flaw(picture: File, why: str) -> str:
    """By number, by whose it is and by where it should lie."""
    whose = f"{picture.keeper} {picture.subject}" if picture.keeper else "还没有附上"
    return f"{picture.id}（{whose}，{PLACES[picture.place]} {picture.key}）：{why}"


def _write_keys(path: Path) -> int:
    manifest = _manifest("keys")
    root = keys.root()
    with writing(path, manifest) as out:
        for file in sorted(root.rglob("*")):
            if file.is_file() and not file.name.startswith("."):
                with_slashes = file.relative_to(root).as_posix()
                out.add(f"{KEYS}/{with_slashes}", file)
    return sum(name.startswith(f"{KEYS}/records/") for name in manifest.members)


@contextmanager
def _room(parent: Path) -> Iterator[Path]:
    """A folder to work in, beside the archive; what was killed leaves one behind for a day."""
    for old in parent.glob(f".{NAME}work-*"):
        if time.time() - old.stat().st_mtime > STALE:
            shutil.rmtree(old, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{NAME}work-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        advice = "磁盘满了，请腾出空间" if full else f"{refusal(error)}，请检查文件夹和权限"
        raise SetupError(f"备份没有做成（{path.parent}）：{advice}。") from error


# ------------------------------------------------------------------------------- every night


async def back_up_nightly(_: dict[str, Any]) -> None:
    """The job: only where a folder was named; the oldest beyond those to be kept go."""
    settings = house().settings
    if settings.backup_dir is None:
        return
    folder = settings.backup_dir
    try:
        with _in_words(folder / NAME):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        elsewhere = _elsewhere(settings.backup_keys, folder)
        made = await back_up(folder)
        # Afterwards: the key of every record in the backup is then among them.
        kept = await back_up_keys(elsewhere) if elsewhere else None
    except Exception as error:
        await remember(LAST, {"at": _now(), "error": getattr(error, "message", "")})
        raise
    await remember(
        LAST,
        {
            "at": _now(),
            "file": made.path.name,
            "bytes": made.bytes,
            "pictures": made.pictures,
            "lost": len(made.flaws),
            "flaws": made.flaws[:TOLD],
            "seconds": made.seconds,
            "keys": kept,
        },
    )
    await asyncio.to_thread(_forget_old, folder, settings.backup_keep)


def _elsewhere(path: Path | None, folder: Path) -> Path | None:
    """Where the keys go: beside the backups, a destroyed record could be opened with last night's
    copy of its key."""
    if path is None:
        return None
    if path.resolve().is_relative_to(folder.resolve()):
        raise SetupError(
            f"密钥不能放在备份的文件夹里（{folder}）：请把 LIUHE_BACKUP_KEYS 改到另一处。"
        )
    with _in_words(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _forget_old(folder: Path, keep: int) -> None:
    for old in sorted(folder.glob(f"{NAME}*.zip"))[:-keep]:
        old.unlink()


async def last_backup() -> dict[str, Any] | None:
    """How the last nightly one ended: "at" and "file" …, or "error"."""
    found: dict[str, Any] | None = await recall(LAST)
    return found


def kept_backups() -> list[tuple[str, int, datetime]]:
    """Name, size and time of those in the folder, newest first."""
    folder = house().settings.backup_dir
    if folder is None or not folder.exists():
        return []
    found = [(path.name, path.stat()) for path in folder.glob(f"{NAME}*.zip")]
    listed = [(n, s.st_size, datetime.fromtimestamp(s.st_mtime, UTC)) for n, s in found]
    return sorted(listed, reverse=True)
