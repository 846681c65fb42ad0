"""What waits to be sent, on disk: at least once, in order, bounded.

One file for each message: a line of JSON, then the picture. It is written beside, synced and
renamed, so what is there is whole. When the spool or the disk is full the oldest goes, counted.
"""

import errno
import hashlib
import json
import logging
import os
import threading
import time
from collections.abc import Container
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from gpu.disk import write_whole
from gpu.messages import Observation, SpoolHealth

log = logging.getLogger(__name__)

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
REJECTED_AT_MOST = 200


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """One message as it lies there; `name` orders by time, then by number."""

    name: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A message taken up again."""

    observation: Observation
    picture: bytes | None


class Spool:
    """Any thread may put; one thread sends. `changed` is set when something was put."""

    def __init__(
        self, folder: Path, *, messages: int = 10_000, size: int = 512 * 1024 * 1024
    ) -> None:
        self._waiting, self._rejected = folder / "waiting", folder / "rejected"
        for each in (self._waiting, self._rejected):
            each.mkdir(parents=True, exist_ok=True)
        self._most_messages, self._most_bytes = messages, size
        self._lock = threading.RLock()
        self._numbers = count()
        self._dropped = 0
        self._unread: set[str] = set()
        self._queue = self._left_over()
        self.changed = threading.Event()

    def put(self, observation: Observation, picture: bytes | None) -> bool:
        """Keep a message until it is sent; False if it waits already or could not be kept."""
        data = _packed(observation, picture)
        digest = _digest(observation.key)
        with self._lock:
            if digest in self._queue:
                return False
            self._make_room(len(data))
            name = f"{time.time_ns():020d}-{next(self._numbers):06d}-{digest}.msg"
            if not self._write(name, data):
                return False
            self._queue[digest] = Waiting(name=name, size=len(data))
        self.changed.set()
        return True

    def oldest(self, skip: Container[str] = ()) -> tuple[str, Letter] | None:
        """The next message and what to call it; broken ones are set aside on the way.

        One that cannot be read just now, as when too many files are open, waits for the next time.
        """
        with self._lock:
            for digest, waiting in list(self._queue.items()):
                if digest in skip:
                    continue
                try:
                    return digest, _unpacked((self._waiting / waiting.name).read_bytes())
                except FileNotFoundError:
                    self._taken_out(digest)
                except OSError as error:
                    self._say_unread(digest, error)
                except (ValueError, RecursionError) as error:
                    self.reject(digest, f"The file holds no message: {error}.")
        return None

    def done(self, digest: str) -> None:
        """The server has it. A file that cannot be removed is sent again after a restart."""
        with self._lock:
            if path := self._taken_out(digest):
                _remove(path)

    def reject(self, digest: str, sentence: str) -> None:
        """The server will never take it: set it aside, with the reason beside it."""
        with self._lock:
            if path := self._taken_out(digest):
                self._set_aside(path, sentence)
                log.warning("a message was rejected: %s", sentence)

    def health(self) -> SpoolHealth:
        with self._lock:
            rejected = sum(1 for _ in self._rejected.glob("*.msg"))
            return SpoolHealth(waiting=len(self._queue), dropped=self._dropped, rejected=rejected)

    def _left_over(self) -> dict[str, Waiting]:
        """What an earlier run did not send, oldest first; half-written files go."""
        for path in self._waiting.glob("*.tmp"):
            path.unlink(missing_ok=True)
        paths = sorted(self._waiting.glob("*.msg"))
        waiting = [Waiting(name=path.name, size=path.stat().st_size) for path in paths]
        return {each.name.removesuffix(".msg").rpartition("-")[2]: each for each in waiting}

    def _make_room(self, size: int) -> None:
        while self._queue and (
            len(self._queue) >= self._most_messages
            or sum(each.size for each in self._queue.values()) + size > self._most_bytes
        ):
            self._drop_oldest("the spool is full")

    def _write(self, name: str, data: bytes) -> bool:
        """Once more for each old message that makes room on a full disk."""
        while True:
            try:
                write_whole(self._waiting / name, data, sync=True)
                return True
            except OSError as error:
                if error.errno in FULL and self._queue:
                    self._drop_oldest("the disk is full")
                    continue
                self._dropped += 1
                log.error("a message is lost: %s cannot be written: %s", self._waiting, error)
                return False

    def _drop_oldest(self, why: str) -> None:
        digest = next(iter(self._queue))
        if path := self._taken_out(digest):
            _remove(path)
        self._dropped += 1
        log.warning("%s: the oldest message is dropped, %d so far", why, self._dropped)

    def _say_unread(self, digest: str, error: OSError) -> None:
        """Once for each message, not with each try."""
        if digest not in self._unread:
            self._unread.add(digest)
            log.error("a message cannot be read now: %s", error)

    def _taken_out(self, digest: str) -> Path | None:
        """No longer waiting; its file is still there."""
        self._unread.discard(digest)
        waiting = self._queue.pop(digest, None)
        return None if waiting is None else self._waiting / waiting.name

    def _set_aside(self, path: Path, sentence: str) -> None:
        try:
            os.replace(path, self._rejected / path.name)
        except OSError as error:
            self._dropped += 1
            log.error("a rejected message is lost: it cannot be set aside: %s", error)
            _remove(path)
            return
        with suppress(OSError):
            (self._rejected / f"{path.name}.txt").write_text(sentence, "utf-8")
        self._trim_rejected()

    def _trim_rejected(self) -> None:
        for path in sorted(self._rejected.glob("*.msg"))[:-REJECTED_AT_MOST]:
            self._dropped += _remove(path)
            _remove(path.with_name(f"{path.name}.txt"))


def _remove(path: Path) -> bool:
    """What stays although nobody wants it costs room, and no more."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log.error("%s cannot be removed: %s", path, error)
        return False
    return True


def _packed(observation: Observation, picture: bytes | None) -> bytes:
    size = None if picture is None else len(picture)
    header = {"observation": observation.to_json(), "picture": size}
    return json.dumps(header, ensure_ascii=False).encode() + b"\n" + (picture or b"")


def _unpacked(data: bytes) -> Letter:
    line, _, rest = data.partition(b"\n")
    header = json.loads(line)
    if not isinstance(header, dict) or header.keys() != {"observation", "picture"}:
        raise ValueError("it is no message")
    if len(rest) != (header["picture"] or 0):
        raise ValueError("its picture is not whole")
    observation = Observation.from_json(header["observation"])
    return Letter(observation=observation, picture=None if header["picture"] is None else rest)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:24]
