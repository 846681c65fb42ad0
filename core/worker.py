"""The worker's loop: start what the clock asks for, claim what is due, run it, say how it ended."""

import asyncio
import time
import uuid
from collections.abc import Mapping

import structlog

from core.database import atomic
from core.jobs import LEASE_MARGIN, Job, JobRow, claim, fail, finish, start_due_rounds

log = structlog.get_logger()

AT_ONCE = 8
IDLE = 0.4  # seconds between looks when nothing was due
ROUNDS = 5.0  # seconds between looks at the clock


class LeaseLost(Exception):
    """Another worker has taken the job over; what this one wrote is rolled back."""


class Worker:
    """One worker process. Several may run on one database."""

    def __init__(self, jobs: Mapping[str, Job]) -> None:
        self._jobs = jobs
        self._lease = max((job.timeout for job in jobs.values()), default=30.0) + LEASE_MARGIN
        self._next_rounds = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; what is running is finished first."""
        while not stop.is_set():
            try:
                busy = await self.once()
            except Exception:
                # The database is away: nothing was claimed or the lease will run out. Go on.
                log.exception("worker.round_failed")
                busy = False
            if not busy:
                await _sleep(stop, IDLE)

    async def once(self) -> bool:
        """One round; whether there was anything to do."""
        await self._rounds()
        rows = await claim(self._jobs, uuid.uuid4().hex, AT_ONCE, self._lease)
        await asyncio.gather(*(self._one(row) for row in rows))
        return bool(rows)

    async def _rounds(self) -> None:
        if time.monotonic() >= self._next_rounds:
            self._next_rounds = time.monotonic() + ROUNDS
            await start_due_rounds(self._jobs.values())

    async def _one(self, row: JobRow) -> None:
        job = self._jobs[row.name]
        try:
            async with asyncio.timeout(job.timeout):
                await (_whole if job.in_transaction else _apart)(job, row)
        except LeaseLost:
            log.warning("job.lease_lost", job=row.name, id=row.id)
        except Exception as error:
            log.warning("job.failed", job=row.name, id=row.id, attempt=row.attempts, exc_info=True)
            await fail(row, job, f"{type(error).__name__}: {error}")


@atomic
async def _whole(job: Job, row: JobRow) -> None:
    await job.run(row.payload)
    if not await finish(row):
        raise LeaseLost


async def _apart(job: Job, row: JobRow) -> None:
    await job.run(row.payload)
    await finish(row)


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
