"""GraphQL over WebSocket: facts reach those who may see them, and no client holds us up."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import orjson
import pytest

from core.database import atomic
from core.house import house as running_house
from core.kernel import Kernel
from core.people import Person, Session, open_session
from core.testing import make_viewer
from core.viewers import viewer_of
from liuhe import announce, create_area
from tests.web.garden import GARDEN, GROUND, Given, PlotOpened, app_of, open_plot
from web.graphql import sockets

WATCH = {"query": "subscription { plotOpened { name } }"}


class Socket:
    """The browser's end of a WebSocket, in the same loop. `stuck` stops reading."""

    def __init__(self, app: Given, headers: dict[str, str], protocols: list[str]) -> None:
        self.closed: int | None = None
        self.reading = asyncio.Event()
        self.reading.set()
        self._out: asyncio.Queue[Any] = asyncio.Queue()
        self._in: asyncio.Queue[Any] = asyncio.Queue()
        self._out.put_nowait({"type": "websocket.connect"})
        scope = {
            "type": "websocket",
            "path": "/graphql",
            "root_path": "",
            "query_string": b"",
            "headers": [(k.encode(), v.encode()) for k, v in {"host": "h.test", **headers}.items()],
            "subprotocols": protocols,
        }
        self.task = asyncio.create_task(app(scope, self._out.get, self._take))

    async def _take(self, message: Any) -> None:
        await self.reading.wait()
        if message["type"] == "websocket.close":
            self.closed = message.get("code", 1000)
            self._out.put_nowait({"type": "websocket.disconnect", "code": self.closed})
        await self._in.put(message)

    async def next(self) -> Any:
        """The next message's content; the close code where the server hung up."""
        async with asyncio.timeout(5):
            message = await self._in.get()
        if message["type"] == "websocket.send":
            content = orjson.loads(message["text"])
            return await self.next() if content["type"] == "ping" else content
        return message.get("code", message["type"])

    def send(self, type: str, **more: Any) -> None:
        self.say(orjson.dumps({"type": type, **more}).decode())

    def say(self, text: str) -> None:
        self._out.put_nowait({"type": "websocket.receive", "text": text})

    async def hang_up(self) -> None:
        self.reading.set()
        self._out.put_nowait({"type": "websocket.disconnect", "code": 1001})
        async with asyncio.timeout(5):
            await self.task


@pytest.fixture
def engine() -> str:
    return "sqlite"


@pytest.fixture
async def kernel_and_app(kernel_on: Any) -> AsyncIterator[tuple[Kernel, Given]]:
    async with kernel_on(found=[GROUND, GARDEN]) as kernel:
        yield kernel, app_of(kernel)


@pytest.fixture
async def app(kernel_and_app: tuple[Kernel, Given]) -> Given:
    app = kernel_and_app[1]
    app.viewer = await make_viewer("zhang", "admin")
    app.by_cookie = True
    return app


@pytest.fixture
async def connect(app: Given) -> AsyncIterator[Any]:
    made: list[Socket] = []

    async def open(
        payload: Any = None, *, protocols: Any = ("graphql-transport-ws",), **headers: str
    ) -> Socket:
        socket = Socket(app, headers, list(protocols))
        made.append(socket)
        if await socket.next() == "websocket.accept" and payload is not None:
            socket.send("connection_init", payload=payload)
        return socket

    yield open
    for socket in made:
        if not socket.task.done():
            await socket.hang_up()


async def watching(socket: Socket, id: str = "1") -> None:
    socket.send("subscribe", id=id, payload=WATCH)
    await asyncio.sleep(0.05)


async def test_a_fact_reaches_the_listener_as_an_object(app: Given, connect: Any) -> None:
    socket = await connect({})
    assert await socket.next() == {"type": "connection_ack"}
    await watching(socket)
    assert app.viewer is not None
    await open_plot(app.viewer, "山")
    assert await socket.next() == {
        "id": "1",
        "type": "next",
        "payload": {"data": {"plotOpened": {"name": "山"}}},
    }


async def test_nobody_hears_of_what_they_may_not_see(app: Given, connect: Any) -> None:
    @atomic
    async def hidden() -> None:
        day = date(2026, 1, 1)
        area = await create_area(code="hidden", name="x", level="grid", parent=None, valid_from=day)
        await announce(PlotOpened(plot_id=area.id))

    socket = await connect({})
    await socket.next()
    await watching(socket)
    await hidden()
    assert app.viewer is not None
    await open_plot(app.viewer, "水")
    assert (await socket.next())["payload"]["data"] == {"plotOpened": {"name": "水"}}


async def test_queries_and_mutations_run_on_the_socket_too(connect: Any) -> None:
    socket = await connect({})
    await socket.next()
    query = 'mutation { openPlot(input: {name: ""}) { errors { code } } }'
    socket.send("subscribe", id="m", payload={"query": query})
    answer = await socket.next()
    assert answer["payload"] == {"data": {"openPlot": {"errors": [{"code": "required"}]}}}
    assert await socket.next() == {"id": "m", "type": "complete"}


async def test_a_wrong_operation_is_an_error_and_the_socket_lives_on(connect: Any) -> None:
    socket = await connect({})
    await socket.next()
    for query, code in (
        ("{", "BAD_USER_INPUT"),
        ("{ nothing }", "BAD_USER_INPUT"),
        ("query A { greeting } query B { greeting }", "BAD_USER_INPUT"),
        ("{ " + "greeting " * 20 + "}", "TOO_COSTLY"),
    ):
        socket.send("subscribe", id="x", payload={"query": query})
        answer = await socket.next()
        assert (answer["type"], answer["payload"][0]["extensions"]["code"]) == ("error", code)


async def test_a_token_opens_a_socket(app: Given, connect: Any) -> None:
    app.viewer, app.by_cookie = None, False
    token, _ = await open_session(await Person.get(username="zhang"), "api")
    socket = await connect({"Authorization": f"Bearer {token}"})
    assert await socket.next() == {"type": "connection_ack"}
    socket.send("subscribe", id="1", payload={"query": "{ viewer { username } }"})
    assert (await socket.next())["payload"]["data"] == {"viewer": {"username": "zhang"}}


@pytest.mark.parametrize("payload", [{}, {"authorization": "Bearer wrong"}])
async def test_nobody_signed_in_is_refused(app: Given, connect: Any, payload: Any) -> None:
    app.viewer = None
    socket = await connect(payload)
    assert await socket.next() == 4403


async def test_a_wrong_token_is_not_mended_by_the_cookie(connect: Any) -> None:
    socket = await connect({"authorization": "Bearer wrong"})
    assert await socket.next() == 4403


@pytest.mark.parametrize(
    ("origin", "accepted"), [("http://h.test", True), ("https://evil.test", False), ("null", False)]
)
async def test_a_page_elsewhere_gets_no_socket(connect: Any, origin: str, accepted: bool) -> None:
    socket = await connect(origin=origin)
    assert (socket.closed is None) == accepted


async def test_another_protocol_is_refused(connect: Any) -> None:
    socket = await connect(protocols=["graphql-ws"])
    assert await socket.next() == 4406


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "1",
        '{"type": "dance"}',
        '{"type": "subscribe"}',
        '{"type": "subscribe", "id": 1, "payload": {"query": "{ greeting }"}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": 1}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "variables": []}}',
        '{"type": "complete"}',
        '"' + "x" * 1_000_001 + '"',
    ],
)
async def test_what_is_no_message_ends_the_socket(connect: Any, text: str) -> None:
    socket = await connect({})
    await socket.next()
    socket.say(text)
    assert await socket.next() == 4400


async def test_nothing_is_answered_before_the_greeting(connect: Any) -> None:
    socket = await connect()
    socket.send("subscribe", id="1", payload=WATCH)
    assert await socket.next() == 4401


async def test_who_does_not_greet_is_shown_out(
    connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "INIT_TIMEOUT", timedelta(seconds=0.02))
    socket = await connect()
    assert await socket.next() == 4408


async def test_operations_on_a_socket_are_bounded(
    connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "OPERATIONS", 2)
    socket = await connect({})
    await socket.next()
    for n in "123":
        socket.send("subscribe", id=n, payload=WATCH)
    assert (await socket.next())["id"] == "3"


async def test_an_ended_session_ends_the_socket(
    app: Given, connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "RECHECK_EVERY", 0.02)
    token, _ = await open_session(await Person.get(username="zhang"), "api")
    app.viewer = await viewer_of(token, "api", running_house().roster)
    socket = await connect({"authorization": f"Bearer {token}"})
    await socket.next()
    await watching(socket)
    assert socket.closed is None
    await Session.all().delete()
    assert await socket.next() == sockets.SESSION_ENDED


async def test_a_client_that_lags_is_closed_with_a_clear_code(
    app: Given, connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket = await connect({})
    await socket.next()
    await watching(socket)
    socket.reading.clear()
    await announce_many(app, 150)
    await asyncio.sleep(0.1)
    socket.reading.set()
    while isinstance(last := await socket.next(), dict):
        pass
    assert last == sockets.TOO_SLOW


async def test_a_client_that_never_reads_is_left(
    app: Given, connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "SEND_TIMEOUT", 0.05)
    socket = await connect({})
    await socket.next()
    await watching(socket)
    socket.reading.clear()
    await announce_many(app, 1)
    async with asyncio.timeout(5):
        await socket.task


async def announce_many(app: Given, number: int) -> None:
    @atomic
    async def write() -> None:
        assert app.viewer is not None
        area = await open_plot(app.viewer, "多")
        for _ in range(number - 1):
            await announce(PlotOpened(plot_id=area.id))

    await write()
