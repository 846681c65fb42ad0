"""Counting what comes in, for all processes: rows that are of no use after two windows.

Whoever is counted is kept as a keyed mark alone. What is refused is not counted, so that one who
goes on trying waits no longer than one who does not.
"""

import time
from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address
from typing import Any

from tortoise.expressions import F

from liuhe import RateLimited, atomic, mark
from plugins.residents.models import Tally
from plugins.residents.rules import Bound, estimate, window_at


def side_of(address: str) -> str:
    """Whom an address stands for: a household has a whole /64 of IPv6 to itself."""
    try:
        known = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(known, IPv6Address):
        return str(IPv6Address(int(known) >> 64 << 64))
    return str(known)


@atomic
async def take(bounds: Sequence[Bound]) -> None:
    """Count one more within all of these, or refuse and count nothing.

    Of several at once no more are let through than there is room for: each waits for the row.
    """
    now = time.time()
    for bound in bounds:  # everyone in the same order
        window, share = window_at(now, bound.seconds)
        key = _key(bound, window)
        fresh = Tally(key=key, count=0, ends=(window + 2.0) * bound.seconds)
        await Tally.bulk_create([fresh], ignore_conflicts=True)
        await Tally.filter(key=key).update(count=F("count") + 1)
        if await _counted(bound, window, share) > bound.most:
            refuse(bound)


async def look(bounds: Sequence[Bound]) -> None:
    """Refuse what `take` would refuse, before any work is done; nothing is counted."""
    now = time.time()
    for bound in bounds:
        window, share = window_at(now, bound.seconds)
        if await _counted(bound, window, share) + 1 > bound.most:
            refuse(bound)


@atomic
async def give_back(bounds: Sequence[Bound]) -> None:
    """It was nothing to be counted after all."""
    for bound in bounds:
        window, _ = window_at(time.time(), bound.seconds)
        await Tally.filter(key=_key(bound, window), count__gt=0).update(count=F("count") - 1)


async def _counted(bound: Bound, window: int, share: float) -> float:
    keys = [_key(bound, window - 1), _key(bound, window)]
    found = {row.key: row.count for row in await Tally.filter(key__in=keys)}
    return estimate(found.get(keys[0], 0), found.get(keys[1], 0), share)


def refuse(bound: Bound) -> None:
    _, share = window_at(time.time(), bound.seconds)
    raise RateLimited(bound.words, retry_after=max(1, int(share * bound.seconds)))


def _key(bound: Bound, window: int) -> str:
    return mark("residents.tally", bound.kind, bound.who, str(window))


async def forget_old_tallies(_: dict[str, Any]) -> None:
    await Tally.filter(ends__lt=time.time()).delete()
