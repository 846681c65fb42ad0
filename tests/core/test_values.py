"""What a database cannot hold is the caller's to mend, on either engine alike."""

import pytest

from core.database import atomic, rows
from core.errors import BadInput
from core.jobs import JobRow
from core.people import Person
from core.state import recall, remember


@atomic
async def write(username: str) -> None:
    await Person.create(username=username, name="王", password="x")


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud83d"])
async def test_text_that_cannot_be_stored_is_the_callers_to_mend(kernel, text):
    for attempt in (
        write(text),
        Person.get_or_none(username=text),
        Person.filter(name__icontains=text).count(),
        Person.filter(id=1).update(name=text),
        Person.bulk_create([Person(username=text, name="王", password="x")]),
        rows("SELECT $1 AS one", text),
    ):
        with pytest.raises(BadInput) as refused:
            await attempt
        assert refused.value.reason == "characters"
    assert await Person.all().count() == 0


async def test_the_transaction_is_usable_after_what_could_not_be_stored(kernel):
    with pytest.raises(BadInput):
        await write("a\0b")
    await write("wang")
    await remember("after", "well")
    assert await recall("after") == "well"
    assert await Person.all().count() == 1


async def test_a_number_that_no_row_can_have_is_the_callers_to_mend(kernel):
    for attempt in (rows("SELECT id FROM core_job WHERE id = $1", 2**63), _due(2**63)):
        with pytest.raises(BadInput):
            await attempt


async def _due(number: int) -> None:
    await rows("UPDATE core_job SET attempts = 1 WHERE id = $1 RETURNING id", number)
    await JobRow.filter(id=number).count()


async def test_other_alphabets_are_stored_as_they_are(kernel):
    await write("😀\u202e％_\\'")
    assert await Person.exists(username="😀\u202e％_\\'")
