"""What is sealed opens here, for the same purpose and owner, and nowhere else."""

from dataclasses import replace

from core import house as running
from core.sealing import mark, seal, unseal


def with_key(kernel, key: str) -> None:
    house = kernel.house()
    running.enter(replace(house, settings=house.settings.model_copy(update={"secret_key": key})))


async def test_only_the_same_purpose_owner_and_key_open_it(kernel):
    sealed = seal("a", "秘密", "7")
    assert "秘密" not in sealed
    assert unseal("a", sealed, "7") == "秘密"
    assert unseal("a", sealed, "8") is None
    assert unseal("b", sealed, "7") is None
    with_key(kernel, "another key " * 4)
    assert unseal("a", sealed, "7") is None


async def test_the_same_text_is_sealed_differently_each_time(kernel):
    assert seal("a", "x", "7") != seal("a", "x", "7")


async def test_a_mark_is_the_same_for_the_same_and_for_nothing_else(kernel):
    first = mark("a", "x", "y")
    assert first == mark("a", "x", "y")
    assert first not in (mark("b", "x", "y"), mark("a", "xy"), mark("a", "y", "x"))
    with_key(kernel, "another key " * 4)
    assert first != mark("a", "x", "y")
