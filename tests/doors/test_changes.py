"""Nobody changes anything that is none of their business, by any form or mutation.

Each way to change something is tried at a matter that stands as the way wants it, filled in so that
whoever may do it does it: that is tried first. Afterwards each row about the other street is what
it was, there are none more of them, and no answer has told of them: it is the same as for a thing
that is nowhere.
"""

from collections.abc import Iterable
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs

from tests.doors.conftest import District
from tests.doors.naming import none_like, places
from tests.doors.planting import Street
from tests.doors.sending import (
    about,
    all_rows,
    changed,
    doors_of,
    stand,
    unfilled,
    writes,
)
from tests.doors.trying import READING, and_back, at_work, refused, sender_of, told, wording
from tests.doors.visitors import Visitor, distinct, moved
from tests.doors.ways import PEOPLE, WAYS
from tests.doors.ways.way import Way
from tests.factories import only

pytestmark = [only("sqlite"), pytest.mark.slow]


async def test_every_form_and_every_mutation_is_tried_and_filled_in(district: District) -> None:
    doors = doors_of(district.shell.app, district.schema)
    assert doors == {way.door for way in WAYS}
    assert {way.name: lack for way in WAYS if (lack := unfilled(district.schema, way))} == {}


async def test_whoever_may_do_it_does_it_in_the_own_street(district: District) -> None:
    """So that a way which is refused is refused because of who comes, and not of what is sent."""
    kernel, near = district.shell.kernel, district.near
    failed: dict[str, str] = {}
    async with at_work(district) as worker:
        sender = await sender_of(district)
        for way in (one for one in WAYS if one.by):

            async def done(way: Way = way) -> str:
                await stand(kernel, near, way.stands)
                before = await all_rows(kernel)
                answer = await sender.send(way, worker(way), near)
                changes = changed(before, await all_rows(kernel))
                done = way.reads or not changes.keys() <= READING
                return refused(answer) or ("" if done else "nothing changed")

            with capture_logs() as log:
                if problem := await and_back(done):
                    defects = [repr(one["exc_info"]) for one in log if "exc_info" in one]
                    failed[way.name] = f"{problem} {defects}"
    assert failed == {}


async def test_nobody_changes_anything_in_another_street(
    district: District, count_queries: Any
) -> None:
    async with district.visitors() as visitors:
        coming = distinct(visitors)
        assert await tried(district, PEOPLE, coming, count_queries) == {}
        # Whoever keeps the accounts here keeps that one, too, from now on.
        coming.append(await moved(district.shell, district.near, district.far))
        others = [way for way in WAYS if way not in PEOPLE]
        assert await tried(district, others, coming, count_queries) == {}
        await coming[-1].client.aclose()


async def tried(
    district: District, ways: Iterable[Way], visitors: Iterable[Visitor], count_queries: Any
) -> dict[str, object]:
    """What was changed in the other street, and what the answers told of it."""
    kernel, far, sender = district.shell.kernel, district.far, await sender_of(district)
    nowhere = none_like(far)
    wrong: dict[str, object] = {}
    for way in ways:
        were = await stand(kernel, far, way.stands)
        before = about(far, await all_rows(kernel))
        with capture_logs() as log, count_queries() as queries:
            for visitor in (one for one in visitors if one.role not in way.anywhere):
                answer = await sender.send(way, visitor, far)
                problem = told(answer, far, visitor)
                if not problem and visitor.grants and not visitor.own and names_something(way):
                    problem = apart(answer, far, await sender.send(way, visitor, nowhere), nowhere)
                if problem:
                    wrong[f"{way.name}: {visitor.name}"] = problem
        after = about(far, await all_rows(kernel)) if writes(queries.seen) else before
        if changes := changed(before, after):
            wrong[way.name] = changes
        if seen := far.seen_in(str(log)):
            wrong[f"{way.name}: log"] = seen
        await stand(kernel, far, were)
    return wrong


#: Everybody knows the district's areas: an answer may say that one of them is not one's own.
OF_AREAS = (
    *("/admin/places/", "/admin/video/new", "/admin/cases/new", "/admin/units/new", "openCase"),
    *("/admin/dispatch/new", "saveDispatchRule", "tryDispatchRule"),
)


def names_something(way: Way) -> bool:
    """Whether a way is about something that is there or not, and that not everybody knows."""
    return not way.door.startswith(OF_AREAS) and ("{" in way.door or any(places(way.given)))


def apart(foreign: httpx2.Response, far: Street, none: httpx2.Response, nowhere: Street) -> object:
    """Both answers where they are not the same: what is of another street is as if it were not."""
    said = wording(foreign, far), wording(none, nowhere)
    return said if said[0] != said[1] else None
