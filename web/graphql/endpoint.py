"""`/graphql`: requests over HTTP, and sockets, for the same schema."""

from typing import Any

from graphql import OperationType
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.http.websocket_origin import normalize_allowed_origins
from strawberry.types.execution import PreExecutionError

from core.errors import LiuheError
from core.kernel import Kernel
from web.graphql import requests, sockets
from web.graphql.context import Caller, Context
from web.graphql.origins import comes_from_afar, demand_near
from web.graphql.requests import Asked, BadRequest, WrongMethod
from web.graphql.schema import Schema


class GraphQLEndpoint:
    """An ASGI application for both `Route` and `WebSocketRoute`.

    The session middleware has put `viewer` on the request's state; `app.state.hub` is the hub.
    """

    def __init__(self, schema: Schema, kernel: Kernel) -> None:
        self.schema, self.kernel = schema, kernel
        self.allowed = normalize_allowed_origins(kernel.settings.allowed_origins)
        self._http: ASGIApp = self._over_http
        if self.allowed:
            # Without credentials: a front end elsewhere signs in with a token.
            self._http = CORSMiddleware(
                self._over_http,
                allow_origins=sorted(self.allowed),
                allow_methods=["GET", "POST"],
                allow_headers=["authorization", "content-type"],
                expose_headers=["retry-after", "x-request-id"],
            )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._over_websocket(WebSocket(scope, receive, send))
        else:
            await self._http(scope, receive, send)

    async def _over_http(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._respond(Request(scope, receive))
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        media_type = requests.JSON
        try:
            media_type = requests.media_type_for(request.headers.get("accept", ""))
            demand_near(request, self.allowed)
            asked = await requests.read(request)
            self._check_kind(asked, request.method)
        except LiuheError as error:
            return requests.failed(error, media_type)
        result = await self.schema.execute(
            asked.query,
            asked.variables,
            context_value=self._context(request),
            operation_name=asked.operation_name,
        )
        began = not isinstance(result, PreExecutionError)
        return requests.answered(result.data, result.errors, media_type, began=began)

    def _check_kind(self, asked: Asked, method: str) -> None:
        operation = self.schema.prepared(asked.query).operation(asked.operation_name)
        if operation is None:
            return  # the schema says what is wrong
        if operation.operation is OperationType.SUBSCRIPTION:
            raise BadRequest("订阅要走 WebSocket（graphql-transport-ws）。")
        if method == "GET" and operation.operation is not OperationType.QUERY:
            raise WrongMethod("GET 只能查询，更改请用 POST。")

    async def _over_websocket(self, socket: WebSocket) -> None:
        if comes_from_afar(socket, self.allowed):
            await socket.close(code=1008)  # before it is accepted: the handshake answers 403
            return
        await sockets.serve(socket, self.schema, self._context(socket))

    def _context(self, connection: HTTPConnection) -> Context:
        known: Any = connection.state
        more = {"request_id": known.request_id} if hasattr(known, "request_id") else {}
        return Context(
            kernel=self.kernel,
            hub=connection.app.state.hub,
            caller=Caller(
                getattr(known, "viewer", None),
                token=getattr(known, "session_token", ""),
                kind="browser" if getattr(known, "by_cookie", False) else "api",
            ),
            request=connection,
            **more,
        )
