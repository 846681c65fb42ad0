"""The SQLite client: transactions that queue, that are given back whatever happens, and that end.

Tortoise begins with a plain BEGIN; two processes then both read, both want to write, and one is
refused at once with "database is locked". BEGIN IMMEDIATE queues them instead. Tortoise also keeps
its lock for ever when a connection cannot be opened or a transaction cannot begin, and lets a task
that outlived its transaction write into the next one.
"""

import asyncio
import math
import os
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from tortoise.backends.base.client import (
    ConnectionWrapper,
    NestedTransactionContext,
    TransactionalDBClient,
    TransactionContext,
)
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
)
from tortoise.connection import get_connections
from tortoise.exceptions import TransactionManagementError

from core.absence import absence
from core.errors import DatabaseAway
from core.values import Checking


def as_stored(moment: datetime) -> str:
    """UTC, with microseconds: SQLite compares times as text, so all must be written alike."""
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC)
    return moment.isoformat(" ", "microseconds")


# After Tortoise's own, which keeps each value's offset and leaves out a zero fraction.
sqlite3.register_adapter(datetime, as_stored)

#: What passes, or what only the machine's keeper can mend; the rest is a defect of ours.
AWAY = {"BUSY", "LOCKED", "FULL", "IOERR", "CANTOPEN", "READONLY", "INTERRUPT"}

#: A look at the clock after so many steps of SQLite's machine: some milliseconds.
STEPS = 200_000

#: What was acknowledged survives a power cut, not only a killed process.
SYNCHRONOUS = "FULL"


def tell(error: BaseException | None) -> None:
    """Raise DatabaseAway where the file itself cannot be used now."""
    if isinstance(error, sqlite3.OperationalError):
        code = str(getattr(error, "sqlite_errorname", "")).removeprefix("SQLITE_")
        if code.partition("_")[0] in AWAY:
            absence.failed(error)
            raise DatabaseAway() from error


def demand_file(connection: Any) -> None:
    """The file must still be there: SQLite goes on writing into one that was removed, and all that
    was acknowledged would be gone with the next start."""
    path = getattr(connection, "_liuhe_path", None)
    if path is not None and not os.path.exists(path):
        absence.failed("the file is gone")
        raise DatabaseAway()


class Turn(ConnectionWrapper[Any]):
    """One statement's turn at the connection, for so long at most as the client has patience:
    everybody else waits for it."""

    async def __aenter__(self) -> Any:
        await self._lock.acquire()
        try:
            await self.ensure_connection()
            demand_file(self.connection)
        except BaseException as error:
            self._lock.release()
            tell(error)
            raise
        self.connection._liuhe_began = time.monotonic()
        return self.connection

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        self.connection._liuhe_began = math.inf
        self._lock.release()
        tell(error)
        if error is None:
            absence.worked()


class PatientTransaction(SqliteTransactionContext):
    """Holds the one connection from BEGIN to the end, and gives it back whatever happens."""

    connection: "PatientWrapper"

    async def __aenter__(self) -> TransactionalDBClient:
        await self._trxlock.acquire()
        try:
            await self.ensure_connection()
            demand_file(self.connection._connection)
            await self.connection.begin()
        except BaseException as error:
            self._trxlock.release()
            tell(error)
            raise
        self.token = get_connections().set(self.connection_name, self.connection)
        return self.connection

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        try:
            if kind is None:
                await self.connection.commit()
        except BaseException as failure:
            tell(failure)
            raise
        finally:
            get_connections().reset(self.token)
            await self._give_back()

    async def _give_back(self) -> None:
        try:
            await self.connection.end()
        finally:
            self._trxlock.release()


class PatientWrapper(Checking, SqliteTransactionWrapper):
    async def begin(self) -> None:
        # What a cancelled bulk insert may have left open.
        await self._connection.rollback()
        await self._connection.execute("BEGIN IMMEDIATE")

    async def end(self) -> None:
        """Roll back what was not committed; nothing more goes through this wrapper."""
        self._finalized = True
        if self._connection.in_transaction:
            await self._connection.rollback()

    def acquire_connection(self) -> ConnectionWrapper[Any]:
        if self._finalized:
            raise TransactionManagementError("used after its transaction was over")
        return Turn(self._lock, self)

    def _in_transaction(self) -> TransactionContext:
        return NestedTransactionContext(PatientWrapper(self))

    async def execute_script(self, query: str) -> None:
        # sqlite3's executescript() would commit what was written so far.
        for statement in statements(query):
            await self.execute_query(statement)


def statements(script: str) -> Iterator[str]:
    """The statements of a script, one by one."""
    statement = ""
    for part in script.split(";"):
        statement += part + ";"
        if sqlite3.complete_statement(statement):
            if statement.strip(" \n;"):
                yield statement
            statement = ""


class PatientClient(Checking, SqliteClient):
    def __init__(self, file_path: str, **options: Any) -> None:
        # What is deleted is overwritten, not left lying in a free page of the file.
        kept = {"busy_timeout": 20_000, "synchronous": SYNCHRONOUS, "secure_delete": "ON"}
        self.patience = float(options.pop("patience", math.inf))  # seconds for a statement
        options = {**kept, **options}
        super().__init__(file_path, **options)
        self._lock = asyncio.Lock()

    async def create_connection(self, with_db: bool) -> None:
        await super().create_connection(with_db)
        connection: Any = self._connection
        connection._liuhe_path = None if self.filename == ":memory:" else self.filename
        connection._liuhe_began = math.inf
        await connection.set_progress_handler(
            lambda: time.monotonic() - connection._liuhe_began > self.patience, STEPS
        )

    def acquire_connection(self) -> ConnectionWrapper[Any]:
        return Turn(self._lock, self)

    async def execute_many(self, query: str, values: list[list[Any]]) -> None:
        # The transaction's own checks them.
        async with self._in_transaction() as inside:
            await inside.execute_many(query, values)

    def _in_transaction(self) -> TransactionContext:
        return PatientTransaction(PatientWrapper(self), self._lock)


client_class = PatientClient
