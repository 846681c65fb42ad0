"""Slow, endless and broken requests on a real socket: hung up on, and nobody else waits."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from core.errors import LiuheError
from liuhe import patience
from liuhe.patience import PatientProtocol
from web import middleware
from web.middleware import BodyLimit

GET = b"GET / HTTP/1.1\r\nhost: liuhe\r\n\r\n"


async def echo(request: Request) -> Response:
    return PlainTextResponse(f"{len(await request.body())}")


async def refused(_: Request, error: Any) -> Response:
    return PlainTextResponse(error.message, error.status)


async def unread(_: Request) -> Response:
    """As one who is not signed in is answered."""
    return PlainTextResponse("请先登录。", 401)


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.5)
    monkeypatch.setattr(patience, "REST_SECONDS", 0.5)
    monkeypatch.setattr(patience, "REST_BYTES", 180_000)
    monkeypatch.setattr(middleware, "PART_SECONDS", 0.5)
    app = Starlette(
        routes=[
            Route("/", echo, methods=["GET", "POST"]),
            Route("/unread", unread, methods=["POST"]),
        ],
        middleware=[Middleware(BodyLimit, limit=200_000)],
        exception_handlers={LiuheError: refused},
    )
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    known = uvicorn.Config(app, http=PatientProtocol, log_level="error", timeout_keep_alive=1)
    server = uvicorn.Server(known)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:  # noqa: ASYNC110 - it has no event
        await asyncio.sleep(0.01)
    yield int(listener.getsockname()[1])
    server.should_exit = True
    await serving


async def answer(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """All that comes back until the server hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
        return await asyncio.wait_for(reader.read(-1), 5)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_a_head_that_comes_drop_by_drop_is_hung_up_on(port: int) -> None:
    assert await answer(port, b"") == b""
    assert await answer(port, b"GET / HTTP/1.1\r\n", *[b"x: y\r\n"] * 10, pause=0.1) == b""
    # The same on a connection that was used before.
    assert (await answer(port, GET, b"GET / HT", pause=0.1)).count(b"HTTP/1.1 200") == 1


async def test_a_head_without_end_is_refused(port: int) -> None:
    found = await answer(port, b"GET / HTTP/1.1\r\nx: ", *[b"a" * 10_000] * 20)
    assert found == b"" or found.startswith(b"HTTP/1.1 431")


async def test_a_body_that_stops_is_told_so(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nhost: liuhe\r\nconnection: close\r\ncontent-length: 100\r\n\r\n"
    found = await answer(port, head, b"half")
    assert found.startswith(b"HTTP/1.1 408")
    assert "传得太慢或者中断了".encode() in found


async def test_slow_ones_keep_nobody_waiting_and_whole_ones_pass(port: int) -> None:
    slow = [asyncio.create_task(answer(port, b"GET / ")) for _ in range(50)]
    await asyncio.sleep(0.05)
    closing = GET.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
    assert (await answer(port, closing)).startswith(b"HTTP/1.1 200")
    size = 150_000
    head = f"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {size}\r\n\r\n"
    found = await answer(port, head.encode() + b"b" * size)
    assert found.endswith(b"150000")
    assert await asyncio.gather(*slow) == [b""] * 50


async def test_one_who_hangs_up_half_way_disturbs_nobody(port: int) -> None:
    for _ in range(20):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\nhalf")
        await writer.drain()
        writer.transport.abort()
    closing = GET.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
    assert (await answer(port, closing)).startswith(b"HTTP/1.1 200")


def refused_upload(size: int) -> bytes:
    return f"POST /unread HTTP/1.1\r\nhost: x\r\ncontent-length: {size}\r\n\r\n".encode()


async def test_one_who_is_refused_before_all_was_sent_may_send_the_rest_and_ask_again(
    port: int,
) -> None:
    """A proxy that finds the connection broken tells of that, and not of the refusal."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(refused_upload(170_000) + b"b" * 10_000)
    assert b"401" in await asyncio.wait_for(reader.readuntil(b"\r\n"), 5)
    for _ in range(16):
        writer.write(b"b" * 10_000)
        await writer.drain()
    writer.write(GET.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
    found = await asyncio.wait_for(reader.read(-1), 5)
    assert found.count(b"HTTP/1.1 200") == 1
    writer.close()


async def test_the_rest_of_a_refused_body_is_not_heard_for_ever(port: int) -> None:
    endless = [b"b" * 10_000] * 40
    found = await answer(port, refused_upload(900_000), *endless)
    assert found == b"" or found.count(b"HTTP/1.1") == 1
    drops = await answer(port, refused_upload(900_000), *[b"b"] * 10, pause=0.1)
    assert drops == b"" or drops.count(b"HTTP/1.1") == 1
    idle = await answer(port, refused_upload(10) + b"b" * 5, b"b" * 5, pause=0.1)
    assert idle.count(b"HTTP/1.1") == 1, "and then hung up on, like any that is idle"
