"""The SQLite client: a transaction that will write says so when it begins.

Tortoise begins with a plain BEGIN; two processes then both read, both want to write, and one is
refused at once with "database is locked". BEGIN IMMEDIATE queues them instead.
"""

import sqlite3
from typing import Any

from tortoise.backends.base.client import TransactionContext
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
)
from tortoise.exceptions import TransactionManagementError


class PatientWrapper(SqliteTransactionWrapper):
    async def begin(self) -> None:
        try:
            await self._connection.commit()
            await self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise TransactionManagementError(error) from error


class PatientClient(SqliteClient):
    def __init__(self, file_path: str, **options: Any) -> None:
        # FULL: what was acknowledged survives a power cut, not only a killed process.
        options = {"busy_timeout": 20_000, "synchronous": "FULL", **options}
        super().__init__(file_path, **options)

    def _in_transaction(self) -> TransactionContext:
        return SqliteTransactionContext(PatientWrapper(self), self._lock)


client_class = PatientClient
