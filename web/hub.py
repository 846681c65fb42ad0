"""The switchboard of a server process: one reader of the fact log, many listeners.

The log is polled only while someone listens. Each listener has a bounded queue; one that does not
keep up loses what is in it and gets `LAGGED` instead: it must read the present state anew.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog

from core.facts import FactRow, Tail

log = structlog.get_logger()

EVERY = 0.4  # seconds between looks at the log
ROOM = 100  # facts that may wait for one listener


class Lagged:
    """Stands in the stream where facts were dropped."""


LAGGED: Final = Lagged()


class Listener:
    """An endless stream of facts, until the hub closes."""

    def __init__(self, names: frozenset[str], room: int) -> None:
        self._names = names
        self._room = room
        self._waiting: deque[FactRow | Lagged] = deque()
        self._stirred = asyncio.Event()
        self._closed = False

    def offer(self, fact: FactRow) -> None:
        if self._names and fact.name not in self._names:
            return
        if len(self._waiting) >= self._room:
            self._waiting.clear()
            self._waiting.append(LAGGED)
        self._waiting.append(fact)
        self._stirred.set()

    def close(self) -> None:
        self._closed = True
        self._stirred.set()

    def __aiter__(self) -> "Listener":
        return self

    async def __anext__(self) -> FactRow | Lagged:
        while not self._waiting:
            if self._closed:
                raise StopAsyncIteration
            self._stirred.clear()
            await self._stirred.wait()
        return self._waiting.popleft()


class Hub:
    """One for each server process."""

    def __init__(self, every: float = EVERY) -> None:
        self._every = every
        self._listeners: set[Listener] = set()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    def __len__(self) -> int:
        return len(self._listeners)

    @asynccontextmanager
    async def listen(self, *names: str, room: int = ROOM) -> AsyncIterator[Listener]:
        """Hear facts of these names (all, if none is given) announced from now on."""
        listener = Listener(frozenset(names), room)
        if self._closed:
            listener.close()
        self._listeners.add(listener)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._follow(Tail()))
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    async def close(self) -> None:
        """End every stream; for the server's shutdown."""
        self._closed = True
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()
        if self._task is not None:
            await self._task

    async def _follow(self, tail: Tail) -> None:
        while self._listeners:
            try:
                for fact in await tail.fresh():
                    for listener in self._listeners:
                        listener.offer(fact)
            except Exception:
                # The database is away: the log keeps what we have not read. Go on.
                log.exception("hub.round_failed")
            await asyncio.sleep(self._every)
