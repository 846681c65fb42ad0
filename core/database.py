"""The one way to the database: its configuration, its opening, and `atomic`.

Only `atomic` opens transactions. A request that is cancelled in the middle of a bare Tortoise
transaction leaves the connection locked for ever; `atomic` runs the whole of it in a task that
nobody can cancel, and lets only the waiting be cancelled.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.backends.base.config_generator import expand_db_url
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.connection import get_connection
from tortoise.context import TortoiseContext
from tortoise.exceptions import DBConnectionError
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
        "core.facts",
        "core.jobs",
        "core.files",
        "core.receipts",
        "core.state",
    ),
    migrations="migrations.core",
)

_NUMBERED = re.compile(r"\$(\d+)")

_inside: ContextVar[bool] = ContextVar("liuhe_inside_transaction", default=False)
_running: set[asyncio.Task[Any]] = set()


def config(url: str, tables: dict[str, Tables], *, foreign_keys: bool = True) -> dict[str, Any]:
    """Tortoise's configuration; `tables` maps app names to their tables, in kernel order."""
    return {
        "connections": {"default": _connection(url, foreign_keys)},
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


def _connection(url: str, foreign_keys: bool) -> dict[str, Any]:
    if url.startswith("sqlite://"):
        path = url.removeprefix("sqlite://")
        credentials: dict[str, Any] = {"file_path": path}
        if not foreign_keys:
            credentials["foreign_keys"] = "OFF"
        return {"engine": "core.sqlite", "credentials": credentials}
    if url.startswith(("postgres://", "postgresql://")):
        expanded = expand_db_url("asyncpg://" + url.split("://", 1)[1])
        credentials = {"minsize": 1, "maxsize": 12, "command_timeout": 30, "timeout": 10}
        expanded["credentials"] = {**credentials, **expanded["credentials"]}
        return expanded
    raise SetupError("数据库地址要以 sqlite:// 或 postgres:// 开头，请检查 LIUHE_DATABASE_URL。")


def sqlite_path(url: str) -> Path | None:
    """The file behind a SQLite address, or None for another engine."""
    return Path(url.removeprefix("sqlite://")) if url.startswith("sqlite://") else None


@asynccontextmanager
async def opened(
    url: str, tables: dict[str, Tables], *, foreign_keys: bool = True
) -> AsyncIterator[TortoiseContext]:
    """Models work inside; running transactions are waited for before the connection closes."""
    if path := sqlite_path(url):
        path.parent.mkdir(parents=True, exist_ok=True)
    # Prepared statements are kept by connection name alone; the last engine may have been another.
    EXECUTOR_CACHE.clear()
    context = TortoiseContext()
    async with context:
        await context.init(config(url, tables, foreign_keys=foreign_keys))
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
    if dialect() == "sqlite":
        sql = _NUMBERED.sub(r"?\1", sql)
    return await connection().execute_query_dict(sql, list(values))


def atomic(work: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """All of `work` is written or none; inside another `atomic` it is a part of that one.

    Never await the network inside: on SQLite one transaction at a time holds the connection.
    """

    @wraps(work)
    async def whole(*args: P.args, **kwargs: P.kwargs) -> T:
        if _inside.get():
            return await work(*args, **kwargs)
        task = asyncio.create_task(_transact(work, *args, **kwargs))
        _running.add(task)
        task.add_done_callback(_running.discard)
        return await asyncio.shield(task)

    return whole


async def _transact(work: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
    token = _inside.set(True)
    try:
        async with in_transaction("default"):
            return await work(*args, **kwargs)
    except (DBConnectionError, ConnectionError, OSError) as error:
        raise Unavailable("数据库暂时连不上，请稍后再试。") from error
    finally:
        _inside.reset(token)


def in_transaction_now() -> bool:
    """Whether the caller runs inside `atomic`."""
    return _inside.get()
