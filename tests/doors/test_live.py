"""What is told while it happens: to nobody whom it does not concern, on no kind of line."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest

from core.areas import Area
from core.database import atomic
from core.house import house
from core.people import Person
from core.viewers import load_viewer
from liuhe import announce
from plugins.cases.facts import CaseMoved
from tests.doors.conftest import District
from tests.doors.doors import Questions
from tests.doors.planting import Street
from tests.doors.visitors import Visitor
from tests.factories import only
from tests.web.test_graphql_socket import Socket
from web.hub import Hub
from web.live import concerns, ids_only
from web.session import COOKIE

pytestmark = pytest.mark.slow


def facts_of(district: District) -> list[type[Any]]:
    return [one for plugin in district.shell.kernel.plugins.values() for one in plugin.facts]


@only("sqlite")
async def test_no_fact_of_another_street_comes_to_an_open_page(district: District) -> None:
    far, near = await Area.get(id=district.far.number), await Area.get(id=district.near.number)
    heard = set()
    async with district.visitors() as visitors:
        for visitor in visitors:
            person = await Person.get_or_none(username=visitor.name.split()[0] + "-near")
            if person is None:
                continue
            viewer = await load_viewer(person, house().roster)
            for fact in facts_of(district):
                away = {"area_path": far.path, "unit_id": far.id, "case_id": far.id}
                assert not concerns(viewer, fact.name, away), (visitor.name, fact.name)
                assert not concerns(viewer, fact.name, {"case_id": far.id}), fact.name
                here = {"area_path": near.path, "unit_id": near.id, "case_id": near.id}
                if fact.name.startswith("cases.") and concerns(viewer, fact.name, here):
                    heard.add(visitor.role)
    assert heard == {"admin", "dispatcher", "grid", "handler", "supervisor"}


def test_an_open_page_is_told_numbers_and_not_who_did_it() -> None:
    told = ids_only({"case_id": 7, "person_id": 3, "title": "x", "area_path": "1.", "note": "y"})
    assert told == {"case_id": 7}


@only("sqlite")
async def test_an_open_page_hears_of_the_own_street_alone(district: District) -> None:
    district.shell.app.state.hub = Hub(every=0.01)
    async with district.visitors(all=False) as visitors:
        lines = {one.role: await Stream.opened(district.shell.app, one) for one in visitors}
    await asyncio.sleep(0.1)
    await _moved(district.far)
    await _moved(district.near)
    hearing = {"admin", "dispatcher", "grid", "handler", "supervisor"}
    for role, line in lines.items():
        heard = await line.until(str(district.near.number), 4 if role in hearing else 0.5)
        assert str(district.far.number) not in heard, role
        assert (str(district.near.number) in heard) == (role in hearing), role
        assert str(district.near.officer) not in heard, role
        await line.close()


@dataclass
class Stream:
    """`/admin/live` as a browser holds it open."""

    going: asyncio.Task[Any]
    sent: asyncio.Queue[bytes]

    @classmethod
    async def opened(cls, app: Any, visitor: Visitor) -> "Stream":
        sent: asyncio.Queue[bytes] = asyncio.Queue()
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/admin/live",
            "raw_path": b"/admin/live",
            "query_string": b"",
            "scheme": "http",
            "http_version": "1.1",
            "root_path": "",
            "client": ("10.8.0.1", 999),
            "server": ("testserver", 80),
            "headers": [
                (b"host", b"testserver"),
                (b"cookie", f"{COOKIE}={visitor.session}".encode()),
            ],
        }

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                assert message["status"] == 200, visitor.name
            await sent.put(message.get("body", b""))

        async def receive() -> Any:
            await asyncio.Event().wait()

        line = cls(asyncio.create_task(app(scope, receive, send)), sent)
        assert "retry" in await line.until("retry", 4)
        return line

    async def until(self, word: str, most: float) -> str:
        """All that is heard up to a word; facts come in the order in which they happened."""
        heard = ""
        with suppress(TimeoutError):
            async with asyncio.timeout(most):
                while word not in heard:
                    heard += (await self.sent.get()).decode()
        return heard

    async def close(self) -> None:
        self.going.cancel()
        with suppress(asyncio.CancelledError):
            await self.going


@only("sqlite")
async def test_a_subscription_tells_of_the_own_street_alone(district: District) -> None:
    district.shell.app.state.hub = Hub(every=0.01)
    (name, text, given), *more = Questions(district.schema, district.near).subscriptions()
    assert (name, more) == ("caseChanged", []), "a new subscription wants its fact here"
    async with district.visitors(all=False) as visitors:
        lines = {
            visitor.role: await _line(district, visitor.session, text, given)
            for visitor in visitors
        }
    await asyncio.sleep(0.1)
    await _moved(district.far)
    await _moved(district.near)
    told = await asyncio.gather(*map(_told, lines.values()))
    given_to = dict(zip(lines, told, strict=True))
    for line in lines.values():
        await line.hang_up()
    far = {role: district.far.seen_in(text) for role, text in given_to.items()}
    assert {role: seen for role, seen in far.items() if seen} == {}
    near = {role for role, text in given_to.items() if district.near.seen_in(text)}
    assert near == {"admin", "supervisor", "dispatcher", "grid", "handler", "resident"}


async def _line(district: District, session: str, text: str, given: dict[str, Any]) -> Socket:
    headers = {"cookie": f"{COOKIE}={session}"}
    line = Socket(district.shell.app, headers, ["graphql-transport-ws"])
    assert await line.next() == "websocket.accept"
    line.send("connection_init", payload={})
    assert (await line.next())["type"] == "connection_ack"
    line.send("subscribe", id="1", payload={"query": text, "variables": given})
    return line


@atomic
async def _moved(street: Street) -> None:
    """The case goes on, as far as anybody hears."""
    area = await Area.get(id=street.number)
    moved = {"action": "sign", "from_stage": "dispatched", "to_stage": "signed"}
    known = {"unit_id": street.number, "person_id": street.officer, "area_path": area.path}
    await announce(CaseMoved(case_id=street.number, **moved, **known))


async def _told(line: Socket) -> str:
    """All that comes, until nothing more does; facts come in the order in which they happened."""
    heard: list[str] = []
    with suppress(TimeoutError):
        while True:
            async with asyncio.timeout(1 if heard else 4):
                heard.append(str(await line.next()))
    return " ".join(heard)
