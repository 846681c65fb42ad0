"""One side of a race, a server process of its own: `python -m liuhe.bench.served` and JSON."""

import asyncio
import gc
import importlib
import json
import pickle
import socket
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite
import asyncpg
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tortoise.expressions import Q

from core import house as running
from core.asyncpg_client import Plain
from core.database import POOL, opened
from core.testing import load
from liuhe import logs
from liuhe.running import loop_factory
from plugins.figures.actions import now, refresh_month, zone
from plugins.figures.rules import later, month_of
from web.app import build_app
from web.graphql.building import build_schema

#: One account asks as fast as it can here: the limits count as ever, and are never reached.
RATES = ("rate_address", "rate_stranger", "rate_account", "rate_token", "rate_cost")


async def main(given: dict[str, Any]) -> None:
    logs.speak()  # to stderr: nobody reads stdout after its first line, and a full pipe stops all
    # With the protocol named, asyncio sends small answers at once (TCP_NODELAY).
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    async with AsyncExitStack() as stack:
        if given.get("statements"):
            app: Any = bare(given["url"], Path(given["statements"]))
        else:
            if given.get("viewer"):
                without_permissions(Path(given["viewer"]))
            app = await stack.enter_async_context(whole(given["url"], Path(given["folder"])))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        gc.collect()
        gc.freeze()  # as `liuhe serve` does
        print(listener.getsockname()[1], flush=True)
        await server.serve(sockets=[listener])


@asynccontextmanager
async def whole(url: str, folder: Path) -> Any:
    """The application as `liuhe serve` runs it."""
    kernel = load(folder, url=url)
    kernel.settings = kernel.settings.model_copy(update=dict.fromkeys(RATES, 10**9))
    running.enter(kernel.house())
    async with opened(url, kernel.tables, everywhere=True):
        app = build_app(kernel, build_schema(kernel))
        app.routes.append(Route("/bench/figures", figures))
        yield app


async def figures(request: Request) -> Response:
    """The job that counts: every indicator of the last whole month, anew."""
    await refresh_month(later(month_of(now(), zone()), -1), now(), all_of_it=True)
    return Response("[]", media_type="application/json")


def without_permissions(viewer: Path) -> None:
    """Everybody sees every case, and nobody is asked who it is."""
    nodes: Any = importlib.import_module("plugins.cases.schema.nodes")
    session: Any = importlib.import_module("web.session")
    known = pickle.loads(viewer.read_bytes())  # noqa: S301 - we wrote it

    async def viewer_of(*_: Any) -> Any:
        return known

    session.viewer_of = viewer_of
    nodes.visible = lambda _: Q()


def bare(url: str, statements: Path) -> Starlette:
    """Runs these statements one after the other and dumps the rows of the last."""
    asked = pickle.loads(statements.read_bytes())  # noqa: S301 - we wrote it
    run = on_sqlite(url, asked) if url.startswith("sqlite") else on_postgres(url, asked)

    async def answer(request: Request) -> Response:
        await request.body()
        return Response(orjson.dumps(await run(), default=str), media_type="application/json")

    return Starlette(routes=[Route("/graphql", answer, methods=["POST"])])


def on_sqlite(url: str, asked: list[Any]) -> Any:
    ready: list[asyncio.Task[Any]] = []

    async def connected() -> aiosqlite.Connection:
        made = await aiosqlite.connect(url.removeprefix("sqlite://"), isolation_level=None)
        made.row_factory = aiosqlite.Row
        return made

    async def run() -> list[dict[str, Any]]:
        if not ready:
            ready.append(asyncio.ensure_future(connected()))
        connection = await ready[0]
        found: Any = []
        for sql, values in asked:
            found = await connection.execute_fetchall(sql, values)
        return [dict(row) for row in found]

    return run


def on_postgres(url: str, asked: list[Any]) -> Any:
    pool: Any = asyncpg.create_pool(url, min_size=1, max_size=POOL, connection_class=Plain)
    ready: list[asyncio.Task[Any]] = []

    async def run() -> list[dict[str, Any]]:
        if not ready:
            ready.append(asyncio.ensure_future(_opened(pool)))
        await ready[0]
        async with pool.acquire() as connection:
            for sql, values in asked:
                found = await connection.fetch(sql, *values)
        return [dict(row) for row in found]

    return run


async def _opened(pool: Any) -> None:
    await pool


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=loop_factory()) as runner:  # as `liuhe serve` does
        runner.run(main(json.loads(sys.argv[1])))
