"""Which unit a neighbour would send a case to: the seam `UNIT_ADVICE`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from liuhe import offered

log = structlog.get_logger()

UNIT_ADVICE = "cases.unit_advice"


@dataclass(frozen=True, kw_only=True)
class Advice:
    """A unit, and in a few words why."""

    unit_id: int
    why: str


@dataclass(frozen=True, kw_only=True)
class Adviser:
    """`advise(case_id)` is asked when a dispatcher opens a case that was never sent anywhere."""

    name: str
    advise: Callable[[int], Awaitable[Advice | None]]


async def advice_on(case_id: int) -> Advice | None:
    """The first advice that is given; an adviser that fails is passed over."""
    for adviser in offered(UNIT_ADVICE):
        try:
            found: Advice | None = await adviser.advise(case_id)
        except Exception:
            log.exception("cases.adviser_failed", adviser=adviser.name)
            continue
        if found is not None:
            return found
    return None
