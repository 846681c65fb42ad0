"""Keys and records fit together, or it is said how they do not."""

from dataclasses import replace

import pytest

from core import house as running
from core import keys
from core.inventory import Inventory, take_stock
from core.personal import destroy_keys, destroy_personal, keep_personal
from core.testing import a_night
from tests.core.test_personal import KIND, TREE, VALUES


@pytest.fixture
async def ids(kernel):
    running.enter(replace(kernel.house(), personal={KIND.name: KIND}))
    return [await keep_personal(KIND.name, VALUES, about=TREE) for _ in range(3)]


async def destroy(id):
    await destroy_personal(None, id, reason="本人要求")
    await destroy_keys({"ids": [str(id)]})


def path_of(id):
    return keys.root() / "records" / id.hex[:2] / id.hex


async def test_all_is_well(ids):
    await destroy(ids[0])
    assert await take_stock() == Inventory(readable=2, destroyed=1)


async def test_what_lost_its_key_is_locked(ids):
    path_of(ids[0]).unlink()
    assert await take_stock() == Inventory(readable=2, locked=1)


async def test_after_a_wipe_nothing_opens(ids):
    for path in sorted(keys.root().rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    assert await take_stock() == Inventory(locked=3)


async def test_a_key_that_came_back_from_an_old_copy_goes_again(ids):
    old = path_of(ids[0]).read_bytes()
    await destroy(ids[0])
    path_of(ids[0]).write_bytes(old)
    assert await take_stock() == Inventory(readable=2, destroyed=1, revived=1)
    await a_night()
    assert not path_of(ids[0]).exists()
    assert await take_stock() == Inventory(readable=2, destroyed=1)
