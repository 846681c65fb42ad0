"""Who is asking: the browser's cookie or a bearer token, and the CSRF token of a session.

The cookie is HttpOnly and SameSite=Lax; every unsafe request with it must also carry a CSRF token,
an HMAC of the session's own token, or of the person and the half day, that needs no storage.
"""

import hmac
import time
from hashlib import sha256

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from core.house import house
from core.people import SESSION_LIFE
from core.permissions import Viewer
from core.viewers import viewer_of

COOKIE = "liuhe_session"
FLASH = "liuhe_flash"
PAGE_HALF_DAYS = 4  # the present one and three before


class SessionMiddleware:
    """Puts `viewer` (or None), `session_token` and `by_cookie` on the request's state."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and not _anonymous(scope["path"]):
            await identify(HTTPConnection(scope))
        await self.app(scope, receive, send)


def _anonymous(path: str) -> bool:
    return path.startswith(("/static/", "/healthz", "/metrics"))


async def identify(connection: HTTPConnection) -> Viewer | None:
    """Find the viewer by bearer token first, then by cookie."""
    state = connection.state
    roster = house().roster
    token, kind = bearer(connection.headers.get("authorization", "")), "api"
    if not token:
        token, kind = connection.cookies.get(COOKIE, ""), "browser"
    viewer = await viewer_of(token, kind, roster) if token else None
    state.viewer = viewer
    state.session_token = token if viewer else ""
    state.by_cookie = kind == "browser"
    return viewer


def bearer(header: str) -> str:
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def address_of(request: HTTPConnection) -> str:
    return request.client.host if request.client else ""


def origin_of(request: HTTPConnection) -> dict[str, str]:
    """What tells a person which session is which."""
    return {"device": request.headers.get("user-agent", ""), "address": address_of(request)}


def next_page(request: HTTPConnection) -> str:
    """Where the reader wanted to go; only a path of our own."""
    wanted = request.query_params.get("next", "")
    sound = wanted.startswith("/admin") and not wanted.startswith("/admin/login")
    return wanted if sound else "/admin/"


def csrf_token(session_token: str) -> str:
    """A token that holds as long as the session."""
    return _csrf(f"csrf:{session_token}")


def page_token(person_id: int) -> str:
    """What pages carry: it holds for a day and a half, for whichever session of the same person,
    so that a page on which something was being written goes on after signing in again."""
    return _csrf(f"csrf.page:{person_id}:{_half_days()}")


def csrf_fits(session_token: str, person_id: int, given: str) -> bool:
    """Whether the token is of this session, or of a page that the same person was shown lately."""
    now = _half_days()
    pages = (_csrf(f"csrf.page:{person_id}:{now - ago}") for ago in range(PAGE_HALF_DAYS))
    raw = given.encode("utf-8", "replace")
    fits = [hmac.compare_digest(one.encode(), raw) for one in (csrf_token(session_token), *pages)]
    return any(fits)


def _half_days() -> int:
    return int(time.time() // 43_200)


def _csrf(text: str) -> str:
    return hmac.new(house().settings.secret_key.encode(), text.encode(), sha256).hexdigest()


def set_cookie(response: Response, token: str) -> None:
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(SESSION_LIFE.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=house().settings.cookie_secure,
        path="/",
    )


def drop_cookie(response: Response) -> None:
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
