"""Brings a database to the models of the plugins that are on: ordered, locked, forward only.

All that is missing is applied in one transaction: it is there as a whole or not at all, whoever
pulls the plug. SQLite rebuilds a table to alter it, and with foreign keys on, that would silently
empty every table that points to it: so they are off while it lasts and checked before it is
committed, and the file is copied first.
"""

import asyncio
import fcntl
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from tortoise.context import TortoiseContext
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.executor import MigrationTarget
from tortoise.transactions import in_transaction
from tortoise.utils import generate_schema_for_client

from core.contributions import Tables
from core.database import config, connection, dialect, opened, rows, sqlite_path
from core.errors import SetupError
from core.executor import Executor

ADVISORY_LOCK = 6_1_6_0_2026  # any number, the same for every liuhe process
COPIES_KEPT = 3

Say = Callable[[str], None]


async def migrate(
    url: str, tables: dict[str, Tables], say: Say = lambda _: None, *, copied: bool = False
) -> int:
    """Apply what is missing; the number of migrations applied.

    A SQLite file that is not new is copied before it is changed, unless somebody has just done so.
    """
    path = sqlite_path(url)
    if path is None:
        async with opened(url, tables, migrating=True):
            await demand_not_newer(tables)
            return await _apply(url, tables, say)
    path.parent.mkdir(parents=True, exist_ok=True)
    async with _file_lock(path.with_suffix(".lock")):
        return await _migrate_file(path, url, tables, say, copied)


async def _migrate_file(
    path: Path, url: str, tables: dict[str, Tables], say: Say, copied: bool
) -> int:
    async with opened(url, tables, migrating=True):
        await demand_not_newer(tables)
        if not await pending(url, tables):
            return 0
        # None: the database is new
        copy = None if copied else await asyncio.to_thread(_copy, path)
        try:
            return await _apply(url, tables, say)
        except BaseException:
            if copy is not None:
                copy.unlink()  # nothing was changed
            raise


async def pending(url: str, tables: dict[str, Tables]) -> list[str]:
    """What `migrate` would apply, as "app.name"; the database must be open."""
    executor = Executor(connection(), config(url, tables)["apps"])
    plan = await executor.plan()
    return [f"{step.migration.app_label}.{step.migration.name}" for step in plan]


async def unknown_to(tables: dict[str, Tables], applied: Iterable[tuple[str, str]]) -> list[str]:
    """Migrations of these apps that this version does not have: they come from a later one."""
    executor = Executor(connection(), config("sqlite://unused", tables)["apps"])
    await executor.loader.build_graph()
    known = {(key.app_label, key.name) for key in executor.loader.graph.nodes}
    ours = {"core", *tables}
    return [f"{app}.{name}" for app, name in applied if app in ours and (app, name) not in known]


async def demand_not_newer(tables: dict[str, Tables]) -> None:
    """Refuse a database that a later version has changed; it must be open."""
    recorder = Executor(connection(), {}).recorder
    applied = [(key.app_label, key.name) for key in await recorder.applied_migrations()]
    if newer := await unknown_to(tables, applied):
        raise SetupError(
            f"数据库已经被更新的版本升级过（{newer[0]}），这一版不能用它，没有改动任何东西。"
            "请换回新的版本，或者恢复升级以前的备份。"
        )


async def bring_to(tables: dict[str, Tables], applied: Iterable[tuple[str, str]]) -> None:
    """An empty database to exactly these migrations, inside the caller's transaction."""
    executor = Executor(connection(), config("sqlite://unused", tables)["apps"])
    await executor.recorder.ensure_schema(executor._schema_editor(atomic=False))
    targets = [MigrationTarget(app_label=app, name=name) for app, name in applied]
    await executor.migrate(targets, direction="forward")


async def _apply(url: str, tables: dict[str, Tables], say: Say) -> int:
    applied: list[str] = []

    def progress(event: str, app: str, name: str) -> None:
        if event == "apply_done":
            applied.append(name)
            say(f"数据库：{app} {name}")

    # Not `atomic`: this may take longer than anything that people wait for.
    async with in_transaction("default"):
        if dialect() == "postgres":
            await rows("SELECT pg_advisory_xact_lock($1)", ADVISORY_LOCK)
        executor = Executor(connection(), config(url, tables)["apps"])
        # Asked for what was applied before there is a list, PostgreSQL would end the transaction.
        await executor.recorder.ensure_schema(executor._schema_editor(atomic=False))
        await executor.migrate(direction="forward", progress=progress)
        if dialect() == "sqlite" and applied:
            await _check_foreign_keys()
            await generate_schema_for_client(connection(), safe=True)  # lost indexes
    return len(applied)


async def _check_foreign_keys() -> None:
    if broken := await rows("PRAGMA foreign_key_check"):
        raise SetupError(f"数据库升级会有 {len(broken)} 处引用断开，没有升级；请联系开发者。")


@asynccontextmanager
async def _file_lock(path: Path) -> AsyncIterator[None]:
    with path.open("w") as lock:
        while not _locked(lock):  # noqa: ASYNC110 - another process holds it
            await asyncio.sleep(0.1)
        yield


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


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
