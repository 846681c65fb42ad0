"""后台任务 jobs: now, later, every; rows in the database, claimed safely by several workers.

A job is stored in the caller's transaction, claimed under a lease, tried a limited number of
times with growing pauses, and ends as done or dead. The dead stay to be seen and tried again.
"""

import random
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tortoise import fields

from core.database import atomic, dialect, rows
from core.errors import NotFound
from core.tables import Model

LEASE_MARGIN = 30.0  # seconds beyond a job's own time-out before another worker may take it
KEEP_DONE_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class Job:
    """A kind of work. `run(payload)` must bear being called twice with the same payload.

    `every`: also started by the clock, once a period whatever the number of workers (the payload
    is then empty). `timeout` in seconds. `in_transaction`: run and completion are one transaction;
    then `run` must not touch the network.
    """

    name: str
    run: Callable[[dict[str, Any]], Awaitable[None]]
    title: str = ""
    every: timedelta | None = None
    tries: int = 6
    timeout: float = 30.0
    in_transaction: bool = False


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
async def claim(names: Iterable[str], worker: str, limit: int, lease: float) -> list[JobRow]:
    """Take up to `limit` due jobs of these names, with those whose worker died holding them."""
    now = time.time()
    wanted = list(names)
    marks = ", ".join(f"${number}" for number in range(6, 6 + len(wanted)))
    locked = "FOR UPDATE SKIP LOCKED" if dialect() == "postgres" else ""
    taken = await rows(
        f"""
        UPDATE core_job SET state = 'running', claim = $1, lease_until = $2, attempts = attempts + 1
        WHERE id IN (
            SELECT id FROM core_job
            WHERE ((state = 'waiting' AND run_at <= $3) OR (state = 'running' AND lease_until < $4))
              AND name IN ({marks})
            ORDER BY run_at, id LIMIT $5 {locked}
        ) RETURNING id
        """,
        worker,
        now + lease,
        now,
        now,
        limit,
        *wanted,
    )
    return await JobRow.filter(id__in=[row["id"] for row in taken]).order_by("run_at", "id")


async def finish(row: JobRow) -> bool:
    """Mark done; False if the lease was lost to another worker meanwhile."""
    return bool(await _mine(row).update(state="done", error=""))


async def fail(row: JobRow, job: Job, error: str) -> None:
    """Try again later, or give up and keep it as dead."""
    dead = row.attempts >= job.tries
    pause = min(300.0, 2.0**row.attempts) * random.uniform(0.8, 1.2)  # noqa: S311 - only jitter
    await _mine(row).update(
        state="dead" if dead else "waiting", run_at=time.time() + pause, error=error[:2000]
    )


def _mine(row: JobRow) -> Any:
    return JobRow.filter(id=row.id, state="running", claim=row.claim, attempts=row.attempts)


@atomic
async def start_due_rounds(jobs: Iterable[Job]) -> None:
    """One row for each period of each `every` job; the key keeps it single among workers."""
    now = time.time()
    for job in jobs:
        if job.every is not None:
            period = int(now // job.every.total_seconds())
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
    before = time.time() - KEEP_DONE_DAYS * 86_400
    await JobRow.filter(state="done", run_at__lt=before).delete()
