"""Nobody changes anything that is none of their business, by any form or mutation.

Each way to change something is tried at a matter that stands as the way wants it, filled in so that
whoever may do it does it: that is tried first. Afterwards each row about the other street is what
it was, there are none more of them, and no answer has told of them.
"""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs

from core.areas import Area
from core.database import atomic
from core.house import house
from core.people import Post
from tests.doors.conftest import District
from tests.doors.planting import Street
from tests.doors.sending import (
    Sender,
    about,
    all_rows,
    changed,
    doors_of,
    forms_of,
    helper_id,
    stand,
    unfilled,
    writes,
)
from tests.doors.visitors import Visitor, distinct, make_person, moved, signed_in
from tests.doors.ways import PEOPLE, WAYS
from tests.doors.ways.way import Way
from tests.factories import only

pytestmark = [only("sqlite"), pytest.mark.slow]


async def test_every_form_and_every_mutation_is_tried_and_filled_in(district: District) -> None:
    doors = doors_of(district.shell.app, district.schema)
    assert doors == {way.door for way in WAYS}
    assert {way.name: lack for way in WAYS if (lack := unfilled(district.schema, way))} == {}


async def sender_of(district: District) -> Sender:
    known = {"helper": await helper_id()}
    forms = forms_of(district.shell.app)
    return Sender(schema=district.schema, methods=forms, known=known)


def refused(answer: httpx2.Response) -> str:
    """What stood in the way; "" where it was done."""
    if answer.headers.get("content-type", "").startswith("application/json"):
        errors = answer.json().get("errors") or ()
        if errors:
            return str([(one["message"], one["extensions"]["code"]) for one in errors])
    return "" if answer.status_code < 400 else f"{answer.status_code} {answer.text}"


#: What a look at something writes.
READING = {"core.AuditRow", "core.AuditThing", "core.Session"}


class _Back(Exception):
    """All that was done is taken back."""


async def and_back(work: Callable[[], Awaitable[str]]) -> str:
    """What it gives; the database is as it was before."""
    found: list[str] = []

    @atomic
    async def whole() -> None:
        found.append(await work())
        raise _Back

    with suppress(_Back):
        await whole()
    return found[0]


async def test_whoever_may_do_it_does_it_in_the_own_street(district: District) -> None:
    """So that a way which is refused is refused because of who comes, and not of what is sent."""
    kernel, near = district.shell.kernel, district.near
    failed: dict[str, str] = {}
    async with district.visitors() as visitors:
        by_role = {one.role: one for one in visitors if one.role}
        chief = {role: await chief_of(district, role) for role in ("admin", "security")}
        sender = await sender_of(district)
        for way in (one for one in WAYS if one.by):
            visitor = chief[way.by] if way.whole else by_role[way.by]

            async def done(way: Way = way, visitor: Visitor = visitor) -> str:
                await stand(kernel, near, way.stands)
                before = await all_rows(kernel)
                answer = await sender.send(way, visitor, near)
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
    wrong: dict[str, object] = {}
    for way in ways:
        were = await stand(kernel, far, way.stands)
        before = about(far, await all_rows(kernel))
        with capture_logs() as log, count_queries() as queries:
            for visitor in (one for one in visitors if one.role not in way.anywhere):
                if problem := told(await sender.send(way, visitor, far), far, visitor):
                    wrong[f"{way.name}: {visitor.name}"] = problem
        after = about(far, await all_rows(kernel)) if writes(queries.seen) else before
        if changes := changed(before, after):
            wrong[way.name] = changes
        if seen := far.seen_in(str(log)):
            wrong[f"{way.name}: log"] = seen
        await stand(kernel, far, were)
    return wrong


def told(answer: httpx2.Response, street: Street, visitor: Visitor) -> object:
    """What of the street an answer says; that it broke or was not looked into is wrong as well."""
    if answer.status_code >= 500 or answer.status_code in (405, 429) or '"INTERNAL"' in answer.text:
        return answer.status_code
    return visitor.strange(street.seen_in(f"{answer.headers} {answer.text}"))


async def chief_of(district: District, name: str) -> Visitor:
    """In such a post over the whole district."""
    person = await make_person(f"chief-{name}")
    role = house().roster.role(name)

    @atomic
    async def give() -> None:
        await Post.create(person=person, role=name, area=await Area.get(id=district.whole.id))

    await give()
    return await signed_in(district.shell, f"{name} of the district", person, role)
