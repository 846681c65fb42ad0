"""Between the worker and its shards: messages over pipes, and an answer to each observation."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from gpu.deepstream.spec import Settings
from gpu.messages import CameraHealth, Fault, Observation, Tracks
from gpu.pipeline import Line

ANSWER = 60.0  # seconds within which the worker must have kept an observation


class Pipe(Protocol):
    """One end of a multiprocessing pipe."""

    def send(self, message: Any, /) -> None: ...

    def recv(self) -> Any: ...

    def poll(self, timeout: float, /) -> bool: ...


@dataclass(frozen=True, kw_only=True)
class Task:
    """All that a shard needs; it is pickled."""

    number: int
    lines: tuple[Line, ...]
    settings: Settings
    models: tuple[Path, ...]
    cache: Path
    folder: Path
    memory: Path | None
    snapshot_every: float
    stuck: float


@dataclass(frozen=True, kw_only=True)
class Rezone:
    """To a shard: the same cameras; other zones, another view or other things to tell."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True)
class Stop:
    """To a shard: end; what is open goes on with the next one."""


@dataclass(frozen=True, kw_only=True)
class Pulse:
    """From a shard, every second: it lives, and how its cameras do."""

    cameras: tuple[CameraHealth, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Picture:
    camera_id: str
    jpeg: bytes
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Moved:
    """From a shard: what moved before one of its cameras."""

    tracks: Tracks


@dataclass(frozen=True, kw_only=True)
class Failed:
    """From a shard, before it ends: why it cannot work."""

    fault: Fault
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Told:
    """From a shard: an observation that the worker must keep, and answer."""

    observation: Mapping[str, Any]
    picture: bytes | None


class Lost(Exception):
    """The other side is gone, or does not answer."""


class Caller:
    """A shard's side of the pipe on which observations go: one at a time, each answered."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe, self._lock = pipe, threading.Lock()

    def tell(self, observation: Observation, picture: bytes | None) -> None:
        with self._lock:
            try:
                self._pipe.send(Told(observation=observation.to_json(), picture=picture))
                if not self._pipe.poll(ANSWER):
                    raise Lost("The worker does not answer.")
                self._pipe.recv()
            except (OSError, EOFError) as error:
                raise Lost(f"The worker is gone ({error}).") from None


class Sender:
    """Any thread may send; who is not listened to any more is told by Lost."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe, self._lock = pipe, threading.Lock()

    def send(self, message: object) -> None:
        with self._lock:
            try:
                self._pipe.send(message)
            except (OSError, EOFError, ValueError) as error:
                raise Lost(f"Nobody listens ({error}).") from None
