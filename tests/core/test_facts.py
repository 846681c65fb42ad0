"""A fact is told if and only if the change was made, and takes effect once."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

import asyncpg
import pytest

from core import facts, worker
from core.contributions import Listener
from core.database import atomic
from core.facts import Fact, FactRow, Tail, announce
from core.jobs import JobRow
from core.state import recall, remember
from core.worker import Worker
from tests.factories import only, plugin


@dataclass(frozen=True, kw_only=True)
class Opened(Fact):
    name: ClassVar[str] = "a.opened"
    id: int
    at: datetime | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Closed(Fact):
    name: ClassVar[str] = "a.closed"
    id: int


@atomic
async def tell(*given: Fact, fail: bool = False) -> None:
    for fact in given:
        await announce(fact)
    if fail:
        raise ValueError


def house(*listeners: Listener):
    return [plugin("a", add_facts=[Opened, Closed], add_listeners=list(listeners))]


async def work(kernel) -> None:
    one = Worker(kernel.jobs)
    while await one.once():
        pass


async def test_a_fact_outside_a_transaction_is_refused(kernel):
    with pytest.raises(RuntimeError, match=r"a\.opened announced outside a transaction"):
        await announce(Opened(id=1))


async def test_nobody_hears_of_what_was_rolled_back(kernel_on):
    heard = []

    async def hear(fact):
        heard.append(fact)

    async with kernel_on(found=house(Listener(Opened, hear))) as kernel:
        with pytest.raises(ValueError):  # noqa: PT011
            await tell(Opened(id=1), fail=True)
        await work(kernel)
        assert heard == []
        assert await FactRow.all().count() == 0


async def test_a_fact_arrives_as_it_was_told(kernel_on):
    heard = []

    async def hear(fact):
        heard.append(fact)

    fact = Opened(id=7, at=datetime(2026, 1, 2, 3, tzinfo=UTC), tags=("积水",), area_path="1.4.")
    async with kernel_on(found=house(Listener(Opened, hear))) as kernel:
        await tell(fact)
        assert heard == []
        await work(kernel)
        assert heard == [fact]


async def test_one_function_may_hear_several_facts(kernel_on):
    heard = []

    async def hear(fact):
        heard.append(fact)

    async with kernel_on(found=house(Listener(Opened, hear), Listener(Closed, hear))) as kernel:
        await tell(Opened(id=1), Closed(id=2))
        await work(kernel)
        assert sorted(heard, key=lambda fact: fact.id) == [Opened(id=1), Closed(id=2)]


async def test_a_listener_that_fails_does_not_hold_up_the_others(kernel_on):
    heard = []

    async def fails(fact):
        raise ValueError("deaf")

    async def hears(fact):
        heard.append(fact.id)

    found = house(Listener(Opened, fails), Listener(Opened, hears))
    async with kernel_on(found=found) as kernel:
        await tell(Opened(id=1), Opened(id=2))
        await work(kernel)
        assert sorted(heard) == [1, 2]
        waiting = await JobRow.filter(state="waiting")
        assert [row.error for row in waiting] == ["ValueError: deaf"] * 2


async def test_a_delivery_that_was_cut_off_before_its_end_takes_effect_once(kernel_on, monkeypatch):
    async def count(fact):
        await remember("n", await recall("n", 0) + fact.id)

    async def cut_off(row):
        raise OSError("power")

    async with kernel_on(found=house(Listener(Opened, count))) as kernel:
        await tell(Opened(id=5))
        with monkeypatch.context() as patch:
            patch.setattr(worker, "finish", cut_off)
            await work(kernel)
        assert await recall("n") is None
        await JobRow.filter(state="waiting").update(run_at=0)
        await work(kernel)
        await work(kernel)
        assert await recall("n") == 5


async def test_two_workers_deliver_each_fact_once(kernel_on):
    async def count(fact):
        await remember(f"fact {fact.id}", await recall(f"fact {fact.id}", 0) + 1)

    async with kernel_on(found=house(Listener(Opened, count))) as kernel:
        await tell(*(Opened(id=number) for number in range(20)))
        await asyncio.gather(*(work(kernel) for _ in range(2)))
        assert [await recall(f"fact {number}") for number in range(20)] == [1] * 20


async def test_old_facts_are_forgotten(kernel):
    await tell(Opened(id=1), Opened(id=2))
    first = await FactRow.all().order_by("id").first()
    await FactRow.filter(id=first.id).update(epoch=time.time() - 31 * 86_400)
    await facts.forget_old_facts({})
    assert [row.payload["id"] for row in await FactRow.all()] == [2]


# ---------------------------------------------------------------------------------- the live tail


def ids(given: list[FactRow]) -> list[int]:
    return [row.payload["id"] for row in given]


async def test_the_tail_gives_what_is_told_after_it_was_made_once(kernel):
    await tell(Opened(id=1))
    tail = Tail()
    await tell(Opened(id=2), Opened(id=3))
    assert ids(await tail.fresh()) == [2, 3]
    assert ids(await tail.fresh()) == []
    await tell(Opened(id=4))
    assert ids(await tail.fresh()) == [4]


async def test_the_tail_starts_in_an_empty_log(kernel):
    tail = Tail()
    assert ids(await tail.fresh()) == []
    await tell(Opened(id=1))
    assert ids(await tail.fresh()) == [1]


async def test_the_tail_gives_a_crowd_in_parts(kernel, monkeypatch):
    monkeypatch.setattr(Tail, "BATCH", 3)
    tail = Tail()
    await tell(*(Opened(id=number) for number in range(7)))
    parts = [ids(await tail.fresh()) for _ in range(4)]
    assert parts == [[0, 1, 2], [3, 4, 5], [6], []]


@only("postgres", because="its numbers and rows come out of order")
@pytest.mark.parametrize("begun", ["before the tail", "after the tail"])
async def test_the_tail_gives_a_lower_number_that_is_committed_later(kernel, begun):
    early = Tail()
    slow = await asyncpg.connect(kernel.settings.database)
    insert = (
        "INSERT INTO core_fact (name, payload, at, epoch) "
        "VALUES ('a.opened', '{\"id\": 1}', now(), $1)"
    )
    try:
        transaction = slow.transaction()
        await transaction.start()
        await slow.execute(insert, time.time())
        await tell(Opened(id=2))
        tail = Tail() if begun == "before the tail" else early
        await tell(Opened(id=3))
        before = ids(await tail.fresh())
        assert before == ([3] if begun == "before the tail" else [2, 3])
        assert ids(await tail.fresh()) == []
        await transaction.commit()
        assert ids(await tail.fresh()) == [1]
        assert ids(await tail.fresh()) == []
    finally:
        await slow.close()


async def test_the_tail_stops_asking_for_what_was_rolled_back(kernel, monkeypatch):
    tail = Tail()
    for number in range(5):
        with pytest.raises(ValueError):  # noqa: PT011
            await tell(Opened(id=number), fail=True)
    await tell(Opened(id=9))
    assert ids(await tail.fresh()) == [9]
    monkeypatch.setattr(facts, "LONGEST", 0)
    await asyncio.sleep(0.01)
    await tail.fresh()
    assert tail._missing == {}


async def test_the_tail_costs_one_query_a_round(kernel, count_queries):
    tail = Tail()
    await tail.fresh()
    await tell(*(Opened(id=number) for number in range(5)))
    with count_queries() as queries:
        assert len(await tail.fresh()) == 5
    assert len(queries) == 1, queries
