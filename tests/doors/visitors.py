"""Who comes: each role at work in the near street, and those who should come to nothing."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2

from core.areas import Area
from core.database import atomic
from core.house import house
from core.people import Person, Post, Session, Unit, open_session, today, token_hash
from core.permissions import Grant, Role
from core.viewers import load_viewer
from tests.doors.planting import Street
from tests.web.conftest import ORIGIN, Shell
from web.session import COOKIE, FLASH, csrf_token


@dataclass(kw_only=True)
class Visitor:
    """A client at an address of its own."""

    name: str
    client: httpx2.AsyncClient
    role: str = ""
    session: str = ""
    bearer: str = ""
    permissions: frozenset[str] = field(default_factory=frozenset)
    own: tuple[str, ...] = ()  # how the columns of the own account and words begin
    grants: frozenset[Grant] = field(default_factory=frozenset)

    async def get(self, path: str, **params: Any) -> httpx2.Response:
        return await self.client.get(path, params=params or None)

    async def post(self, path: str, **given: str) -> httpx2.Response:
        if self.session:
            given["csrf"] = csrf_token(self.session)
        return await self.client.post(path, data=given)

    async def send(
        self, method: str, path: str, fields: dict[str, Any], files: Any = None
    ) -> httpx2.Response:
        """A form, with files where there are some; what was said before is forgotten."""
        self.client.cookies.delete(FLASH)
        return await self.client.request(
            method, path, data=fields, files=files or None, headers=self._token()
        )

    async def ask(self, text: str, variables: dict[str, Any]) -> httpx2.Response:
        content = {"query": text, "variables": variables}
        return await self.client.post("/graphql", json=content, headers=self._token())

    def _token(self) -> dict[str, str]:
        return {"x-csrf-token": csrf_token(self.session)} if self.session else {}

    def strange(self, seen: set[str]) -> set[str]:
        """What was seen and is not one's own."""
        return {column for column in seen if not column.startswith(self.own)} if self.own else seen

    @property
    def plugins(self) -> set[str]:
        """Of which plugins the role may do something."""
        return {name.partition(".")[0] for name in self.permissions}


def arrive(shell: Shell, name: str, **known: Any) -> Visitor:
    number = secrets.randbelow(250) + 1
    transport = httpx2.ASGITransport(
        app=shell.app, raise_app_exceptions=False, client=(f"10.7.{number}.{len(name)}", 999)
    )
    client = httpx2.AsyncClient(transport=transport, base_url=ORIGIN)
    one = Visitor(name=name, client=client, **known)
    if one.session:
        client.cookies.set(COOKIE, one.session)
    if one.bearer:
        client.headers["authorization"] = f"Bearer {one.bearer}"
    return one


async def come(shell: Shell, street: Street) -> list[Visitor]:
    """One visitor for each role that there is, at work in this street, or in its unit, or in what
    is one's own."""
    return [await worker(shell, role, street) for role in house().roster.roles]


async def live_in(street: Street) -> None:
    """Whoever reported there is a resident with an account."""
    role = house().roster.role("resident")
    assert role is not None
    await give_post(await Person.get(id=street.number), role, street)


async def worker(shell: Shell, role: Role, street: Street) -> Visitor:
    if role.reach == "own":
        person = await Person.get(id=street.number)
    else:
        person = await make_person(f"{role.name}-{street.name}")
        await give_post(person, role, street)
    return await signed_in(shell, f"{role.name} of the {street.name} street", person, role)


async def signed_in(shell: Shell, name: str, person: Person, role: Role | None = None) -> Visitor:
    token, _ = await open_session(person, "browser")
    names = house().roster.grant(role.name, "", None).names if role else frozenset()
    grants = frozenset((await load_viewer(person, house().roster)).grants)
    known = {"role": role.name if role else "", "permissions": names, "grants": grants}
    return arrive(shell, name, session=token, **known)


@atomic
async def make_person(username: str) -> Person:
    return await Person.create(username=username, name=username, password="!")


@atomic
async def give_post(person: Person, role: Role, street: Street, **days: Any) -> Post:
    place = {"area_id": street.number} if role.reach == "area" else {}
    unit = {"unit_id": street.number} if role.reach == "unit" else {}
    return await Post.create(person=person, role=role.name, **place, **unit, **days)


async def strangers(district: Any) -> list[Visitor]:
    """Those whom nothing in either street concerns (any more, or yet)."""
    shell, far, near = district.shell, district.far, district.near
    role = house().roster.role("dispatcher")
    assert role is not None
    found = [arrive(shell, "nobody")]
    gone = {
        "whose post is over": {"valid_until": today() - timedelta(days=1)},
        "whose post begins tomorrow": {"valid_from": today() + timedelta(days=1)},
    }
    for name, days in gone.items():
        person = await make_person(name.replace(" ", "-"))
        for street in (near, far):
            await give_post(person, role, street, **days)
        found.append(await signed_in(shell, name, person))
    found.append(await _deputy(shell, role, far))
    found.append(await _shut_out(shell, role, far))
    found.append(await _signed_out(shell, role, far))
    found.append(await _narrow(shell, role, far))
    found.append(await _let_go(shell, far))
    return found


def distinct(visitors: Iterable[Visitor]) -> list[Visitor]:
    """One for each set of grants, and whoever comes in another way than signed in."""
    found = {(one.grants, one.bearer, bool(one.session)): one for one in [*visitors][::-1]}
    return [*found.values()][::-1]


async def _deputy(shell: Shell, role: Role, street: Street) -> Visitor:
    """Stood in for somebody whose post has ended."""
    away, person = await make_person("away"), await make_person("deputy")
    over = {"valid_until": today() - timedelta(days=1)}
    post = await give_post(away, role, street, **over)
    await give_post(person, role, street, stands_in_for_id=post.id, **over)
    return await signed_in(shell, "deputy whose time is over", person)


async def _shut_out(shell: Shell, role: Role, street: Street) -> Visitor:
    person = await make_person("shut-out")
    await give_post(person, role, street)
    visitor = await signed_in(shell, "account that was shut", person)
    await Person.filter(id=person.id).update(active=False)
    return visitor


async def _signed_out(shell: Shell, role: Role, street: Street) -> Visitor:
    person = await make_person("signed-out")
    await give_post(person, role, street)
    visitor = await signed_in(shell, "session that has run out", person)
    over = datetime.now(UTC) - timedelta(seconds=1)
    await Session.filter(person_id=person.id).update(expires_at=over)
    return visitor


async def _narrow(shell: Shell, role: Role, street: Street) -> Visitor:
    """A program with a dispatcher's token that lets it see the divisions and nothing else."""
    person = await make_person("program")
    await give_post(person, role, street)
    token = await token_for(person, "places.see")
    return arrive(shell, "program with a narrow token", bearer=token)


async def moved(shell: Shell, near: Street, far: Street) -> Visitor:
    """The officer whose name stands on all that was done there, at work here from now on."""
    role = house().roster.role("dispatcher")
    assert role is not None
    officer = await Person.get(id=far.officer)
    await Post.filter(person_id=officer.id).update(valid_until=today() - timedelta(days=1))
    await give_post(officer, role, near)
    visitor = await signed_in(shell, "officer who was moved", officer)
    visitor.own = ("the officer.", "core.Session.", "figures.Objection.", "figures.Sheet.")
    return visitor


@atomic
async def token_for(person: Person, *scopes: str) -> str:
    token = secrets.token_urlsafe(32)
    await Session.create(
        person=person,
        kind="api",
        token_hash=token_hash(token),
        expires_at=datetime.now(UTC) + timedelta(days=1),
        name="a program",
        scopes=list(scopes),
    )
    return token


async def _let_go(shell: Shell, street: Street) -> Visitor:
    """In a unit that was called to help there, and gave it back before it signed."""
    from plugins.cases.models import Task

    role = house().roster.role("handler")
    assert role is not None
    helper = await _helping_unit(street)
    known = {"case_id": street.number, "wanted": "帮忙", "caller_id": street.officer}
    await Task.create(number=2, unit=helper, stage="returned", called_at=datetime.now(UTC), **known)
    person = await make_person("let-go")
    await Post.create(person=person, role=role.name, unit=helper)
    return await signed_in(shell, "unit that gave it back unsigned", person)


@atomic
async def _helping_unit(street: Street) -> Unit:
    area = await Area.get(level="district")
    return await Unit.create(code="helper", name="帮忙的单位", area=area)
