"""The long-running processes: the server and the worker, each until it is told to stop.

Both watch two things every second: whether the plugins were chosen anew (then they end with
`AGAIN`, and whoever started them starts them once more), and whether their parent has gone.
"""

import asyncio
import gc
import importlib
import os
import signal
import socket
from collections.abc import Callable, Coroutine
from contextlib import suppress
from types import FrameType
from typing import Any, cast

import structlog
import uvicorn

from core.absence import absence
from core.database import opened
from core.errors import SetupError
from core.migrate import pending
from core.settings import Settings
from core.state import GENERATION, recall
from core.worker import Worker
from liuhe.compose import Composed, compose
from liuhe.patience import PatientProtocol
from web.app import build_app

log = structlog.get_logger()

#: Exit code that asks to be started again (EX_TEMPFAIL).
AGAIN = 75
GRACE = 5  # seconds that open requests get when the server stops


def run(work: Coroutine[Any, Any, int]) -> int:
    """Until it ends, on uvloop where there is one (not on Windows)."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(work)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        uvloop = importlib.import_module("uvloop")
    except ImportError:
        return asyncio.new_event_loop
    return cast(Callable[[], asyncio.AbstractEventLoop], uvloop.new_event_loop)


async def serve() -> int:
    """The HTTP server; 0 when stopped, `AGAIN` when the plugins have changed."""
    composed = await compose()
    settings = composed.kernel.settings
    app = build_app(composed.kernel, composed.schema, generation=composed.generation)
    server = _Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            timeout_graceful_shutdown=GRACE,
            http=PatientProtocol,
            timeout_keep_alive=20,
            limit_concurrency=1_000,
            log_level="warning",
            server_header=False,
        )
    )
    async with opened(settings.database, composed.kernel.tables, everywhere=True):
        await _demand_migrated(composed)
        absence.told = True
        with _listening(settings) as listener:
            gc.collect()
            gc.freeze()  # what stays for ever is not looked through again and again
            log.info("server.ready", address=f"http://{settings.host}:{settings.port}/")
            watch = asyncio.create_task(_until_changed(composed, server.ask_stop))
            await server.serve(sockets=[listener])
            watch.cancel()
    return AGAIN if server.again else 0


class _Server(uvicorn.Server):
    """Closes live feeds when asked to stop, so that they do not use up the grace of the rest."""

    again = False

    def ask_stop(self, again: bool = False) -> None:
        self.again = again
        self.should_exit = True
        asyncio.get_running_loop().create_task(self.config.app.state.hub.close())  # type: ignore[union-attr]

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.ask_stop()


def _listening(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # With the protocol named, asyncio sends what is small at once: no 40 ms on kept connections.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise SetupError(
            f"端口 {settings.port} 已被占用或不能使用：请用 --port 换一个，或关掉占用它的程序。"
        ) from error
    return listener


async def work() -> int:
    """The worker: deliveries, jobs and the clock."""
    composed = await compose()
    stop, ended = asyncio.Event(), [0]

    def ask_stop(again: bool = False) -> None:
        ended[0] = AGAIN if again else 0
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ask_stop)
    async with opened(composed.kernel.settings.database, composed.kernel.tables, everywhere=True):
        await _demand_migrated(composed)
        absence.told = True
        watch = asyncio.create_task(_until_changed(composed, ask_stop))
        log.info("worker.ready", jobs=len(composed.kernel.jobs))
        await Worker(composed.kernel.jobs).run(stop)
        watch.cancel()
    return ended[0]


async def _demand_migrated(composed: Composed) -> None:
    kernel = composed.kernel
    if waiting := await pending(kernel.settings.database, kernel.tables):
        raise SetupError(f"数据库还差 {len(waiting)} 步升级：请先运行 liuhe migrate。")


async def _until_changed(composed: Composed, ask_stop: Callable[[bool], None]) -> None:
    parent = os.getppid()
    while True:
        await asyncio.sleep(1)
        if os.getppid() != parent:
            ask_stop(False)
            return
        with suppress(Exception):  # the database is away: look again in a second
            if int(await recall(GENERATION, 0)) != composed.generation:
                ask_stop(True)
                return
