"""In the own street, too, each role does what is its work and nothing else.

A way is tried by all who are at work there and whose work it is not: they see the thing, and in a
third street they hold all other posts, so that nothing stands in their way but what they may do
here.
"""

from collections.abc import Iterable
from typing import Any

import pytest

from core.areas import Area
from core.database import atomic
from core.house import house
from core.people import Post, Session, Unit, token_hash
from core.permissions import Role
from core.testing import make_area, make_unit
from tests.doors.conftest import District
from tests.doors.sending import Rows, all_rows, changed, stand, writes
from tests.doors.trying import READING, and_back, refused, sender_of
from tests.doors.visitors import Visitor
from tests.doors.ways import WAYS
from tests.doors.ways.way import Way
from tests.factories import only

pytestmark = [only("sqlite"), pytest.mark.slow]

#: A picture is taken from whoever may send one, before it is known what it is for.
UPLOADED = {"core.File", "core.JobRow"}
#: An account belongs nowhere until it has a post: whoever keeps accounts anywhere may make one.
#: A table that was sent in is one's own; what it may write is asked of each line.
NOWHERE = ("/admin/people/new", "/imports", "/admin/imports/{name}")


async def test_in_the_own_street_nobody_does_what_is_anothers_work(
    district: District, count_queries: Any
) -> None:
    kernel, near = district.shell.kernel, district.near
    wrong: dict[str, object] = {}
    async with district.visitors() as visitors:
        at_work = [one for one in visitors if one.role]
        await busy_elsewhere(district, at_work)
        sender = await sender_of(district)

        async def tried(way: Way) -> dict[str, object]:
            await stand(kernel, near, way.stands)
            before, found = await all_rows(kernel), dict[str, object]()
            for visitor in at_work:
                if not way.whole and visitor.role in (way.by, *way.also):
                    continue
                with count_queries() as queries:
                    answer = await sender.send(way, visitor, near)
                if way.reads and not refused(answer):
                    found[f"{way.name}: {visitor.name}"] = answer.status_code
                if writes(queries.seen) and (done := _done(before, await all_rows(kernel))):
                    found[f"{way.name}: {visitor.name}"] = done
            return found

        for way in (one for one in WAYS if one.by and one.door not in NOWHERE):
            wrong |= await and_back(lambda way=way: tried(way))  # type: ignore[misc]
    assert wrong == {}


async def busy_elsewhere(district: District, visitors: Iterable[Visitor]) -> None:
    """Each holds there all posts that have a place and that one does not hold here."""
    third = await make_area("330105906000", "第三街道", "street", district.whole)
    await make_unit("third", "第三街道的单位", third)
    unit = await Unit.get(code="third")
    for visitor in visitors:
        person = (await Session.get(token_hash=token_hash(visitor.session))).person_id
        for role in house().roster.roles:
            if role.reach != "own" and role.name != visitor.role:
                await give(person, role, third, unit)


@atomic
async def give(person_id: int, role: Role, area: Area, unit: Unit) -> None:
    place = {"area": area} if role.reach == "area" else {"unit": unit}
    await Post.create(person_id=person_id, role=role.name, **place)


def _done(before: Rows, after: Rows) -> dict[str, list[str]]:
    found = changed(before, after)
    return {name: rows for name, rows in found.items() if name not in READING | UPLOADED}
