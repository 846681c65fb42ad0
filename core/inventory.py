"""Whether keys and personal records fit together: after a backup was put back, after a wipe."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from core import keys
from core.errors import Unavailable
from core.personal import Personal, remove_keys

PART = 500


@dataclass(kw_only=True)
class Inventory:
    """How many records can be read, are destroyed, and are neither: `locked` do not open, of
    `revived` the key is there again (from an old copy of the keys)."""

    readable: int = 0
    destroyed: int = 0
    locked: int = 0
    revived: int = 0


async def take_stock() -> Inventory:
    """Every record's key is tried; nothing is read in the clear."""
    found = Inventory()
    present = set(await asyncio.to_thread(keys.known))
    async for part in _parts():
        for row in part:
            if row.ended_at is not None:
                found.destroyed += 1
                found.revived += row.destroyed_at is not None and row.id in present
            elif await _opens(row):
                found.readable += 1
            else:
                found.locked += 1
    return found


async def forget_revived() -> None:
    """Remove keys that came back with an old copy although their record was destroyed."""
    present = await asyncio.to_thread(keys.known)
    for at in range(0, len(present), PART):
        ids: Sequence[uuid.UUID] = present[at : at + PART]
        gone = Personal.filter(id__in=ids, destroyed_at__isnull=False)
        await remove_keys([row.id for row in await gone.only("id")])


async def _parts() -> AsyncIterator[list[Personal]]:
    last = uuid.UUID(int=0)
    while part := await Personal.filter(id__gt=last).order_by("id").limit(PART):
        yield part
        last = part[-1].id


async def _opens(row: Personal) -> bool:
    try:
        await asyncio.to_thread(keys.load, row.id, row.kind)
    except Unavailable:
        return False
    return True
