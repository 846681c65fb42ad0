"""Ways tried by whoever may do it, and taken back; what an answer says."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

import httpx2

from core.areas import Area
from core.database import atomic
from core.house import house
from core.people import Post
from tests.doors.conftest import District
from tests.doors.planting import Street
from tests.doors.sending import Sender, forms_of, helper_id
from tests.doors.visitors import Visitor, make_person, signed_in
from tests.doors.ways.way import Way

#: What a look at something writes.
READING = {"core.AuditRow", "core.AuditThing", "core.Session"}
CHIEFS = ("admin", "security", "supervisor")


async def sender_of(district: District) -> Sender:
    known = {"helper": await helper_id()}
    forms = forms_of(district.shell.app)
    return Sender(schema=district.schema, methods=forms, known=known)


def refused(answer: httpx2.Response) -> str:
    """What stood in the way; "" where it was done."""
    if answer.headers.get("content-type", "").startswith("application/json"):
        content = answer.json()
        if errors := content.get("errors"):
            return str([(one["message"], one["extensions"]["code"]) for one in errors])
        done = (content.get("data") or {}).values()
        if problems := [one["errors"] for one in done if one.get("errors")]:
            return str(problems)
    return "" if answer.status_code < 400 else f"{answer.status_code} {answer.text}"


T = TypeVar("T")


class _Back(Exception):
    """All that was done is taken back."""


async def and_back(work: Callable[[], Awaitable[T]]) -> T:
    """What it gives; the database is as it was before."""
    found: list[T] = []

    @atomic
    async def whole() -> None:
        found.append(await work())
        raise _Back

    with suppress(_Back):
        await whole()
    return found[0]


@asynccontextmanager
async def at_work(district: District) -> AsyncIterator[Callable[[Way], Visitor]]:
    """Who does a way: in the near street, or over the whole district."""
    async with district.visitors() as visitors:
        by_role = {one.role: one for one in visitors if one.role}
        chief = {role: await chief_of(district, role) for role in CHIEFS}
        yield lambda way: (chief if way.whole else by_role)[way.by]
        for one in chief.values():
            await one.client.aclose()


async def chief_of(district: District, name: str) -> Visitor:
    """In such a post over the whole district."""
    person = await make_person(f"chief-{name}")
    role = house().roster.role(name)

    @atomic
    async def give() -> None:
        await Post.create(person=person, role=name, area=await Area.get(id=district.whole.id))

    await give()
    return await signed_in(district.shell, f"{name} of the district", person, role)


def told(answer: httpx2.Response, street: Street, visitor: Visitor) -> object:
    """What of the street an answer says; that it broke or was not looked into is wrong as well."""
    if answer.status_code >= 500 or answer.status_code in (405, 429) or '"INTERNAL"' in answer.text:
        return answer.status_code
    return visitor.strange(street.seen_in(f"{answer.headers} {answer.text}"))


#: Numbers of requests and of uploads, and what the clock says.
_IDS = re.compile(r"[0-9a-f]{12}\b|[0-9a-f]{8}-[0-9a-f-]{27}|\d{1,2}:\d{2}")


def wording(answer: httpx2.Response, street: Street) -> str:
    """What an answer says, but for what is of this one request, and the street's own numbers."""
    text = re.sub(r"<(script|style|head)\b.*?</\1>|<[^>]*>|\s+", " ", answer.text, flags=re.DOTALL)
    for number in (street.number, street.officer):
        text = text.replace(str(number), "…")
    return f"{answer.status_code} {_IDS.sub('…', ' '.join(text.split()))}"
