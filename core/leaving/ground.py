"""What liuhe has laid down: in the data folder, beside the database file, in the bucket, and in
the database itself. Only that is wiped; what is somebody else's is left and named."""

import re
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg

from core.bucket import Bucket
from core.database import credentials_of
from core.dump import CONNECT
from core.errors import DatabaseAway, SetupError
from core.leaving.note import NOTE
from core.leaving.snapshot import STORED
from core.leaving.tables import is_ours
from core.stores import storage_at

#: Without these nothing that was sealed opens any more, in no copy: so they go first.
KEYS = ("personal-keys", "secret.key")
OURS = (
    "worker.token",
    "files",
    "video",
    "spool",
    "imports",
    "exports",
    "engines",
    "audit-heads.txt",
    "restoring.txt",
    "*.before-restore-*",
    ".liuhe-work-*",
)
#: What the wipe itself needs to the end.
LAST = (NOTE, "household.lock")
OBJECT = re.compile(r"(waiting|ready)/[0-9a-f]{2}/[0-9a-f]{32}(\.[0-9a-f]{16})?")
BUSY = "还有程序在用这里的数据库：请先停掉全部六和的程序（服务器、后台任务、视频）再清空。"

OTHERS = """
SELECT COUNT(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
FUNCTIONS = """
SELECT p.oid::regprocedure::text AS called, p.proname AS name FROM pg_proc p
WHERE p.pronamespace = current_schema()::regnamespace
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
"""


def in_folder(folder: Path, names: Iterable[str]) -> list[Path]:
    return sorted({path for name in names for path in folder.glob(name)})


def beside(file: Path) -> list[Path]:
    """A SQLite database with its log, its locks and all of its copies."""
    tails = ("-wal", "-shm", "-journal", "")
    whole = [file.with_name(file.name + tail) for tail in tails]
    copies = (f"{file.stem}.before-*", f"{file.name}.restoring*", f"{file.stem}.lock")
    return [one for one in whole if one.exists()] + in_folder(file.parent, copies)


def strangers(folder: Path) -> list[str]:
    """What lies in the data folder and is not ours."""
    return sorted(path.name for path in folder.iterdir() if path.name not in LAST)


def count_files(path: Path) -> int:
    if path.is_file():
        return 1
    return sum(one.is_file() for one in path.rglob("*"))


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


async def in_bucket() -> list[str]:
    """The keys of our objects; others' are never touched."""
    found = storage_at("s3")
    assert isinstance(found, Bucket)
    return [one.key async for one in found.list() if OBJECT.fullmatch(one.key)]


def demand_alone(file: Path) -> None:
    """SQLite leaves its log only when nobody else has the file open."""
    try:
        with closing(sqlite3.connect(file, timeout=1)) as client:
            mode = client.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
    except sqlite3.OperationalError as error:
        raise SetupError(BUSY) from error
    if mode != "delete":
        raise SetupError(BUSY)


async def demand_alone_on(url: str) -> None:
    client = await _connect(url)
    try:
        if await client.fetchval(OTHERS):
            raise SetupError(BUSY)
    finally:
        await client.close(timeout=CONNECT)


async def drop_all(url: str, apps: Iterable[str]) -> list[str]:
    """Drop what is ours in one transaction; what is left of it afterwards."""
    client = await _connect(url)
    known = tuple(apps)
    try:
        async with client.transaction():
            names = [f'"{name}"' for name in await _tables(client, known)]
            if names:
                await client.execute(f"DROP TABLE {', '.join(names)} CASCADE")
            for called in await _functions(client, known):
                await client.execute(f"DROP FUNCTION {called} CASCADE")
        return [*await _tables(client, known), *await _functions(client, known)]
    finally:
        await client.close(timeout=CONNECT)


async def _tables(client: Any, apps: tuple[str, ...]) -> list[str]:
    found = {str(row["name"]) for row in await client.fetch(STORED)}
    return sorted(name for name in found if is_ours(name, apps))


async def _functions(client: Any, apps: tuple[str, ...]) -> list[str]:
    found = await client.fetch(FUNCTIONS)
    return [str(row["called"]) for row in found if is_ours(str(row["name"]), apps)]


async def _connect(url: str) -> Any:
    try:
        return await asyncpg.connect(**credentials_of(url), timeout=CONNECT)
    except (OSError, asyncpg.PostgresError) as error:
        raise DatabaseAway() from error


def backups(folder: Path | None, keys: Path | None) -> Iterator[Path]:
    if folder is not None:
        yield from in_folder(folder, ("liuhe-*.zip", ".liuhe-*.part", ".liuhe-work-*"))
    if keys is not None:
        yield from in_folder(keys.parent, (keys.name,))
