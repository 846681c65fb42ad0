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
from tortoise.expressions import Q

from core.contributions import Listener
from core.database import LONGEST, in_transaction_now
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


def delivery(listener: Listener, plugin: str) -> Job:
    """The job that brings a fact to one listener, in one transaction with its completion.

    `plugin`: the title of the one that listens, for whoever has to know what was not done.
    """
    return Job(
        name=delivery_name(listener),
        title=f"“{plugin}”跟进刚发生的一件事",
        run=_hearing(listener.fact, listener.hear),
        in_transaction=True,
    )


def delivery_name(listener: Listener) -> str:
    """One function may hear several facts; each pair is a job of its own."""
    return f"fact:{listener.fact.name}:{listener.key}"


def _hearing(
    kind: type[Fact], hear: Callable[[Any], Awaitable[None]]
) -> Callable[[dict[str, Any]], Awaitable[None]]:
    async def deliver(payload: dict[str, Any]) -> None:
        row = await FactRow.get(id=payload["fact"])
        await hear(_adapter(kind).validate_python(row.payload))

    return deliver


class Tail:
    """Follows the log for live pages: each fact that is committed after it was made, once.

    On PostgreSQL a lower id may commit after a higher one. So the tail remembers the numbers that
    it has not met, and asks for them again until no transaction can be left that holds them.
    """

    BATCH = 500
    GAPS = 1_000

    def __init__(self) -> None:
        self._since = time.time()
        self._last: int | None = None
        self._missing: dict[int, float] = {}

    async def fresh(self) -> list[FactRow]:
        """Facts not given before, by number; at most 500 a call."""
        last = await self._begin() if self._last is None else self._last
        wanted = Q(id__gt=last) | Q(id__in=list(self._missing) or [0])
        rows = await FactRow.filter(wanted).order_by("id").limit(self.BATCH)
        for row in rows:
            self._missing.pop(row.id, None)
            last = self._advance(last, row.id)
        oldest = time.time() - LONGEST
        self._missing = {id: at for id, at in self._missing.items() if at >= oldest}
        self._last = last
        return rows

    async def _begin(self) -> int:
        """The last number from before the tail was made; what may be under way is missing."""
        young = self._since - LONGEST
        before = await FactRow.filter(epoch__lt=young).order_by("-id").first()
        last = before.id if before else 0
        known = FactRow.filter(epoch__gte=young, epoch__lt=self._since).order_by("id")
        for row in await known.only("id"):
            last = self._advance(last, row.id)
        return last

    def _advance(self, last: int, id: int) -> int:
        gap = range(max(last + 1, id - self.GAPS), id)
        self._missing.update(dict.fromkeys(gap, time.time()))
        return max(last, id)


KEEP_DAYS = 30


async def forget_old_facts(_: dict[str, Any]) -> None:
    """The log serves delivery and live pages, not history: a month is enough."""
    await FactRow.filter(epoch__lt=time.time() - KEEP_DAYS * 86_400).delete()
