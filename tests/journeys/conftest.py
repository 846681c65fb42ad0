"""A whole running household: server, worker and eyes, on a folder of its own and a free port."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx2
import psutil
import pytest

from core.testing import drop_postgres, postgres_empty
from tests.factories import sqlite_first

TREE = Path(__file__).parents[2]
PASSWORD = "liuhe-2468-journey"


@dataclass
class Household:
    """A started `liuhe up` and how to reach it."""

    process: "subprocess.Popen[bytes]"
    url: str
    folder: Path
    log: Path
    database: str
    ready_at: float = 0.0

    def seconds_since_ready(self) -> float:
        return time.monotonic() - self.ready_at

    def token(self, username: str) -> str:
        given = {"username": username, "password": PASSWORD}
        answer = httpx2.post(f"{self.url}/auth/token", json=given, timeout=20)
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, word: str) -> psutil.Process:
        """The running process whose command line has `word` ("serve", "worker", "gpu")."""
        return next(one for one in self.children() if word in one.cmdline())

    def wait_until_ready(self, seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"ended early:\n{self.log.read_text()[-4000:]}"
            try:
                if httpx2.get(f"{self.url}/readyz", timeout=5).status_code == 200:
                    self.ready_at = self.ready_at or time.monotonic()
                    return
            except httpx2.HTTPError:
                pass
            time.sleep(0.2)
        raise AssertionError(f"not ready after {seconds} s:\n{self.log.read_text()[-4000:]}")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_household(folder: Path, *options: str, **env: str) -> Household:
    port = free_port()
    log = folder.parent / f"{folder.name}.log"
    command = [sys.executable, "-m", "liuhe", "up", "--port", str(port), "--data", str(folder)]
    with log.open("ab") as out:
        process = subprocess.Popen(
            [*command, *options],
            cwd=TREE,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={
                **{key: value for key, value in os.environ.items() if not key.startswith("LIUHE_")},
                "LIUHE_DEMO_PASSWORD": PASSWORD,
                "PYTHONUTF8": "1",
                **env,
            },
        )
    database = env.get("LIUHE_DATABASE_URL", f"sqlite://{folder / 'liuhe.sqlite3'}")
    return Household(process, f"http://127.0.0.1:{port}", folder, log, database)


class Moving(Protocol):
    """`async with move_in(*options, **env) as household:`, started and ready."""

    def __call__(self, *options: str, **env: str) -> AbstractAsyncContextManager[Household]: ...


@pytest.fixture(scope="session", params=sqlite_first())
def move_in(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Moving:
    """On a fresh database of the engine, and gone without a trace afterwards."""
    postgres = request.param == "postgres"
    server = request.getfixturevalue("postgres_server") if postgres else ""

    @asynccontextmanager
    async def moved(*options: str, **env: str) -> AsyncIterator[Household]:
        address = await postgres_empty(server) if server else ""
        known = {"LIUHE_DATABASE_URL": address} if address else {}
        folder = tmp_path_factory.mktemp("household") / "data"
        running = start_household(folder, *options, **known, **env)
        try:
            running.wait_until_ready(240)
            yield running
            children = running.children()
            assert running.stop() == 0
            assert not [one for one in children if one.is_running()]
        finally:
            if running.process.poll() is None:
                running.process.kill()
            if address:
                await drop_postgres(address)

    return moved


@pytest.fixture(scope="session")
async def household(move_in: Moving) -> AsyncIterator[Household]:
    """The demo district with its camera running, for the whole session."""
    async with move_in() as running:
        yield running
