"""Objects in a bucket of S3-compatible storage (MinIO, Ceph, a cloud).

Each call has a time limit, and tries again a few times by itself: writing the same object twice is
harmless. What is sent carries its SHA-256, which the other side checks before it says yes.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from core.errors import Unavailable
from core.storage import CHUNK, Missing, Stored

T = TypeVar("T")

TIMES: dict[str, Any] = {"connect_timeout": timedelta(seconds=5), "timeout": timedelta(seconds=20)}
RETRIES: dict[str, Any] = {
    "max_retries": 3,
    "retry_timeout": timedelta(seconds=30),
    "backoff": {"init_backoff": timedelta(milliseconds=200), "max_backoff": timedelta(seconds=3)},
}
#: Seconds after which a call is given up, whatever it is doing.
MOST = 60.0


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """`endpoint`: empty for Amazon's own. Without keys, what the machine itself is allowed."""

    name: str
    endpoint: str = ""
    region: str = ""
    prefix: str = ""
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)

    async def put(self, key: str, content: bytes) -> None:
        await _asked(obstore.put_async(self._store(), key, content, use_multipart=False))

    async def open(self, key: str) -> AsyncIterator[bytes]:
        found = await _asked(obstore.get_async(self._store(), key))
        return _pieces(found)

    async def remove(self, key: str) -> None:
        try:
            await _asked(obstore.delete_async(self._store(), key))
        except Missing:
            return

    async def list(self) -> AsyncIterator[Stored]:
        listing = aiter(obstore.list(self._store(), chunk_size=500))
        while True:
            try:
                page = await _asked(anext(listing))
            except StopAsyncIteration:
                return
            for one in page:
                yield Stored(key=one["path"], size=one["size"], changed_at=one["last_modified"])

    def _store(self) -> S3Store:
        options = {
            "endpoint": self.endpoint,
            "region": self.region or "us-east-1",
            "access_key_id": self.access_key,
            "secret_access_key": self.secret_key,
            "checksum_algorithm": "SHA256",
        }
        return _store(self, tuple((key, value) for key, value in options.items() if value))


_stores: dict[Bucket, S3Store] = {}


def _store(bucket: Bucket, options: tuple[tuple[str, str], ...]) -> S3Store:
    """One client for each bucket: it keeps its connections."""
    if bucket not in _stores:
        plain = bucket.endpoint.startswith("http://")  # of this machine only, see the settings
        config: Any = dict(options)
        retries: Any = RETRIES
        client: Any = {**TIMES, "allow_http": plain}
        _stores[bucket] = S3Store(
            bucket.name,
            prefix=bucket.prefix or None,
            config=config,
            client_options=client,
            retry_config=retries,
        )
    return _stores[bucket]


async def _asked(call: Awaitable[T]) -> T:
    try:
        return await asyncio.wait_for(call, MOST)
    except FileNotFoundError as error:
        raise Missing() from error
    except (BaseError, TimeoutError) as error:
        raise _away(error) from error


async def _pieces(found: Any) -> AsyncIterator[bytes]:
    stream = aiter(found.stream(min_chunk_size=CHUNK))
    while True:
        try:
            piece = await _asked(anext(stream))
        except StopAsyncIteration:
            return
        yield bytes(piece)


def _away(error: BaseException) -> Unavailable:
    return Unavailable("文件存储暂时连不上，请稍后再试；一直这样请联系管理员。")
