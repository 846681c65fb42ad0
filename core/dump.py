"""A consistent picture of the database in files, taken while others go on writing.

SQLite: its own online copy, in one read transaction. PostgreSQL: each table by COPY in one
REPEATABLE READ transaction; that needs no programs of the server's version on this machine, which
`pg_dump` would.
"""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from core.database import credentials_of, sqlite_path
from core.errors import DatabaseAway, SetupError

DATABASE = "database/liuhe.sqlite3"
LONGEST = 6 * 3_600.0  # seconds for one table
CONNECT = 10.0

APPLIED = "SELECT app, name FROM tortoise_migrations ORDER BY id"
PICTURES = "SELECT * FROM core_file WHERE state <> 'refused' ORDER BY created_at"
TABLES = """
SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
  AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
GROUP BY c.relname ORDER BY c.relname
"""
SEQUENCES = """
SELECT sequencename::text AS name, last_value FROM pg_sequences
WHERE schemaname = current_schema() AND last_value IS NOT NULL
"""


@dataclass(kw_only=True)
class Dump:
    """What was found. `members` maps names in the archive to files; `pictures` are rows."""

    engine: str
    migrations: list[tuple[str, str]]
    pictures: list[dict[str, Any]]
    members: dict[str, Path]
    tables: dict[str, list[str]] = field(default_factory=dict)
    sequences: dict[str, int] = field(default_factory=dict)


async def dump(url: str, folder: Path) -> Dump:
    """Write the database of this address into `folder`."""
    path = sqlite_path(url)
    if path is not None:
        return await asyncio.to_thread(_dump_sqlite, path, folder / "liuhe.sqlite3")
    return await _dump_postgres(url, folder)


def _dump_sqlite(path: Path, copy: Path) -> Dump:
    if not path.exists():
        raise SetupError(f"没有数据库文件 {path}，没有可备份的。")
    copy.touch(mode=0o600)
    try:
        with (
            closing(sqlite3.connect(path, timeout=30)) as live,
            closing(sqlite3.connect(copy)) as kept,
        ):
            live.backup(kept)
            kept.execute("PRAGMA journal_mode = DELETE")  # one file, not three
            found = kept.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise SetupError(f"数据库文件已经损坏（{found}），没有备份；请从以前的备份恢复。")
            return Dump(
                engine="sqlite",
                migrations=list(kept.execute(APPLIED)),
                pictures=_as_dicts(kept.execute(PICTURES)),
                members={DATABASE: copy},
            )
    except sqlite3.OperationalError as error:
        raise _in_words(error) from error


def _as_dicts(found: sqlite3.Cursor) -> list[dict[str, Any]]:
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found]


def _in_words(error: sqlite3.OperationalError) -> SetupError:
    if "no such table" in str(error):
        return SetupError("数据库里还没有数据，没有可备份的。")
    return SetupError(f"备份没有做成：{error}。请检查磁盘空间和权限。")


async def _dump_postgres(url: str, folder: Path) -> Dump:
    try:
        client = await asyncpg.connect(**credentials_of(url), timeout=CONNECT)
    except (OSError, asyncpg.PostgresError) as error:
        raise DatabaseAway() from error
    try:
        async with client.transaction(isolation="repeatable_read", readonly=True):
            return await _copy_out(client, folder)
    except asyncpg.UndefinedTableError as error:
        raise SetupError("数据库里还没有数据，没有可备份的。") from error
    finally:
        await client.close(timeout=CONNECT)


async def _copy_out(client: Any, folder: Path) -> Dump:
    tables = {str(row["name"]): list(row["columns"]) for row in await client.fetch(TABLES)}
    found = Dump(
        engine="postgres",
        migrations=[(row["app"], row["name"]) for row in await client.fetch(APPLIED)],
        pictures=[dict(row) for row in await client.fetch(PICTURES)],
        members={},
        tables=tables,
    )
    for name, columns in tables.items():
        path = folder / f"{name}.copy"
        path.touch(mode=0o600)
        await client.copy_from_query(_select(name, columns), output=path, timeout=LONGEST)
        found.members[f"database/{name}.copy"] = path
    # After the snapshot: numbers that were given meanwhile are skipped, none is given twice.
    found.sequences = {row["name"]: row["last_value"] for row in await client.fetch(SEQUENCES)}
    return found


def _select(table: str, columns: list[str]) -> str:
    """The audit is only taken back in its own order."""
    names = ", ".join(f'"{one}"' for one in columns)
    order = ' ORDER BY "seq"' if table == "core_audit" else ""
    return f'SELECT {names} FROM "{table}"{order}'
