"""The worker's loop: start what the clock asks for, claim what is due, run it, say how it ended."""

import asyncio
import time
import uuid
from collections.abc import Mapping

import structlog

from core.condition import BEAT_EVERY, beat
from core.database import atomic
from core.discretion import discreet
from core.jobs import LEASE_MARGIN, Job, JobRow, claim, fail, finish, start_due_rounds

log = structlog.get_logger()

AT_ONCE = 8
IDLE = 0.4  # seconds between looks when nothing was due
AWAY = 5.0  # seconds between looks when the database is away
ROUNDS = 5.0  # seconds between looks at the clock


class LeaseLost(Exception):
    """Another worker has taken the job over; what this one wrote is rolled back."""


class Worker:
    """One worker process. Several may run on one database."""

    def __init__(self, jobs: Mapping[str, Job]) -> None:
        self._jobs = jobs
        self._leases = {job.name: job.timeout + LEASE_MARGIN for job in jobs.values()}
        self._running: set[asyncio.Task[None]] = set()
        self._next_rounds = 0.0
        self._next_beat = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; what is running is finished first."""
        while not stop.is_set():
            try:
                busy = await self._start()
            except Exception:
                # The database is away: nothing was claimed or the lease will run out. Go on.
                log.exception("worker.round_failed")
                await _sleep(stop, AWAY)
            else:
                await self._wait(stop, busy)
        await self._finished()

    async def once(self) -> bool:
        """One round, waited for; whether there was anything to do."""
        busy = await self._start()
        await self._finished()
        return busy

    async def _start(self) -> bool:
        await self._rounds()
        free = AT_ONCE - len(self._running)
        rows = await claim(self._leases, uuid.uuid4().hex, free) if free else []
        for row in rows:
            task = asyncio.create_task(self._one(row))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return bool(rows)

    async def _wait(self, stop: asyncio.Event, busy: bool) -> None:
        """For half of the places, or a moment: slow work must not hold up what is quick."""
        until = time.monotonic() + IDLE
        while len(self._running) > AT_ONCE // 2 and (left := until - time.monotonic()) > 0:
            await asyncio.wait(self._running, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        if not busy:
            await _sleep(stop, max(0.0, until - time.monotonic()))

    async def _finished(self) -> None:
        while self._running:
            await asyncio.wait(self._running)

    async def _rounds(self) -> None:
        if time.monotonic() >= self._next_rounds:
            self._next_rounds = time.monotonic() + ROUNDS
            await self._beat()
            await start_due_rounds(self._jobs.values())

    async def _beat(self) -> None:
        if time.monotonic() >= self._next_beat:
            self._next_beat = time.monotonic() + BEAT_EVERY
            await beat()

    async def _one(self, row: JobRow) -> None:
        try:
            await self._try(row, self._jobs[row.name])
        except LeaseLost:
            log.warning("job.lease_lost", job=row.name, id=row.id)
        except Exception:
            # How it ended could not be written: its lease runs out, and it is tried again.
            log.exception("job.unsettled", job=row.name, id=row.id)

    async def _try(self, row: JobRow, job: Job) -> None:
        if row.attempts > job.tries:
            await fail(row, job, "办理它的工作进程每次都中途停了，没有再试。")
            return
        try:
            await (_whole if job.in_transaction else _apart)(job, row)
        except LeaseLost:
            raise
        except Exception as error:
            log.warning("job.failed", job=row.name, id=row.id, attempt=row.attempts, exc_info=True)
            await fail(row, job, discreet(f"{type(error).__name__}: {error}"))


async def _apart(job: Job, row: JobRow) -> None:
    # The time-out is inside: around a transaction it would end only the waiting for it.
    async with asyncio.timeout(job.timeout):
        await job.run(row.payload)
    if not await finish(row):
        raise LeaseLost


_whole = atomic(_apart)


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
