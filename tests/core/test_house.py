"""The fixtures themselves: a living house on each engine, and honest counting."""

import asyncio

import pytest

from core.database import atomic, dialect, rows
from core.state import GENERATION, PLUGIN_CHOICE, Note, choose_plugins, recall, remember


async def test_a_house_lives_on_each_engine(kernel, engine):
    assert dialect() == engine
    await remember("a", {"b": [1, "二"]})
    assert await recall("a") == {"b": [1, "二"]}


@pytest.mark.parametrize("value", ["text", "[1]", "", None, 0, [], {"a": "1"}])
async def test_the_house_remembers_a_value_as_it_was(kernel, value):
    await remember("a", "before")
    await remember("a", value)
    assert await recall("a", "nothing") == value


async def test_two_who_remember_a_new_thing_at_once_both_succeed(kernel):
    await asyncio.gather(*(remember("a", number) for number in range(6)))
    assert await recall("a") in range(6)


async def test_choosing_plugins_asks_every_process_to_start_anew(kernel):
    for number in (1, 2):
        await choose_plugins({"b", "a"})
        assert await recall(PLUGIN_CHOICE) == ["a", "b"]
        assert await recall(GENERATION) == number


async def test_each_test_has_a_database_of_its_own(kernel):
    assert await Note.all().count() == 0


async def test_queries_are_counted_in_and_out_of_transactions(kernel, count_queries):
    @atomic
    async def twice():
        await Note.create(key="x", value=[1])
        await rows("SELECT 1 AS one")

    with count_queries() as queries:
        await Note.all()
        await twice()
    assert len(queries) == 3, queries
