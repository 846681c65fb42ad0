"""`graphql-transport-ws`: one socket, a few operations, a client that must keep up.

Close codes beyond the protocol's own: 4401 the session has ended, 4413 the client is too slow.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from json import JSONDecodeError
from typing import Any, cast

import orjson
import structlog
from starlette.websockets import WebSocket
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL as PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
)
from strawberry.types.unset import UNSET

from core.house import house
from core.viewers import viewer_of
from web.graphql.context import Caller, Context
from web.graphql.requests import BODY_LIMIT, dumps
from web.graphql.schema import Schema
from web.session import bearer

log = structlog.get_logger()

OPERATIONS = 20  # at once on a socket
INIT_TIMEOUT = timedelta(seconds=10)
PING_EVERY = 20.0  # seconds
RECHECK_EVERY = 60.0  # seconds between looks whether the session still stands
SEND_TIMEOUT = 30.0  # seconds that a client may take to read one message
SESSION_ENDED, TOO_SLOW = 4401, 4413


async def serve(socket: WebSocket, schema: Schema, context: Context) -> None:
    """Talk until either side hangs up."""
    if PROTOCOL not in socket.scope["subprotocols"]:
        await socket.accept()
        await socket.close(code=4406, reason="Subprotocol not acceptable")
        return
    await socket.accept(subprotocol=PROTOCOL)
    handler = Handler(_View(), socket, schema, context)
    try:
        await handler.handle()
    except asyncio.CancelledError:
        if not handler.websocket.stalled:
            raise
        # We hung up ourselves: nothing can be said to a client that does not read.


class _View:
    """What Strawberry's handler and adapter want of a view."""

    def encode_json(self, message: Any) -> str:
        return dumps(message).decode()

    def decode_json(self, text: str) -> Any:
        if len(text) > BODY_LIMIT:
            raise JSONDecodeError("too long", "", 0)
        return orjson.loads(text)

    async def on_ws_connect(self, context: Context) -> Any:
        """By the token in the payload, else by the cookie of the handshake."""
        params = {name.lower(): value for name, value in context.connection_params.items()}
        caller = context.caller
        if given := params.get("authorization"):
            caller.token, caller.kind = bearer(str(given)), "api"
            await look_again(caller)
        if caller.viewer is None:
            raise ConnectionRejectionError()
        return UNSET


async def look_again(caller: Caller) -> bool:
    """Whether the session still stands; posts and grants may have changed as well."""
    caller.viewer = await viewer_of(caller.token, caller.kind, house().roster)
    return caller.viewer is not None


class Adapter(ASGIWebSocketAdapter):
    """Sends with a time limit, and hangs up on a client that cannot follow."""

    def __init__(self, view: Any, socket: WebSocket, caller: Caller) -> None:
        super().__init__(view, socket, socket)
        self._caller = caller
        self._talk = asyncio.current_task()
        self.stalled = False

    async def send_json(self, message: Mapping[str, object]) -> None:
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                await super().send_json(message)
        except TimeoutError as error:
            self.stalled = True
            if self._talk is not None:
                self._talk.cancel()
            raise WebSocketDisconnected from error
        if self._caller.lagging:
            await self.close(TOO_SLOW, "Too slow")

    async def close(self, code: int, reason: str) -> None:
        with suppress(RuntimeError):  # closed already
            await super().close(code, reason)


class Handler(BaseGraphQLTransportWSHandler[Context, None]):
    """Strawberry's handler with keep-alive, a watch on the session, and strict messages."""

    websocket: Adapter

    def __init__(self, view: _View, socket: WebSocket, schema: Schema, context: Context) -> None:
        super().__init__(
            view=cast(Any, view),
            websocket=Adapter(view, socket, context.caller),
            context=context,
            root_value=None,
            schema=schema,
            connection_init_wait_timeout=INIT_TIMEOUT,
            max_subscriptions_per_connection=OPERATIONS,
        )
        self._watch: asyncio.Task[None] | None = None

    async def handle_message(self, message: Any) -> None:
        if not _well_formed(message):
            await self.handle_invalid_message("Failed to parse message")
            return
        await super().handle_message(message)

    async def handle_connection_init(self, message: Any) -> None:
        await super().handle_connection_init(message)
        if self.connection_acknowledged and self._watch is None:
            self._watch = asyncio.create_task(self._keep_watch())

    async def shutdown(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        await super().shutdown()

    async def _keep_watch(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + RECHECK_EVERY
        with suppress(WebSocketDisconnected):
            while True:
                await asyncio.sleep(min(PING_EVERY, RECHECK_EVERY))
                await self.send_message({"type": "ping"})
                if loop.time() >= due:
                    due = loop.time() + RECHECK_EVERY
                    if not await self._still_stands():
                        await self.websocket.close(SESSION_ENDED, "Session ended")
                        return

    async def _still_stands(self) -> bool:
        try:
            return await look_again(self.context.caller)
        except Exception:
            # The database is away: ask again in a minute.
            log.exception("graphql.recheck_failed")
            return True


def _well_formed(message: Any) -> bool:
    if not isinstance(message, dict):
        return False
    if message.get("type") != "subscribe":
        return True
    payload = message.get("payload")
    return (
        isinstance(message.get("id"), str)
        and isinstance(payload, dict)
        and isinstance(payload.get("query"), str)
        and isinstance(payload.get("variables"), dict | None)
        and isinstance(payload.get("operationName"), str | None)
    )
