"""Where the bytes of files lie: one small interface, and the folder on this machine.

An object is written once, under a key that is never used again, and read whole or in pieces. When
`put` returns, the object survives a power cut. Removing what is not there is no failure.
"""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from core.errors import NotFound, Unavailable
from core.refusals import refusal
from core.secrets import flush_folder

CHUNK = 256 * 1024  # bytes


@dataclass(frozen=True, kw_only=True)
class Stored:
    """An object as a listing tells of it."""

    key: str
    size: int
    changed_at: datetime


class Missing(NotFound):
    """No object lies under this key."""

    def __init__(self) -> None:
        super().__init__("这个文件的内容不见了，请联系管理员。")


class Storage(Protocol):
    """`put`: durable when it returns. `open`: Missing at once, not at the first piece."""

    async def put(self, key: str, content: bytes) -> None: ...

    async def open(self, key: str) -> AsyncIterator[bytes]: ...

    async def remove(self, key: str) -> None: ...

    def list(self) -> AsyncIterator[Stored]: ...


async def read(storage: Storage, key: str) -> bytes:
    """The whole object; Missing if there is none."""
    return b"".join([piece async for piece in await storage.open(key)])


@dataclass(frozen=True)
class Folder:
    """Objects as files below a folder, readable by this user only."""

    root: Path

    async def put(self, key: str, content: bytes) -> None:
        await asyncio.to_thread(_write, self.root / key, content)

    async def open(self, key: str) -> AsyncIterator[bytes]:
        return _pieces(await asyncio.to_thread(_handle, self.root / key))

    async def remove(self, key: str) -> None:
        await asyncio.to_thread(_unlink, self.root / key)

    async def list(self) -> AsyncIterator[Stored]:
        for path in await asyncio.to_thread(lambda: sorted(self.root.rglob("*"))):
            if stored := await asyncio.to_thread(_stored, self.root, path):
                yield stored


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
        raise Unavailable(f"存不下文件：{refusal(error)}。请联系管理员检查磁盘。") from error


def _handle(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY)
    except FileNotFoundError as error:
        raise Missing() from error
    except OSError as error:
        raise Unavailable(f"读不出文件：{refusal(error)}。请联系管理员检查磁盘。") from error


async def _pieces(handle: int) -> AsyncIterator[bytes]:
    try:
        while piece := await asyncio.to_thread(os.read, handle, CHUNK):
            yield piece
    except OSError as error:
        raise Unavailable(f"读不出文件：{refusal(error)}。请联系管理员检查磁盘。") from error
    finally:
        os.close(handle)


def _unlink(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise Unavailable(f"删不掉文件：{refusal(error)}。请联系管理员检查磁盘。") from error


def _stored(root: Path, path: Path) -> Stored | None:
    """What a write has left half done is listed as well, so that somebody sweeps it."""
    try:
        known = path.stat()
    except OSError:  # gone meanwhile
        return None
    if not path.is_file():
        return None
    changed_at = datetime.fromtimestamp(known.st_mtime, UTC)
    return Stored(key=path.relative_to(root).as_posix(), size=known.st_size, changed_at=changed_at)
