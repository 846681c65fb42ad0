"""The whole database at one moment, read row by row while others go on writing."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, Protocol

import asyncpg

from core.database import credentials_of, sqlite_path
from core.dump import APPLIED, CONNECT
from core.errors import DatabaseAway, SetupError

PART = 500  # rows at a time

#: Neither what SQLite keeps for itself nor the insides of a search index.
OWN = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
STORED = """
SELECT c.relname AS name, a.attname::text AS "column",
    format_type(a.atttypid, a.atttypmod) AS stored
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
  AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
ORDER BY c.relname, a.attnum
"""

Stored = dict[str, dict[str, str]]


class Snapshot(Protocol):
    """`tables`: the database's types by table and column."""

    engine: str

    async def tables(self) -> Stored: ...

    async def applied(self) -> list[tuple[str, str]]: ...

    def rows(self, sql: str) -> AsyncIterator[Sequence[Sequence[Any]]]: ...


@asynccontextmanager
async def snapshot(url: str) -> AsyncIterator[Snapshot]:
    path = sqlite_path(url)
    if path is not None:
        async with _of_sqlite(path) as found:
            yield found
        return
    async with _of_postgres(url) as found:
        yield found


class _Sqlite:
    engine = "sqlite"

    def __init__(self, client: sqlite3.Connection) -> None:
        self._client = client

    async def tables(self) -> Stored:
        return await asyncio.to_thread(self._tables)

    def _tables(self) -> Stored:
        names = [name for (name,) in self._client.execute(OWN) if not name.startswith("sqlite_")]
        asked = "SELECT name, type FROM pragma_table_info(?)"
        return {name: dict(self._client.execute(asked, (name,))) for name in sorted(names)}

    async def applied(self) -> list[tuple[str, str]]:
        return list(self._client.execute(APPLIED))

    async def rows(self, sql: str) -> AsyncIterator[Sequence[Sequence[Any]]]:
        found = await asyncio.to_thread(self._client.execute, sql)
        with closing(found):
            while part := await asyncio.to_thread(found.fetchmany, PART):
                yield part


@asynccontextmanager
async def _of_sqlite(path: Path) -> AsyncIterator[Snapshot]:
    if not await asyncio.to_thread(path.exists):
        raise SetupError(f"没有数据库文件 {path}，没有可导出的。")
    try:
        with closing(sqlite3.connect(path, timeout=30, check_same_thread=False)) as client:
            client.isolation_level = None
            client.execute("PRAGMA query_only = ON")
            client.execute("BEGIN")
            client.execute(APPLIED).fetchone()  # only the first look begins the reading
            yield _Sqlite(client)
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            raise SetupError("数据库里还没有数据，没有可导出的。") from error
        raise DatabaseAway() from error


class _Postgres:
    engine = "postgres"

    def __init__(self, client: Any) -> None:
        self._client = client

    async def tables(self) -> Stored:
        found: Stored = {}
        for row in await self._client.fetch(STORED):
            found.setdefault(str(row["name"]), {})[str(row["column"])] = str(row["stored"])
        return found

    async def applied(self) -> list[tuple[str, str]]:
        return [(row["app"], row["name"]) for row in await self._client.fetch(APPLIED)]

    async def rows(self, sql: str) -> AsyncIterator[Sequence[Sequence[Any]]]:
        found = await self._client.cursor(sql)
        while part := await found.fetch(PART):
            yield [tuple(row.values()) for row in part]


@asynccontextmanager
async def _of_postgres(url: str) -> AsyncIterator[Snapshot]:
    try:
        client = await asyncpg.connect(**credentials_of(url), timeout=CONNECT)
    except (OSError, asyncpg.PostgresError) as error:
        raise DatabaseAway() from error
    try:
        async with client.transaction(isolation="repeatable_read", readonly=True):
            yield _Postgres(client)
    except asyncpg.UndefinedTableError as error:
        raise SetupError("数据库里还没有数据，没有可导出的。") from error
    finally:
        await client.close(timeout=CONNECT)
