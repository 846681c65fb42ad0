"""The declared indicators by unit, as tests ask for them."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from liuhe import Span
from plugins.cases.indicators import INDICATORS
from plugins.cases.rules import Duty

CARDS = {one.code.removeprefix("cases."): one for one in INDICATORS}
#: Signed, handled, fed back: as (so many on time, of so many that were due).
RATES = ("signed", "handled_on_time", "fed_back")
Rate = tuple[int, int]
MET: Rate = (1, 1)
MISSED: Rate = (0, 1)


async def by_unit(code: str, start: datetime, end: datetime, until: datetime) -> dict[int, Rate]:
    """Of what fell due from `start` to before `end`, as it stood at `until`."""
    rows = await CARDS[code].count(Span(start=start, end=end, until=until))
    due = Counter(one.unit_id for one in rows)
    met = Counter(one.unit_id for one in rows if one.numerator)
    return {unit: (met[unit], due[unit]) for unit in due if unit is not None}


async def rated(start: datetime, end: datetime, until: datetime) -> dict[str, dict[int, Rate]]:
    return {code: await by_unit(code, start, end, until) for code in RATES}


def rate_of(duties: Iterable[Duty], until: datetime) -> Rate:
    owed = [duty for duty in duties if duty.counts(until)]
    return sum(duty.on_time for duty in owed), len(owed)
