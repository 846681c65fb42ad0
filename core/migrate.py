"""Brings a database to the models of the plugins that are on: ordered, locked, forward only.

SQLite rebuilds a table to alter it, and with foreign keys on, that would silently empty every
table that points to it. So the file is copied first, foreign keys are off while it lasts, and
checked when it is done; a failure puts the copy back.
"""

import asyncio
import fcntl
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tortoise.context import TortoiseContext
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.executor import MigrationExecutor
from tortoise.utils import generate_schema_for_client

from core.contributions import Tables
from core.database import config, connection, dialect, opened, rows, sqlite_path
from core.errors import SetupError

ADVISORY_LOCK = 6_1_6_0_2026  # any number, the same for every liuhe process
COPIES_KEPT = 3

Say = Callable[[str], None]


async def migrate(url: str, tables: dict[str, Tables], say: Say = lambda _: None) -> int:
    """Apply what is missing; the number of migrations applied."""
    path = sqlite_path(url)
    if path is None:
        async with opened(url, tables, migrating=True), _advisory_lock():
            return await _apply(url, tables, say)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _file_lock(path.with_suffix(".lock")):
        return await _migrate_file(path, url, tables, say)


async def _migrate_file(path: Path, url: str, tables: dict[str, Tables], say: Say) -> int:
    async with opened(url, tables):
        waiting = await pending(url, tables)
    if not waiting:
        return 0
    copy = await asyncio.to_thread(_copy, path)  # None: the database is new
    try:
        async with opened(url, tables, migrating=True):
            applied = await _apply(url, tables, say)
            await _check_foreign_keys()
            await generate_schema_for_client(connection(), safe=True)
    except BaseException:
        if copy is not None:
            await asyncio.to_thread(_restore, path, copy)
        raise
    return applied


async def pending(url: str, tables: dict[str, Tables]) -> list[str]:
    """What `migrate` would apply, as "app.name"; the database must be open."""
    executor = MigrationExecutor(connection(), config(url, tables)["apps"])
    plan = await executor.plan()
    return [f"{step.migration.app_label}.{step.migration.name}" for step in plan]


async def _apply(url: str, tables: dict[str, Tables], say: Say) -> int:
    executor = MigrationExecutor(connection(), config(url, tables)["apps"])
    applied: list[str] = []

    def progress(event: str, app: str, name: str) -> None:
        if event == "apply_done":
            applied.append(name)
            say(f"数据库：{app} {name}")

    await executor.migrate(direction="forward", progress=progress)
    return len(applied)


async def _check_foreign_keys() -> None:
    if dialect() == "sqlite" and (broken := await rows("PRAGMA foreign_key_check")):
        raise SetupError(f"数据库升级后有 {len(broken)} 处引用断开，已恢复到升级前；请联系开发者。")


@asynccontextmanager
async def _advisory_lock() -> AsyncIterator[None]:
    client: Any = connection()
    async with client.acquire_connection() as held:
        await held.execute("SELECT pg_advisory_lock($1)", ADVISORY_LOCK, timeout=300)
        try:
            yield
        finally:
            await held.execute("SELECT pg_advisory_unlock($1)", ADVISORY_LOCK)


@contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _copy(path: Path) -> Path | None:
    if not _has_tables(path):
        return None
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    copy = path.with_name(f"{path.stem}.before-{stamp}{path.suffix}")
    with closing(sqlite3.connect(path)) as live, closing(sqlite3.connect(copy)) as kept:
        live.backup(kept)
    for old in sorted(path.parent.glob(f"{path.stem}.before-*{path.suffix}"))[:-COPIES_KEPT]:
        old.unlink()
    return copy


def _has_tables(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as live:
        found = live.execute("SELECT COUNT(*) FROM sqlite_master WHERE type = 'table'").fetchone()
    return bool(found[0])


def _restore(path: Path, copy: Path) -> None:
    for side in ("-wal", "-shm"):
        path.with_name(path.name + side).unlink(missing_ok=True)
    shutil.copy2(copy, path)


async def write_migrations(url: str, tables: dict[str, Tables]) -> list[str]:
    """For developers: write the migrations that the models have outgrown, in kernel order."""
    written: list[str] = []
    names = list(tables)
    # One app after another: what an app depends on must have its file first.
    for upto in range(len(names) + 1):
        part = {name: tables[name] for name in names[:upto]}
        settings = config(url, part)
        async with TortoiseContext() as context:
            await context.init(settings, init_connections=False)
            assert context.apps is not None
            written += await MigrationAutodetector(context.apps, settings["apps"]).write()
    return written
