"""Whatever is changed in the audit behind its back is found, and the first such row is named."""

import pytest

from core import proof
from core.audit import AuditRow, AuditThing, hash_of, record
from core.database import dialect, rows
from core.proof import BrokenChain, Head, last_mark, mark, read_marks, verify, verify_new
from core.worker import Worker


@pytest.fixture
async def chain(kernel):
    """Seven rows, and the triggers out of the way, as the owner of the database can have it."""
    for number in range(7):
        await record(None, "files.read", ("core.File", f"f{number}"), ("core.File", "all"))
    await _unprotect()
    return kernel


async def _unprotect():
    if dialect() == "sqlite":
        for row in await rows("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            await rows(f"DROP TRIGGER {row['name']}")
    else:
        await rows("ALTER TABLE core_audit DISABLE TRIGGER USER")
        await rows("ALTER TABLE core_audit_thing DISABLE TRIGGER USER")


async def broken_at(start=1, marks=None):
    with pytest.raises(BrokenChain) as failure:
        await verify(start, marks)
    return failure.value.seq


async def test_a_chain_that_nobody_touched_is_whole(chain):
    last = await AuditRow.get(seq=7)
    assert await verify() == Head(seq=7, hash=last.hash, checked=7)
    assert await verify(5) == Head(seq=7, hash=last.hash, checked=3)


async def test_an_empty_one_is_whole_too(kernel):
    assert await verify() == Head()


@pytest.mark.parametrize("part", [1, 2, 3, 7, 100])
async def test_it_is_read_in_parts(chain, part, monkeypatch):
    monkeypatch.setattr(proof, "PART", part)
    assert (await verify()).checked == 7


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE core_audit SET person_id = 9 WHERE seq = 4",
        "UPDATE core_audit SET purpose = 'x' WHERE seq = 4",
        "UPDATE core_audit SET hash = previous WHERE seq = 4",
        "UPDATE core_audit_thing SET key = 'f9' WHERE seq = 4 AND key = 'f3'",
        "DELETE FROM core_audit_thing WHERE seq = 4 AND key = 'f3'",
        "INSERT INTO core_audit_thing (seq, kind, key) VALUES (4, 'core.File', 'more')",
        "DELETE FROM core_audit WHERE seq = 4",
    ],
)
async def test_e_14_the_first_row_that_was_changed_or_removed_is_named(chain, change):
    await rows(change)
    assert await broken_at() == 4
    assert await broken_at(3) == 4


async def test_a_row_that_was_written_anew_with_a_fitting_hash_is_named(chain):
    row = await AuditRow.get(seq=4)
    row.person_id = 9
    row.hash = hash_of(row, [("core.File", "all"), ("core.File", "f3")])
    await row.save(update_fields=["person_id", "hash"])
    assert await broken_at() == 4


async def test_a_row_put_in_before_the_first_is_named(chain):
    await rows("UPDATE core_audit SET seq = 0 WHERE seq = 1")
    assert await broken_at() == 1
    await rows("UPDATE core_audit SET seq = 1 WHERE seq = 0")
    await AuditThing.create(seq=99, kind="core.File", key="x")
    assert await broken_at() == 99


async def test_a_chain_that_was_cut_short_is_noticed_by_its_mark(chain):
    await verify_new({})
    assert list(read_marks()) == [7]
    assert last_mark()[0] == 7
    await rows("DELETE FROM core_audit WHERE seq > 5")
    await rows("DELETE FROM core_audit_thing WHERE seq > 5")
    assert (await verify()).seq == 5
    assert await broken_at(1, read_marks()) == 6
    with pytest.raises(BrokenChain, match="第 7 行"):
        await verify_new({})


async def test_a_chain_that_was_written_anew_as_a_whole_is_noticed_by_its_mark(chain):
    await verify_new({})
    previous = ""
    for row in await AuditRow.all().order_by("seq"):
        row.purpose, row.previous = "other", previous
        things = await AuditThing.filter(seq=row.seq)
        row.hash = previous = hash_of(row, [(one.kind, one.key) for one in things])
        await row.save(update_fields=["purpose", "previous", "hash"])
    assert (await verify()).checked == 7
    assert await broken_at(1, read_marks()) == 7


async def test_the_nightly_look_goes_on_from_the_last(chain):
    mark(await verify())
    await rows("UPDATE core_audit SET person_id = 9 WHERE seq = 2")  # for `liuhe audit verify`
    await record(None, "files.read")
    await verify_new({})
    assert list(read_marks()) == [7, 8]


async def test_a_broken_chain_ends_as_a_job_that_is_seen(chain):
    from core.jobs import JobRow

    await rows("UPDATE core_audit SET person_id = 9 WHERE seq = 2")
    worker = Worker(chain.jobs)
    while await worker.once():
        pass
    await JobRow.filter(name="core.verify_audit").update(run_at=0)
    while await worker.once():
        pass
    row = await JobRow.get(name="core.verify_audit")
    assert (row.state, "审计第 2 行" in row.error) == ("dead", True)
