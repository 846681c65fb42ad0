"""The one way to the database: its configuration, its opening, and `atomic`.

Only `atomic` opens transactions. A request that is cancelled in the middle of a bare Tortoise
transaction leaves the connection locked for ever; `atomic` runs the whole of it in a task that
nobody can cancel, and lets only the waiting be cancelled.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.backends.base.config_generator import expand_db_url
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.connection import get_connection
from tortoise.context import TortoiseContext
from tortoise.transactions import in_transaction

from core.contributions import Tables
from core.errors import SetupError, Unavailable

P = ParamSpec("P")
T = TypeVar("T")

#: The kernel's own tables; plugins follow in the order of their `requires`.
CORE_TABLES = Tables(
    modules=(
        "core.areas",
        "core.people",
        "core.guesses",
        "core.second_factor",
        "core.identities",
        "core.facts",
        "core.jobs",
        "core.files",
        "core.receipts",
        "core.state",
        "core.audit",
        "core.personal",
        "core.holds",
        "core.retention",
        "core.assessments",
        "core.exchange.batches",
    ),
    migrations="migrations.core",
)

_NUMBERED = re.compile(r"\$(\d+)")

#: Connections of one process to PostgreSQL at most.
POOL = 12

#: Seconds; what takes longer is rolled back, so that nothing holds the database for ever.
LONGEST = 300.0
#: Seconds for one statement.
PATIENCE = 30.0


class _Transaction:
    """Whether it is still going on (a task that was started inside may outlive it), and what is
    to be done at its very end."""

    def __init__(self) -> None:
        self.over = False
        self.last: dict[Callable[[list[Any]], Awaitable[None]], list[Any]] = {}


_inside: ContextVar[_Transaction | None] = ContextVar("liuhe_inside_transaction", default=None)
_running: set[asyncio.Task[Any]] = set()


def config(url: str, tables: dict[str, Tables], *, migrating: bool = False) -> dict[str, Any]:
    """Tortoise's configuration; `tables` maps app names to their tables, in kernel order.

    `migrating`: SQLite does not follow foreign keys; a statement may take an hour, not 30 seconds.
    """
    return {
        "connections": {"default": _connection(url, migrating)},
        "apps": {
            name: {
                "models": list(part.modules),
                "migrations": part.migrations,
                "default_connection": "default",
            }
            for name, part in {"core": CORE_TABLES, **tables}.items()
        },
        "use_tz": True,
        "timezone": "UTC",
    }


def _connection(url: str, migrating: bool) -> dict[str, Any]:
    patience = 3_600.0 if migrating else PATIENCE
    if url.startswith("sqlite://"):
        path = url.removeprefix("sqlite://")
        credentials: dict[str, Any] = {"file_path": path, "patience": patience}
        if migrating:
            credentials["foreign_keys"] = "OFF"
        return {"engine": "core.sqlite", "credentials": credentials}
    if url.startswith(("postgres://", "postgresql://")):
        expanded = expand_db_url("asyncpg://" + url.split("://", 1)[1])
        # The server gives up a little later than we do: for a process that was killed meanwhile.
        server = {
            "statement_timeout": f"{patience + 5:.0f}s",
            "idle_in_transaction_session_timeout": f"{max(patience, LONGEST) + 10:.0f}s",
        }
        credentials = {
            "minsize": 1,
            "maxsize": POOL,
            "command_timeout": patience,
            "timeout": 10,
            "server_settings": server,
        }
        return {
            "engine": "core.asyncpg_client",
            "credentials": {**credentials, **expanded["credentials"]},
        }
    raise SetupError("数据库地址要以 sqlite:// 或 postgres:// 开头，请检查 LIUHE_DATABASE_URL。")


def credentials_of(url: str) -> dict[str, Any]:
    """What a connection of its own, outside the pool, is opened with; for PostgreSQL."""
    known = dict(_connection(url, migrating=True)["credentials"])
    if schema := known.pop("schema", None):
        known["server_settings"] = {"search_path": schema}
    pools = {"minsize", "maxsize", "max_queries", "max_inactive_connection_lifetime", "timeout"}
    return {name: value for name, value in known.items() if name not in pools}


def sqlite_path(url: str) -> Path | None:
    """The file behind a SQLite address, or None for another engine."""
    return Path(url.removeprefix("sqlite://")) if url.startswith("sqlite://") else None


@asynccontextmanager
async def opened(
    url: str, tables: dict[str, Tables], *, migrating: bool = False, everywhere: bool = False
) -> AsyncIterator[TortoiseContext]:
    """Models work inside; running transactions are waited for before the connection closes.

    `everywhere`: also in tasks that do not descend from this one, as a server's requests do not.
    """
    if path := sqlite_path(url):
        path.parent.mkdir(parents=True, exist_ok=True)
    # Prepared statements are kept by connection name alone; the last engine may have been another.
    EXECUTOR_CACHE.clear()
    context = TortoiseContext()
    async with context:
        await context.init(
            config(url, tables, migrating=migrating), _enable_global_fallback=everywhere
        )
        try:
            yield context
        finally:
            await settled()


async def settled() -> None:
    """Wait for transactions whose callers have already gone."""
    while _running:
        await asyncio.wait(_running)


def connection() -> BaseDBAsyncClient:
    """The connection of the running transaction, or the shared one."""
    return get_connection("default")


def dialect() -> str:
    """`"sqlite"` or `"postgres"`."""
    return str(connection().capabilities.dialect)


async def rows(sql: str, *values: Any) -> list[dict[str, Any]]:
    """Raw rows for SQL with `$1`, `$2` …; `UPDATE … RETURNING` too.

    (Tortoise's `execute_query` loses returned rows on asyncpg; SQLite writes `?1`.)
    """
    client = connection()
    if client.capabilities.dialect == "sqlite":
        sql = _for_sqlite(sql)
    return await client.execute_query_dict(sql, list(values))


@lru_cache(256)
def _for_sqlite(sql: str) -> str:
    return _NUMBERED.sub(r"?\1", sql)


async def raw_rows(sql: str, values: Sequence[Any]) -> Sequence[Any]:
    """Rows to be read by position, for SQL as this engine writes it."""
    return (await connection().execute_query(sql, list(values)))[1]


def atomic(work: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """All of `work` is written or none; inside another `atomic` it is a part of that one.

    Never await the network inside: on SQLite one transaction at a time holds the connection.
    """

    @wraps(work)
    async def whole(*args: P.args, **kwargs: P.kwargs) -> T:
        if in_transaction_now():
            return await work(*args, **kwargs)
        task = asyncio.create_task(_transact(work, *args, **kwargs))
        _running.add(task)
        task.add_done_callback(_running.discard)
        return await asyncio.shield(task)

    return whole


async def _transact(work: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
    transaction = _Transaction()
    token = _inside.set(transaction)
    try:
        async with in_transaction("default"):
            return await _bounded(_to_the_end(transaction, work(*args, **kwargs)))
    finally:
        transaction.over = True
        _inside.reset(token)


async def _to_the_end(transaction: _Transaction, work: Awaitable[T]) -> T:
    result = await work
    for last, items in transaction.last.items():
        await last(items)
    return result


def at_the_end(work: Callable[[list[T]], Awaitable[None]], item: T) -> None:
    """Have `work` called once, with all such items, as the last thing before the commit."""
    transaction = _inside.get()
    if transaction is None or not in_transaction_now():
        raise RuntimeError("at_the_end() outside a transaction")
    transaction.last.setdefault(work, []).append(item)


async def _bounded(work: Awaitable[T]) -> T:
    limit = asyncio.timeout(LONGEST)
    try:
        async with limit:
            return await work
    except TimeoutError as error:
        if limit.expired():
            raise Unavailable("这次操作用时太久，没有保存；请分几次办理，或稍后再试。") from error
        raise


def in_transaction_now() -> bool:
    """Whether the caller runs inside `atomic`; an error in a task that outlived it."""
    transaction = _inside.get()
    if transaction is not None and transaction.over:
        raise RuntimeError(
            "a task started inside a transaction outlived it: announce a fact or enqueue a job"
        )
    return transaction is not None
