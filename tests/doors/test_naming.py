"""With one's own thing in hand, nobody reaches for another street's by naming its number.

Each way that names more than the thing it is about is sent by whoever does it, about the own thing,
with one number of the other street in it; and again with a number that is nowhere. Nothing of the
other street changes or is told, nothing of one's own points there, and both answers are the same:
what is none of one's business is as if it were not there.
"""

from dataclasses import dataclass
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.doors.conftest import District
from tests.doors.naming import Place, named_in, naming, none_like
from tests.doors.planting import Street
from tests.doors.sending import Sender, about, all_rows, changed, stand
from tests.doors.trying import and_back, at_work, sender_of, told, wording
from tests.doors.visitors import Visitor
from tests.doors.ways import WAYS
from tests.doors.ways.way import Way
from tests.factories import only

pytestmark = [only("sqlite"), pytest.mark.slow]

#: Everybody knows the district's areas, so an answer may say that one is not one's own.
AREAS = ("areaId", "area")
#: A unit that is to have it next may be proposed out of the whole district: who dispatches there
#: decides.
PROPOSED = "proposedUnitId"


@dataclass(kw_only=True)
class Tried:
    """`wrong`: what was changed or told of the street; `said`: the answer, without its numbers."""

    wrong: object
    said: str


async def test_no_foreign_number_in_a_form_about_ones_own_is_found_or_reached(
    district: District,
) -> None:
    wrong: dict[str, object] = {}
    async with at_work(district) as worker:
        sender = await sender_of(district)
        for way in (one for one in WAYS if one.by and not one.whole):
            for place in named_in(way):
                foreign, nowhere = [
                    await tried(district, sender, way, place, worker(way), street)
                    for street in (district.far, none_like(district.far))
                ]
                name = f"{way.name}: {place}"
                if foreign.wrong and place[-1] != PROPOSED:
                    wrong[name] = foreign.wrong
                elif foreign.said != nowhere.said and place[-1] not in (*AREAS, PROPOSED):
                    wrong[name] = (foreign.said, nowhere.said)
    assert wrong == {}


async def tried(
    district: District, sender: Sender, way: Way, place: Place, visitor: Visitor, street: Street
) -> Tried:
    kernel, near = district.shell.kernel, district.near
    words = {**sender.words(street), "file": str(street.files["cases"])}
    one = naming(way, place, words)

    async def work() -> Tried:
        await stand(kernel, near, way.stands)
        before = about(street, await all_rows(kernel))
        with capture_logs() as log:
            answer = await sender.send(one, visitor, near)
        changes: Any = changed(before, about(street, await all_rows(kernel)))
        seen = told(answer, street, visitor) or street.seen_in(str(log))
        return Tried(wrong=changes or seen, said=wording(answer, street))

    return await and_back(work)
