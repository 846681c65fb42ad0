"""`atomic` writes all or nothing, survives whoever stops waiting, and ends with its work."""

import asyncio
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest

from core import database
from core.database import atomic, in_transaction_now, opened, rows, settled
from core.errors import DatabaseAway, SetupError, Unavailable
from core.state import Note, recall, remember
from tests.factories import only

TREE = Path(__file__).parents[2]


async def keys() -> list[str]:
    return sorted(await Note.all().values_list("key", flat=True))


@atomic
async def write(*names: str, fail: BaseException | None = None, pause: float = 0) -> None:
    for name in names:
        await Note.create(key=name, value=[1])
    await asyncio.sleep(pause)
    if fail:
        raise fail


async def test_all_is_written_or_none(kernel):
    await write("a", "b")
    with pytest.raises(ValueError, match="stop"):
        await write("c", "d", fail=ValueError("stop"))
    assert await keys() == ["a", "b"]


async def test_a_nested_part_shares_the_fate_of_the_whole(kernel):
    @atomic
    async def outer():
        await write("a")
        await write("b")
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        await outer()
    assert await keys() == []


async def test_parts_side_by_side_in_one_transaction_share_its_fate(kernel):
    @atomic
    async def outer(fail):
        await asyncio.gather(*(write(f"{fail}{number}") for number in range(5)))
        if fail:
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        await outer(True)
    await outer(False)
    assert await keys() == [f"False{number}" for number in range(5)]


async def test_what_is_written_is_seen_inside_before_it_is_committed(kernel):
    @atomic
    async def outer():
        await write("a")
        assert in_transaction_now()
        return await keys()

    assert await outer() == ["a"]
    assert not in_transaction_now()


async def test_500_cancelled_callers_leave_a_working_database(kernel):
    tasks = [asyncio.create_task(write(f"{number:03}", pause=0.0005)) for number in range(500)]
    for number, task in enumerate(tasks):
        if number % 7 == 0:
            await asyncio.sleep(0.001)
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.wait_for(settled(), 20)
    await write("last")
    assert (await keys())[-1] == "last"


async def test_a_cancelled_caller_does_not_cut_a_transaction_in_two(kernel):
    task = asyncio.create_task(write("a", pause=0.05))
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await settled()
    assert await keys() == ["a"]


async def test_cancelled_reads_give_their_connection_back(kernel):
    async def reads():
        for _ in range(20):
            await Note.all()

    for _ in range(60):
        task = asyncio.create_task(reads())
        await asyncio.sleep(0.0007)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert await asyncio.wait_for(keys(), 5) == []


async def test_a_cancelled_bulk_insert_writes_nothing_and_harms_nobody(kernel):
    async def insert():
        await Note.bulk_create(
            [Note(key=f"{number:05}", value=["x" * 200]) for number in range(3_000)]
        )

    task = asyncio.create_task(insert())
    await asyncio.sleep(0.1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await write("a")
    assert (await keys())[-1] == "a"
    assert len(await keys()) in {1, 3_001}


async def test_a_transaction_that_takes_too_long_is_rolled_back(kernel, monkeypatch):
    monkeypatch.setattr(database, "LONGEST", 0.05)
    with pytest.raises(Unavailable, match="用时太久"):
        await write("a", pause=5)
    assert await keys() == []
    await write("b")


ENDLESS = """WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000000)
SELECT COUNT(*) AS found FROM n"""


async def test_a_statement_that_takes_too_long_is_given_up_and_holds_nobody_up(kernel, monkeypatch):
    monkeypatch.setattr(database, "PATIENCE", 0.3)
    async with opened(kernel.settings.database, kernel.tables):

        @atomic
        async def write_and_look():
            await Note.create(key="a", value=[1])
            await rows(ENDLESS)

        for slow in (rows(ENDLESS), write_and_look()):
            began = time.monotonic()
            with pytest.raises(DatabaseAway):
                await slow
            assert time.monotonic() - began < 10
            assert await keys() == []
        await write("b")
        assert await keys() == ["b"]


async def test_an_error_of_the_work_keeps_its_name(kernel):
    with pytest.raises(FileNotFoundError):
        await write("a", fail=FileNotFoundError("photo.jpg"))
    with pytest.raises(TimeoutError):
        await write("a", fail=TimeoutError("camera"))


async def test_a_task_that_outlives_its_transaction_is_refused(kernel):
    started = asyncio.Event()
    left: list[asyncio.Task[None]] = []

    async def later(work):
        await started.wait()
        await work()

    @atomic
    async def outer():
        left.append(asyncio.create_task(later(lambda: write("late"))))
        left.append(asyncio.create_task(later(lambda: Note.create(key="late", value=[1]))))

    await outer()
    started.set()
    by_atomic, by_model = await asyncio.gather(*left, return_exceptions=True)
    assert "outlived" in str(by_atomic)
    assert "over" in str(by_model)
    assert await keys() == []


async def test_a_failed_statement_does_not_poison_the_next_transaction(kernel):
    await write("a")
    for _ in range(20):
        with pytest.raises(Exception, match=r"UNIQUE|unique|duplicate"):
            await write("b", "a")
    assert await keys() == ["a"]
    await write("b")


async def test_rows_returns_what_a_writing_statement_returns(kernel):
    await write("a", "b")
    given = await rows(
        "UPDATE core_note SET value = $2 WHERE key = $1 RETURNING key, value", "a", '["$1"]'
    )
    assert [row["key"] for row in given] == ["a"]
    assert await recall("a") == "$1"
    assert await rows("SELECT key FROM core_note WHERE key = $1 OR key = $1 ORDER BY key", "b") == [
        {"key": "b"}
    ]


async def test_an_unknown_kind_of_database_is_told_apart():
    with pytest.raises(SetupError, match="LIUHE_DATABASE_URL"):
        async with opened("mysql://x/y", {}):
            pass


# ------------------------------------------------------------------------ when it is not there


async def test_a_server_that_is_not_there_is_unavailable():
    async with opened("postgres://postgres@127.0.0.1:1/x", {}):
        for _ in range(3):
            with pytest.raises(DatabaseAway):
                await write("a")
            with pytest.raises(DatabaseAway):
                await Note.all()


async def test_a_file_that_cannot_be_opened_is_unavailable(tmp_path):
    (tmp_path / "folder.sqlite3").mkdir()
    async with opened(f"sqlite://{tmp_path}/folder.sqlite3", {}):
        for _ in range(3):
            with pytest.raises(DatabaseAway):
                await asyncio.wait_for(write("a"), 5)
            with pytest.raises(DatabaseAway):
                await asyncio.wait_for(Note.all(), 5)


@only("postgres", because="a file has no connection that breaks")
async def test_a_connection_that_breaks_as_it_is_given_back_undoes_no_word(kernel, monkeypatch):
    async def breaks(holder, _timeout):
        holder._con.terminate()
        raise asyncpg.InternalClientError("cannot switch to state")

    with monkeypatch.context() as patch:
        patch.setattr(asyncpg.pool.PoolConnectionHolder, "release", breaks)
        await remember("kept", 1)
        with pytest.raises(DatabaseAway):
            await rows("SELECT 1 AS one")
    assert await recall("kept") == 1


@only("postgres", because="a file drops nobody")
async def test_a_server_that_drops_its_connections_is_unavailable_and_then_there_again(kernel):
    @atomic
    async def cut():
        await rows("SELECT pg_terminate_backend(pg_backend_pid())")

    for _ in range(15):  # more often than the pool has connections
        with pytest.raises(DatabaseAway):
            await cut()
    await asyncio.wait_for(write("a"), 5)
    assert await keys() == ["a"]


@only("sqlite", because="it is about a file")
async def test_a_database_that_somebody_else_holds_is_unavailable_and_then_there_again(kernel):
    path = kernel.settings.database.removeprefix("sqlite://")
    await rows("PRAGMA busy_timeout = 50")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for _ in range(3):
            with pytest.raises(DatabaseAway):
                await asyncio.wait_for(write("a"), 5)
        other.execute("ROLLBACK")
    await asyncio.wait_for(write("a"), 5)
    assert await keys() == ["a"]


ADD = """
import asyncio, sys
from core.database import atomic, opened
from core.state import recall, remember

@atomic
async def add():
    await remember("n", await recall("n", 0) + 1)

async def main(url):
    async with opened(url, {}):
        for _ in range(100):
            await add()

asyncio.run(main(sys.argv[1]))
"""


@only("sqlite", because="it is about a file")
async def test_two_processes_that_read_and_then_write_lose_nothing(kernel):
    await remember("n", 0)
    command = (sys.executable, "-c", ADD, kernel.settings.database)
    both = [
        await asyncio.create_subprocess_exec(*command, cwd=TREE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    errors = await asyncio.wait_for(asyncio.gather(*(one.communicate() for one in both)), 60)
    assert [one.returncode for one in both] == [0, 0], errors
    assert await recall("n") == 200


@only("sqlite", because="it is about a file")
async def test_nothing_is_acknowledged_into_a_file_that_was_removed(kernel):
    await remember("before", 1)
    path = Path(kernel.settings.database.removeprefix("sqlite://"))
    aside = path.rename(path.with_name("aside"))  # noqa: ASYNC240
    with pytest.raises(DatabaseAway):
        await remember("lost", 1)
    with pytest.raises(DatabaseAway):
        await recall("before")
    aside.rename(path)
    await remember("after", 1)
    assert await keys() == ["after", "before"]
