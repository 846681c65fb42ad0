"""The audit is one chain that only grows, whoever writes at the same time and whatever fails."""

import asyncio
from datetime import UTC, datetime

import pytest

from core.audit import AuditRow, AuditThing, Origin, hash_of, origin, record, record_reading
from core.database import at_the_end, atomic, dialect, opened, rows
from core.state import Note
from core.testing import make_area, make_viewer
from tests.factories import plugin


@pytest.fixture
async def viewer(kernel):
    return await make_viewer("grid", "grid", area=await make_area("330105", "拱墅区"))


async def chain():
    return await AuditRow.all().order_by("seq")


async def things_of(seq):
    found = await AuditThing.filter(seq=seq).order_by("kind", "key")
    return [(one.kind, one.key) for one in found]


async def test_an_entry_tells_who_did_what_to_which_things_and_from_where(viewer):
    token = origin.set(Origin(remote="10.1.2.3", request="abc"))
    await record(viewer, "files.read", ("core.File", "f1"), purpose="核实", details={"n": 2})
    origin.reset(token)
    (row,) = await chain()
    assert (row.seq, row.person_id, row.action) == (1, viewer.person_id, "files.read")
    assert (row.remote, row.request, row.purpose) == ("10.1.2.3", "abc", "核实")
    assert (row.details, row.previous) == ({"n": 2}, "")
    assert await things_of(1) == [("core.File", "f1")]
    assert abs((datetime.now(UTC) - row.at).total_seconds()) < 60


async def test_a_row_of_a_model_is_named_by_its_model_and_key(viewer):
    note = await Note.create(key="a", value=[1])
    await record(None, "plugins.choose", note)
    assert await things_of(1) == [("core.Note", "a")]


async def test_each_hash_covers_the_entry_and_the_hash_before_it(viewer):
    for number in range(3):
        await record(viewer, "files.read", ("core.File", number), ("core.File", "x"))
    previous = ""
    for row in await chain():
        assert row.previous == previous
        assert row.hash == hash_of(row, await things_of(row.seq))
        previous = row.hash
    assert row.seq == 3


async def test_an_entry_is_there_only_if_what_it_tells_of_is(viewer):
    @atomic
    async def work(fail):
        await record(viewer, "plugins.choose")
        await Note.create(key=str(fail), value=[1])
        if fail:
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        await work(True)
    await work(False)
    assert [row.seq for row in await chain()] == [1]


async def test_entries_of_one_transaction_come_together_in_their_order(viewer):
    @atomic
    async def work():
        for number in range(3):
            await record(viewer, "files.read", ("core.File", number))

    await work()
    assert [await things_of(seq) for seq in (1, 2, 3)] == [
        [("core.File", str(n))] for n in range(3)
    ]


async def test_an_action_that_nobody_declared_is_a_mistake(viewer):
    with pytest.raises(RuntimeError, match="add_audited"):
        await record(viewer, "garden.watered")


async def test_a_plugin_declares_its_own(kernel_on):
    from liuhe import Audited

    found = plugin("garden", add_audited=[Audited(name="garden.water", title="浇水")])
    async with kernel_on(found=[found]):
        await record(None, "garden.water")
        assert [row.action for row in await chain()] == ["garden.water"]


async def test_details_hold_only_what_every_database_gives_back_alike(viewer):
    with pytest.raises(TypeError, match="float"):
        await record(viewer, "plugins.choose", details={"score": 0.5})


async def test_many_writers_at_once_make_one_unbroken_chain(kernel, viewer):
    async def write(number):
        await record(viewer, "files.read", ("core.File", number))

    await asyncio.gather(*(write(number) for number in range(40)))
    found = await chain()
    assert [row.seq for row in found] == list(range(1, 41))
    assert [row.previous for row in found] == ["", *(row.hash for row in found[:-1])]


async def test_writers_who_lock_in_opposite_order_do_not_stop_each_other(viewer):
    """The chain is locked last, so that holding a row while recording cannot deadlock."""
    await Note.create(key="a", value=[0])
    started = asyncio.Event()

    @atomic
    async def records_first():
        await record(viewer, "plugins.choose")
        started.set()
        await asyncio.sleep(0.05)
        await Note.select_for_update().get(key="a")

    @atomic
    async def locks_first():
        await Note.select_for_update().get(key="a")
        await started.wait() if dialect() == "postgres" else None
        await record(viewer, "plugins.choose")

    await asyncio.gather(locks_first(), records_first())
    assert len(await chain()) == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core_audit SET person_id = 7 WHERE seq = 1",
        "DELETE FROM core_audit WHERE seq = 2",
        "UPDATE core_audit_thing SET key = 'other'",
        "DELETE FROM core_audit_thing",
    ],
)
async def test_e_14_the_database_refuses_to_change_or_delete(viewer, statement):
    await record(viewer, "files.read", ("core.File", "f1"))
    await record(viewer, "files.read", ("core.File", "f2"))
    before = [vars(row)["hash"] for row in await chain()], await things_of(1)
    with pytest.raises(Exception, match="append-only"):
        await rows(statement)
    assert ([row.hash for row in await chain()], await things_of(1)) == before


@pytest.mark.parametrize(("seq", "previous"), [(1, ""), (4, "0" * 64), (3, "0" * 64), (0, "")])
async def test_the_database_refuses_a_row_that_is_not_the_next(viewer, seq, previous):
    await record(viewer, "files.read")
    await record(viewer, "files.read")
    verb = "INSERT OR REPLACE" if dialect() == "sqlite" else "INSERT"
    with pytest.raises(Exception, match="append-only"):
        await rows(
            f"{verb} INTO core_audit (seq, at, action, purpose, remote, request, details, "
            "previous, hash) VALUES ($1, CURRENT_TIMESTAMP, 'x', '', '', '', '{}', $2, 'y')",
            seq,
            previous,
        )
    assert [row.seq for row in await chain()] == [1, 2]


async def test_what_is_read_again_within_a_while_is_one_reading(viewer):
    for _ in range(3):
        await record_reading(viewer, "files.read", ("core.File", "a"), within=60)
    await record_reading(viewer, "files.read", ("core.File", "a"), ("core.File", "b"), within=60)
    assert [await things_of(row.seq) for row in await chain()] == [
        [("core.File", "a")],
        [("core.File", "b")],
    ]


async def test_another_person_or_action_is_another_reading(viewer):
    other = await make_viewer("other", "grid")
    await record_reading(viewer, "files.read", ("core.File", "a"), within=60)
    await record_reading(other, "files.read", ("core.File", "a"), within=60)
    await record_reading(viewer, "audit.read", ("core.File", "a"), within=60)
    assert [row.person_id for row in await chain()] == [
        viewer.person_id,
        other.person_id,
        viewer.person_id,
    ]


async def test_without_a_while_each_reading_is_written(viewer):
    for _ in range(2):
        await record_reading(viewer, "files.read", ("core.File", "a"))
    assert len(await chain()) == 2


@pytest.mark.parametrize("count", [1, 3, 50])
async def test_a_list_costs_as_much_as_one_thing(viewer, count, count_queries):
    with count_queries() as queries:
        await record_reading(viewer, "files.read", *(("core.File", n) for n in range(count)))
    assert len(queries) == (4 if dialect() == "postgres" else 3)
    assert len(await chain()) == 1


async def test_the_end_of_a_transaction_needs_a_transaction(kernel):
    async def last(items):
        raise AssertionError

    with pytest.raises(RuntimeError, match="outside"):
        at_the_end(last, 1)


async def test_processes_on_one_database_write_one_chain(kernel, viewer):
    """Two connections as two processes have them."""
    url, tables = kernel.settings.database, kernel.tables

    async def other():
        async with opened(url, tables):
            for number in range(10):
                await record(viewer, "files.read", ("core.File", f"other{number}"))

    async def mine():
        for number in range(10):
            await record(viewer, "files.read", ("core.File", f"mine{number}"))

    await asyncio.gather(asyncio.create_task(other()), mine())
    found = await chain()
    assert [row.seq for row in found] == list(range(1, 21))
    assert [row.previous for row in found] == ["", *(row.hash for row in found[:-1])]
