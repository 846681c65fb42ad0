"""Work is stored with the change, claimed by one worker at a time, and ends as done or dead."""

import asyncio
import json
import os
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core import jobs
from core.database import atomic
from core.errors import NotFound
from core.jobs import Job, JobRow, claim, enqueue, fail, finish, start_due_rounds, try_again
from core.state import recall, remember
from core.testing import load
from core.worker import Worker
from tests.factories import only, plugin

TREE = Path(__file__).parents[2]


async def states() -> list[str]:
    return await JobRow.all().order_by("id").values_list("state", flat=True)


async def due_now() -> None:
    await JobRow.filter(state="waiting").update(run_at=time.time() - 1)


async def lease_over() -> None:
    await JobRow.filter(state="running").update(lease_until=time.time() - 1)


def noting(name: str = "note", **given) -> tuple[Job, list]:
    heard: list = []

    async def run(payload):
        heard.append(payload)

    return Job(name=name, run=run, **given), heard


async def test_a_job_exists_only_if_the_change_does(kernel):
    @atomic
    async def change(fail):
        await enqueue("note", {})
        if fail:
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        await change(True)
    assert await states() == []
    await change(False)
    assert await states() == ["waiting"]


async def test_a_job_gets_its_payload_and_is_done(kernel):
    job, heard = noting()
    await enqueue("note", {"n": 1, "text": "二", "list": [None]})
    worker = Worker({"note": job})
    assert await worker.once()
    assert heard == [{"n": 1, "text": "二", "list": [None]}]
    assert await states() == ["done"]
    assert not await worker.once()


async def test_a_job_for_later_waits_for_its_time(kernel):
    job, heard = noting()
    await enqueue("note", {}, at=datetime.now(UTC) + timedelta(hours=1))
    assert not await Worker({"note": job}).once()
    await due_now()
    assert await Worker({"note": job}).once()
    assert heard == [{}]


async def test_a_known_key_adds_nothing(kernel):
    for n in range(3):
        await enqueue("note", {"n": n}, key="once")
        await enqueue("note", {"n": n})
    payloads = [row.payload for row in await JobRow.filter(key="once")]
    assert payloads == [{"n": 0}]
    assert len(await states()) == 4


async def test_a_worker_leaves_what_it_does_not_know(kernel):
    job, _ = noting()
    await enqueue("another", {})
    assert not await Worker({"note": job}).once()
    assert await states() == ["waiting"]


async def test_failures_are_tried_again_later_and_then_kept_as_dead(kernel):
    async def run(_):
        raise ValueError("no such street")

    await enqueue("note", {})
    worker = Worker({"note": Job(name="note", run=run, tries=3)})
    seen = []
    for _ in range(3):
        await worker.once()
        row = await JobRow.get()
        seen.append((row.state, row.attempts, row.error))
        assert row.run_at > time.time()
        await due_now()
    error = "ValueError: no such street"
    assert seen == [("waiting", 1, error), ("waiting", 2, error), ("dead", 3, error)]
    assert not await worker.once()


async def test_the_dead_can_be_tried_again_with_fresh_tries(kernel):
    job, heard = noting(tries=2)
    await enqueue("note", {})
    row = await JobRow.get()
    with pytest.raises(NotFound):
        await try_again(row.id)
    await JobRow.all().update(state="dead", attempts=2)
    await try_again(row.id)
    await Worker({"note": job}).once()
    assert heard == [{}]
    assert await states() == ["done"]


async def test_one_failing_job_does_not_hold_up_the_others(kernel):
    async def bad(_):
        raise ValueError

    good, heard = noting("good")
    for name in ("bad", "good", "bad", "good"):
        await enqueue(name, {})
    await Worker({"bad": Job(name="bad", run=bad), "good": good}).once()
    assert heard == [{}, {}]
    assert await states() == ["waiting", "done", "waiting", "done"]


@pytest.mark.parametrize("in_transaction", [False, True])
async def test_a_job_that_hangs_is_stopped_and_what_it_wrote_in_a_transaction_undone(
    kernel, in_transaction
):
    async def run(_):
        await remember("begun", True)
        await asyncio.sleep(30)

    job = Job(name="note", run=run, timeout=0.1, in_transaction=in_transaction)
    await enqueue("note", {})
    await asyncio.wait_for(Worker({"note": job}).once(), 10)
    assert await states() == ["waiting"]
    assert await recall("begun") is (None if in_transaction else True)


async def test_slow_work_does_not_hold_up_quick_work(kernel):
    gate, stop, all_heard = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow(_):
        await gate.wait()

    async def quick(payload):
        if payload["n"] == 29:
            all_heard.set()

    worker = Worker({"slow": Job(name="slow", run=slow), "quick": Job(name="quick", run=quick)})
    for _ in range(3):
        await enqueue("slow", {})
    running = asyncio.create_task(worker.run(stop))
    await asyncio.sleep(0.05)
    for n in range(30):
        await enqueue("quick", {"n": n})
    await asyncio.wait_for(all_heard.wait(), 20)
    stop.set()
    await asyncio.sleep(0.05)
    assert not running.done(), "what is running is finished first"
    gate.set()
    await asyncio.wait_for(running, 5)
    assert set(await states()) == {"done"}


async def test_another_worker_takes_over_when_the_lease_is_over(kernel):
    await enqueue("note", {})
    (first,) = await claim({"note": 60.0}, "a", 8)
    assert await claim({"note": 60.0}, "b", 8) == []
    await lease_over()
    (second,) = await claim({"note": 60.0}, "b", 8)
    assert (first.id, first.attempts, second.attempts) == (second.id, 1, 2)
    assert not await finish(first)
    await fail(first, Job(name="note", run=None), "late")
    assert await finish(second)
    assert (await JobRow.get()).error == ""


async def test_each_job_is_leased_for_as_long_as_it_may_take(kernel):
    await enqueue("quick", {})
    await enqueue("slow", {})
    quick, slow = await claim({"quick": 60.0, "slow": 4_000.0}, "a", 8)
    assert slow.lease_until - quick.lease_until == pytest.approx(3_940, abs=1)


async def test_work_in_a_transaction_is_undone_when_the_lease_was_lost(kernel):
    async def run(_):
        await remember("written", True)
        await JobRow.all().update(claim="somebody else")

    await enqueue("note", {})
    await Worker({"note": Job(name="note", run=run, in_transaction=True)}).once()
    assert await recall("written") is None
    assert await states() == ["running"]


async def test_work_that_kills_its_worker_each_time_ends_as_dead(kernel):
    job, heard = noting(tries=3)
    await enqueue("note", {})
    for _ in range(3):
        assert len(await claim({"note": 60.0}, "a worker that dies", 8)) == 1
        await lease_over()
    await Worker({"note": job}).once()
    assert heard == []
    assert await states() == ["dead"]


async def test_several_workers_never_claim_the_same_job(kernel):
    for number in range(60):
        await enqueue("note", {"n": number})
    got: list[int] = []

    async def take(worker):
        while taken := await claim({"note": 60.0}, worker, 4):
            got.extend(row.id for row in taken)
            await asyncio.sleep(0)

    await asyncio.gather(*(take(f"w{number}") for number in range(5)))
    assert sorted(got) == sorted({*got})
    assert len(got) == 60


async def test_many_are_claimed_oldest_first_and_no_more_than_asked(kernel):
    for number in range(10):
        await enqueue("note", {"n": number})
    first = await claim({"note": 60.0}, "a", 4)
    assert [row.payload["n"] for row in first] == [0, 1, 2, 3]


async def test_a_round_starts_once_a_period_whatever_the_number_of_workers(kernel, monkeypatch):
    job, heard = noting(every=timedelta(minutes=10))
    now = 1_800_000_000.0
    monkeypatch.setattr(jobs.time, "time", lambda: now)
    for _ in range(3):
        await asyncio.gather(*(Worker({"note": job}).once() for _ in range(2)))
    assert heard == [{}]
    now += 600
    await asyncio.gather(*(start_due_rounds([job]) for _ in range(2)))
    await Worker({"note": job}).once()
    assert heard == [{}, {}]


async def test_done_and_dead_work_is_forgotten_but_not_the_round_of_a_long_period(kernel_on):
    yearly, _ = noting("a.yearly", every=timedelta(days=365))
    async with kernel_on(found=[plugin("a", add_jobs=[yearly])]):
        await start_due_rounds([yearly])
        for name in ("old", "waits", "dead"):
            await enqueue(name, {})
        await JobRow.all().update(run_at=time.time() - 100 * 86_400)
        await JobRow.filter(name__in=["old", "a.yearly"]).update(state="done")
        await JobRow.filter(name="dead").update(state="dead")
        await jobs.forget_done_jobs({})
        left = await JobRow.all().order_by("id").values_list("name", flat=True)
        assert left == ["a.yearly", "waits"]


WORK = """
import asyncio, sys, time
from core.database import atomic, opened, rows
from core.jobs import Job
from core.state import recall, remember
from core.worker import Worker

async def count(payload):
    await remember("sum", await recall("sum", 0) + payload["n"])
    print("ran", flush=True)
    await asyncio.sleep(float(sys.argv[2]))

async def main():
    async with opened(sys.argv[1], {}):
        worker = Worker({"count": Job(name="count", run=count, in_transaction=True)})
        while await worker.once():
            pass

asyncio.run(main())
"""


@only("sqlite", because="its worker is a process on a file")
async def test_a_worker_killed_between_the_work_and_its_end_leaves_nothing_half_done(kernel):
    for n in (1, 10, 100):
        await enqueue("count", {"n": n})
    start = (sys.executable, "-c", WORK, kernel.settings.database)
    first = await asyncio.create_subprocess_exec(
        *start, "60", cwd=TREE, stdout=asyncio.subprocess.PIPE
    )
    await asyncio.wait_for(first.stdout.readline(), 20)
    os.kill(first.pid, signal.SIGKILL)
    await first.wait()
    assert await recall("sum") is None
    assert await states() == ["running"] * 3

    await lease_over()
    second = await asyncio.create_subprocess_exec(
        *start, "0", cwd=TREE, stdout=asyncio.subprocess.DEVNULL
    )
    assert await asyncio.wait_for(second.wait(), 20) == 0
    assert await recall("sum") == 111
    assert await states() == ["done"] * 3


async def test_payloads_are_stored_as_json(kernel):
    with pytest.raises((TypeError, json.JSONDecodeError)):
        await enqueue("note", {"thing": object()})


def test_all_work_has_a_name_in_words_for_when_it_fails(tmp_path: Path) -> None:
    jobs = load(tmp_path).jobs
    assert {name for name, job in jobs.items() if not job.title} == set()
    assert (
        jobs["fact:cases.moved:hotline.follow_case"].title == "“12345 热线工单”跟进刚发生的一件事"
    )
