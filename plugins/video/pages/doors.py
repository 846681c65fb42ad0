"""What every door of the eyes has: a token, a bound on what is read, and patience."""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeVar

from starlette.responses import JSONResponse

from gpu.messages import Config
from gpu.national.messages import Registry
from liuhe import BadInput, NotFound, TooLarge
from liuhe.pages import Request, Response
from plugins.video.actions import revision, worker_of
from plugins.video.facts import ConfigurationChanged
from plugins.video.models import Worker
from plugins.video.rules import row_id

T = TypeVar("T")
Handler = Callable[[Request, Worker], Awaitable[Response]]

LONGEST_WAIT = 30.0  # seconds


def for_eyes(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Let in only who holds a worker's token; browsers' cookies open nothing here."""

    async def guarded(request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        worker = await worker_of(token.strip() if scheme.lower() == "bearer" else "")
        return await handler(request, worker)

    return guarded


def bounded(request: Request, limit: int) -> Request:
    """The same request, which refuses to read more than `limit` bytes of its body."""
    taken = 0

    async def receive() -> MutableMapping[str, Any]:
        nonlocal taken
        message = await request.receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise TooLarge(f"这次上传不能超过 {limit / 1_000_000:.1f} MB。")
        return message

    return Request(request.scope, receive)


async def read_body(request: Request, limit: int) -> bytes:
    return await bounded(request, limit).body()


def number_in_path(request: Request) -> int:
    number = row_id(str(request.path_params["id"]))
    if number is None:
        raise NotFound()
    return number


def wait_of(request: Request, usual: float) -> float:
    """Seconds that the caller is ready to wait: `?wait=`, at most half a minute."""
    try:
        wait = float(request.query_params.get("wait", usual))
    except ValueError:
        raise BadInput("wait 要是秒数。", field="wait") from None
    if not 0 <= wait <= LONGEST_WAIT:
        raise BadInput(f"wait 在 0 到 {LONGEST_WAIT:g} 秒之间。", field="wait")
    return wait


async def once_changed(
    request: Request, tell: Callable[[], Awaitable[Config | Registry]]
) -> Response:
    """200 with what is told, or 304 where the configuration stays the same for `wait` seconds."""
    known = request.headers.get("if-none-match", "").strip().removeprefix("W/").strip('"')
    wait = wait_of(request, 0.0)

    async def look() -> str | None:
        mark = await revision()
        return mark if mark != known else None

    if known and await patiently(request, look, wait) is None:
        return Response(status_code=304, headers={"etag": f'"{known}"'})
    told = await tell()
    return JSONResponse(told.to_json(), headers={"etag": f'"{told.version}"'})


async def patiently(
    request: Request,
    look: Callable[[], Awaitable[T | None]],
    wait: float,
    *,
    every: float = 5.0,
) -> T | None:
    """Look at once, whenever the configuration changes, and `every` so often, until there is
    something. Between looks nothing is held; a server that stops does not wait for us."""
    until = time.monotonic() + wait
    async with request.app.state.hub.listen(ConfigurationChanged.name) as changes:
        while (found := await look()) is None and (left := until - time.monotonic()) > 0:
            try:
                async with asyncio.timeout(min(every, left)):
                    await anext(changes)
            except TimeoutError:
                continue
            except StopAsyncIteration:
                break
    return found
