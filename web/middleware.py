"""What every request passes: a request id, a size limit, security headers, same-origin writes."""

import asyncio
import time
import uuid
from collections.abc import Sequence
from urllib.parse import urlsplit

import structlog
from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.audit import Origin, origin
from core.errors import Forbidden, TooLarge, TooSlow

SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}
METHODS = {*SAFE_METHODS, "POST", "PUT", "PATCH", "DELETE"}
BODY_LIMIT = 64_000_000  # bytes; doors with a smaller need set their own
BODY_SECONDS, PART_SECONDS = 600.0, 30.0  # for all of it, and without a byte
#: Pages load nothing from outside and run no inline script.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; manifest-src 'self'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "permissions-policy": "camera=(self), geolocation=(self), microphone=()",
    "cross-origin-opener-policy": "same-origin",
}

#: As they are sent; with what nobody may keep, and with what may be kept.
KEPT = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
FRESH = [*KEPT, (b"cache-control", b"no-store")]

REQUESTS = Counter("liuhe_http_requests", "HTTP requests", ["method", "status"])
SECONDS = Histogram("liuhe_http_seconds", "Time to the end of the answer", ["method", "part"])
PARTS = ("admin", "auth", "files", "graphql", "open311", "residents", "static", "video")


class Envelope:
    """Request id, security headers and figures around every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = uuid.uuid4().hex[:12]
        client = scope.get("client")
        origin.set(Origin(remote=client[0] if client else "", request=request_id))
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        # What a stranger invents as a method must not become a figure of its own.
        method = scope["method"] if scope["method"] in METHODS else "other"

        async def dress(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = scope["path"].startswith("/static/")
                _add(message, request_id, KEPT if kept else FRESH)
                REQUESTS.labels(method, str(message["status"])).inc()
            await send(message)

        await self.app(scope, receive, dress)
        SECONDS.labels(method, _part(scope["path"])).observe(time.perf_counter() - started)


def _add(message: Message, request_id: str, usual: Sequence[tuple[bytes, bytes]]) -> None:
    """The headers of every answer; what it says itself goes before."""
    own = message.get("headers", ())
    said = {name for name, _ in own}
    more = [pair for pair in usual if pair[0] not in said]
    message["headers"] = [*own, *more, (b"x-request-id", request_id.encode())]


def _part(path: str) -> str:
    """The first word of the address, of a few: a figure must not grow with what strangers try."""
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    return first if first in PARTS else "other"


class BodyLimit:
    """Stops reading a body that is too long, whether or not it said so at the start."""

    def __init__(self, app: ASGIApp, limit: int = BODY_LIMIT) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        taken = int(declared) if declared.isdigit() else 0
        if taken > self.limit:
            raise TooLarge(f"一次提交不能超过 {self.limit // 1_000_000} MB。")
        taken, whole = 0, False
        until = time.monotonic() + BODY_SECONDS

        async def measured() -> Message:
            nonlocal taken, whole
            message = await (receive() if whole else _soon(receive, until))
            whole = not message.get("more_body", False)
            taken += len(message.get("body", b""))
            if taken > self.limit:
                raise TooLarge(f"一次提交不能超过 {self.limit // 1_000_000} MB。")
            return message

        await self.app(scope, measured, send)


async def _soon(receive: Receive, until: float) -> Message:
    """The next part of a body; who sends it drop by drop holds a place that others need."""
    left = until - time.monotonic()
    try:
        async with asyncio.timeout(min(PART_SECONDS, left)):
            return await receive()
    except TimeoutError as error:
        raise TooSlow("内容传得太慢或者中断了，请检查网络，再试一次。") from error


class CrossOrigin:
    """Lets allowed front ends elsewhere get a token and exchange pictures; no cookie goes along.

    GraphQL has its own, because of its sockets; pages have none.
    """

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self.app = app
        self.open = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type"],
            expose_headers=["retry-after", "x-request-id"],
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        shared = path == "/auth/token" or path == "/files" or path.startswith("/files/")
        await (self.open if shared else self.app)(scope, receive, send)


def demand_same_origin(scope: Scope) -> None:
    """Refuse a write that another site's page makes in a signed-in browser.

    Every current browser says where a request comes from; what says nothing is not a browser and
    has no ambient cookie to abuse.
    """
    if scope["method"] in SAFE_METHODS:
        return
    headers = Headers(scope=scope)
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    foreign = (
        site not in ("same-origin", "none")
        if site
        else bool(origin) and _host_of(str(origin)) != headers.get("host")
    )
    if foreign:
        raise Forbidden("这个请求来自别的网站，已拒绝。请在本系统的页面上操作。")


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # not an address at all
        return ""
