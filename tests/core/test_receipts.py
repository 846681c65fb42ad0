"""An idempotency key: the same input gives the same object, other input is a conflict."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from core.database import atomic
from core.errors import BadInput, Conflict
from core.receipts import Receipt, fill, forget_old_receipts, redeem
from core.state import Note


@atomic
async def create(
    key: str | None, given: dict, *, who: str = "1", pause: float = 0, fail: bool = False
) -> str:
    """An action as plugins write it."""
    receipt = await redeem(who, "open", key, given)
    if receipt and receipt.result:
        return receipt.result
    name = f"{who}-{await Note.all().count()}"
    await Note.create(key=name, value=[given])
    await asyncio.sleep(pause)
    if fail:
        raise ValueError
    await fill(receipt, name)
    return name


async def made() -> int:
    return await Note.all().count()


async def test_the_same_key_and_input_give_the_same_object(kernel):
    first = await create("k", {"a": 1, "b": [2, None]})
    again = await create("k", {"b": [2, None], "a": 1})
    assert (first, await made()) == (again, 1)


async def test_other_input_under_the_same_key_is_a_conflict(kernel):
    await create("k", {"a": 1})
    with pytest.raises(Conflict):
        await create("k", {"a": 2})
    assert await made() == 1


async def test_keys_are_each_persons_own(kernel):
    await create("k", {"a": 1})
    await create("k", {"a": 2}, who="2")
    assert await made() == 2


async def test_without_a_key_each_call_creates(kernel):
    for key in (None, "", None):
        await create(key, {"a": 1})
    assert await made() == 3
    assert await Receipt.all().count() == 0


async def test_a_key_whose_work_failed_can_be_used_again(kernel):
    with pytest.raises(ValueError):  # noqa: PT011
        await create("k", {"a": 1}, fail=True)
    await create("k", {"a": 1})
    assert await made() == 1


@pytest.mark.parametrize("first_fails", [False, True])
async def test_callers_at_the_same_moment_make_one_object(kernel, first_fails):
    calls = [create("k", {"a": 1}, pause=0.05, fail=first_fails and not n) for n in range(6)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    objects = {one for one in results if isinstance(one, str)}
    assert (len(objects), await made()) == (1, 1)


async def test_outside_a_transaction_it_is_refused(kernel):
    with pytest.raises(RuntimeError, match="outside a transaction"):
        await redeem("1", "open", "k", {})


async def test_a_key_that_is_too_long_is_refused_rather_than_cut(kernel):
    await create("x" * 100, {"a": 1})
    with pytest.raises(BadInput) as caught:
        await create("x" * 101, {"a": 2})
    assert (caught.value.field, caught.value.reason) == ("idempotencyKey", "too_long")


async def test_old_receipts_are_forgotten(kernel):
    await create("old", {"a": 1})
    await create("new", {"a": 2})
    past = datetime.now(UTC) - timedelta(days=31)
    await Receipt.filter(key="old").update(created_at=past)
    await forget_old_receipts({})
    assert await Receipt.all().values_list("key", flat=True) == ["new"]
