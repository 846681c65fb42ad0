"""后台任务 jobs: now, later, every; rows in the database, claimed safely by several workers.

A job is stored in the caller's transaction, claimed under a lease, tried a limited number of
times with growing pauses, and ends as done or dead. The dead stay to be seen and tried again.
"""

import random
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tortoise import fields
from tortoise.expressions import F, Q

from core.database import atomic
from core.errors import NotFound
from core.house import house
from core.tables import Model

LEASE_MARGIN = 30.0  # seconds beyond a job's own time-out before another worker may take it
KEEP_DONE = timedelta(days=7)
KEEP_DEAD = timedelta(days=90)


@dataclass(frozen=True, kw_only=True)
class Job:
    """A kind of work. `run(payload)` must bear being called twice with the same payload.

    `every`: also started by the clock, once a period whatever the number of workers (the payload
    is then empty), `offset` into it. `timeout` in seconds. `in_transaction`: run and completion are
    one transaction; then `run` must not touch the network. `given_up(payload)`: called once nobody
    will try it again, for whoever waits for it; in the transaction in which the job dies.
    """

    name: str
    run: Callable[[dict[str, Any]], Awaitable[None]]
    title: str = ""
    every: timedelta | None = None
    offset: timedelta = timedelta()
    tries: int = 6
    timeout: float = 30.0
    in_transaction: bool = False
    given_up: Callable[[dict[str, Any]], Awaitable[None]] | None = None


class JobRow(Model):
    """One piece of work. Times are seconds since 1970, compared in raw SQL on both engines."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=160)
    payload: Any = fields.JSONField()
    key = fields.CharField(max_length=200, null=True, unique=True)
    state = fields.CharField(max_length=8, default="waiting")  # waiting, running, done, dead
    run_at = fields.FloatField()
    attempts = fields.IntField(default=0)
    lease_until = fields.FloatField(default=0)
    claim = fields.CharField(max_length=40, default="")
    error = fields.TextField(default="")

    class Meta:
        table = "core_job"
        indexes = (("state", "run_at"),)


async def enqueue(
    name: str, payload: dict[str, Any], *, at: datetime | None = None, key: str | None = None
) -> None:
    """Store a job; inside `atomic` it exists only if the change does. A `key` is stored once."""
    run_at = at.timestamp() if at else time.time()
    await JobRow.bulk_create(
        [JobRow(name=name, payload=payload, key=key, run_at=run_at)],
        ignore_conflicts=key is not None,
    )


@atomic
async def claim(leases: Mapping[str, float], worker: str, limit: int) -> list[JobRow]:
    """Take up to `limit` due jobs, with those whose worker died holding them.

    `leases` gives the names to look for, and for how many seconds each is taken.
    """
    now = time.time()
    due = Q(state="waiting", run_at__lte=now) | Q(state="running", lease_until__lt=now)
    found = JobRow.filter(due, name__in=list(leases)).order_by("run_at", "id").limit(limit)
    taken = await found.select_for_update(skip_locked=True)
    if not taken:
        return []
    for lease in {leases[row.name] for row in taken}:
        ids = [row.id for row in taken if leases[row.name] == lease]
        await JobRow.filter(id__in=ids).update(
            state="running", claim=worker, lease_until=now + lease, attempts=F("attempts") + 1
        )
    return await JobRow.filter(id__in=[row.id for row in taken]).order_by("run_at", "id")


async def finish(row: JobRow) -> bool:
    """Mark done; False if the lease was lost to another worker meanwhile."""
    return bool(await _mine(row).update(state="done", error=""))


@atomic
async def fail(row: JobRow, job: Job, error: str) -> None:
    """Try again later, or give up and keep it as dead."""
    dead = row.attempts >= job.tries
    pause = min(300.0, 2.0 ** min(row.attempts, 9)) * random.uniform(0.8, 1.2)  # noqa: S311 - only jitter
    settled = await _mine(row).update(
        state="dead" if dead else "waiting", run_at=time.time() + pause, error=error[:2000]
    )
    if dead and settled and job.given_up is not None:
        await job.given_up(row.payload)


def _mine(row: JobRow) -> Any:
    return JobRow.filter(id=row.id, state="running", claim=row.claim, attempts=row.attempts)


@atomic
async def start_due_rounds(jobs: Iterable[Job]) -> None:
    """One row for each period of each `every` job; the key keeps it single among workers."""
    now = time.time()
    for job in jobs:
        if job.every is not None:
            period = int((now - job.offset.total_seconds()) // job.every.total_seconds())
            await enqueue(job.name, {}, key=f"{job.name}@{period}")


@atomic
async def try_again(job_id: int) -> None:
    """Give a dead job a fresh set of tries."""
    changed = await JobRow.filter(id=job_id, state="dead").update(
        state="waiting", attempts=0, run_at=time.time()
    )
    if not changed:
        raise NotFound("这个任务已经不在失败列表里了。")


async def forget_done_jobs(_: dict[str, Any]) -> None:
    """Done and dead work is kept for a while; a round's row also keeps its period single."""
    now = time.time()
    rounds = {job.name: job.every for job in house().jobs.values() if job.every}
    seldom = {name: every for name, every in rounds.items() if every > KEEP_DONE}
    for name, every in seldom.items():
        before = now - 2 * every.total_seconds()
        await JobRow.filter(name=name, state="done", run_at__lt=before).delete()
    before = now - KEEP_DONE.total_seconds()
    await JobRow.filter(state="done", run_at__lt=before, name__not_in=list(seldom)).delete()
    await JobRow.filter(state="dead", run_at__lt=now - KEEP_DEAD.total_seconds()).delete()
