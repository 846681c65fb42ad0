"""The PostgreSQL client: gives connections back whatever happens, and says when the server is away.

Tortoise keeps a pooled connection for ever when a transaction cannot begin on it. ("asyncpg" stands
in the module's name because Tortoise chooses its migration statements by that.)
"""

from contextlib import suppress
from typing import Any

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import (
    ConnectionWrapper,
    TransactionalDBClient,
    TransactionContext,
    TransactionContextPooled,
)
from tortoise.connection import get_connections
from tortoise.exceptions import DBConnectionError, TransactionManagementError

from core.absence import absence
from core.errors import BadInput, DatabaseAway
from core.values import COLUMN, Checking

#: The server or the way to it; a statement that was too slow is a TimeoutError, an OSError too.
AWAY = (
    OSError,
    DBConnectionError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shut down, starting up, statement cancelled
    asyncpg.InsufficientResourcesError,  # disk full, too many connections
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InternalClientError,  # the connection broke while it was given back
)


#: A value that fits the statement but not its column.
UNFIT = (
    asyncpg.NumericValueOutOfRangeError,
    asyncpg.CharacterNotInRepertoireError,
    asyncpg.UntranslatableCharacterError,  # a NUL inside JSON
    asyncpg.DatetimeFieldOverflowError,
)


def tell(error: BaseException) -> None:
    """Raise DatabaseAway where the server cannot be reached or cannot work now; BadInput where a
    value does not fit its column."""
    cause = error.__cause__
    if isinstance(cause, UNFIT) or (
        isinstance(cause, asyncpg.DataError) and "out of int" in str(cause)
    ):
        raise BadInput(COLUMN, reason="unfit") from error
    closed = isinstance(error, asyncpg.InterfaceError) and "closed" in str(error)
    if closed or isinstance(error, AWAY):
        absence.failed(error)
        raise DatabaseAway() from error


class SafeTransaction(TransactionContextPooled):
    client: "SafeWrapper"

    async def __aenter__(self) -> TransactionalDBClient:
        try:
            return await super().__aenter__()
        except BaseException as error:
            await self._give_back()
            tell(error)
            raise

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        try:
            await (self.client.commit() if kind is None else self.client.rollback())
        except BaseException as failure:
            tell(failure)
            raise
        finally:
            self.client._finalized = True
            await self._give_back()

    async def _give_back(self) -> None:
        if hasattr(self, "token"):
            get_connections().reset(self.token)
        pool = self.client._parent._pool
        if pool is not None and self.client._connection is not None:
            with suppress(Exception):  # asyncpg has ended it; what is committed stays so
                await pool.release(self.client._connection)


class SafeWrapper(Checking, TransactionWrapper):
    def acquire_connection(self) -> ConnectionWrapper[Any]:
        if self._finalized:
            raise TransactionManagementError("used after its transaction was over")
        return super().acquire_connection()

    async def _translate_exceptions(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            done = await super()._translate_exceptions(func, *args, **kwargs)
        except Exception as error:
            tell(error)
            raise
        absence.worked()
        return done


class Plain(asyncpg.Connection):  # type: ignore[misc]  # published without types
    """Goes back to the pool without asking the server: what we do leaves nothing behind in it.

    Locks and cursors end with their transaction, which the pool still ends itself if it is open;
    nobody listens, and no setting is changed for a session.
    """

    def get_reset_query(self) -> str:
        return ""


class SafeClient(Checking, AsyncpgDBClient):
    connection_class = Plain

    async def _translate_exceptions(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            done = await super()._translate_exceptions(func, *args, **kwargs)
        except Exception as error:
            tell(error)
            raise
        absence.worked()
        return done

    def _in_transaction(self) -> TransactionContext:
        return SafeTransaction(SafeWrapper(self), self._pool_init_lock)


client_class = SafeClient
