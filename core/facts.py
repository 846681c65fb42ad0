"""事实 facts: what a plugin announces, written with the change itself and delivered after it.

`announce` stores the fact and one delivery for each listener in the caller's transaction: if the
change is rolled back, nobody hears of it; if the process dies after the commit, the worker still
delivers. Delivery is at least once, in a transaction of the listener's own, so a listener that
writes to the database takes effect exactly once.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from pydantic import TypeAdapter
from tortoise import fields

from core.contributions import Listener
from core.database import in_transaction_now
from core.house import house
from core.jobs import Job, enqueue
from core.tables import Model


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Base of all facts: a frozen dataclass with a `name` such as "cases.opened".

    Fields are plain values (numbers, text, datetimes, None): ids, never objects, and no personal
    data. `area_path` tells live feeds who may hear of it ("" = whoever may see the subject).
    """

    name: ClassVar[str]
    area_path: str = ""


class FactRow(Model):
    """One announced fact; the log that live pages and subscriptions follow."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=60)
    payload: Any = fields.JSONField()
    at = fields.DatetimeField()
    epoch = fields.FloatField(db_index=True)  # seconds; compared in raw SQL on both engines

    class Meta:
        table = "core_fact"


_adapters: dict[type[Fact], TypeAdapter[Any]] = {}


def _adapter(kind: type[Fact]) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


async def announce(fact: Fact) -> None:
    """Store the fact and its deliveries; only inside `atomic`."""
    if not in_transaction_now():
        raise RuntimeError(f"{fact.name} announced outside a transaction")
    payload = _adapter(type(fact)).dump_python(fact, mode="json")
    row = await FactRow.create(
        name=fact.name, payload=payload, at=datetime.now(UTC), epoch=time.time()
    )
    for job in house().listeners.get(fact.name, ()):
        await enqueue(job, {"fact": row.id}, key=f"{job}:{row.id}")


def delivery(listener: Listener) -> Job:
    """The job that brings a fact to one listener, in one transaction with its completion."""
    return Job(
        name=f"fact:{listener.key}", run=_hearing(listener.fact, listener.hear), in_transaction=True
    )


def _hearing(
    kind: type[Fact], hear: Callable[[Any], Awaitable[None]]
) -> Callable[[dict[str, Any]], Awaitable[None]]:
    async def deliver(payload: dict[str, Any]) -> None:
        row = await FactRow.get(id=payload["fact"])
        await hear(_adapter(kind).validate_python(row.payload))

    return deliver


class Tail:
    """Follows the log for live pages: each committed fact once, within the last minute.

    On PostgreSQL a lower id may commit after a higher one, so the tail re-reads a short window and
    remembers what it has given.
    """

    WINDOW = 30.0  # seconds; longer than any transaction lives

    def __init__(self) -> None:
        self._seen: dict[int, float] = {}
        self._since = time.time()

    async def fresh(self) -> list[FactRow]:
        """Facts not given before, oldest first; at most 500 a call."""
        start = max(self._since, time.time() - self.WINDOW)
        seen = list(self._seen)
        rows = await FactRow.filter(epoch__gte=start, id__not_in=seen).order_by("id").limit(500)
        self._seen = {id: at for id, at in self._seen.items() if at >= start}
        self._seen.update({row.id: row.epoch for row in rows})
        return rows


KEEP_DAYS = 30


async def forget_old_facts(_: dict[str, Any]) -> None:
    """The log serves delivery and live pages, not history: a month is enough."""
    await FactRow.filter(epoch__lt=time.time() - KEEP_DAYS * 86_400).delete()
