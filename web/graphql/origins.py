"""Which pages may use a signed-in browser: our own, and those of the allowed origins.

A page elsewhere can make a browser send its cookie, but not a JSON body without asking first
(CORS), and every browser says where a request comes from. So what is signed in by the cookie must
come from here or from an allowed origin; a bearer token is never sent by itself and needs no check.
"""

from collections.abc import Collection

from starlette.requests import HTTPConnection
from strawberry.http.websocket_origin import is_same_origin, normalize_origin

from core.errors import Forbidden


def comes_from_afar(connection: HTTPConnection, allowed: Collection[str]) -> bool:
    """Whether a page of another origin sent this; what is no browser says nothing."""
    headers = connection.headers
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site", "none") not in ("same-origin", "none")
    return (
        not is_same_origin(origin, headers.get("host")) and normalize_origin(origin) not in allowed
    )


def demand_near(connection: HTTPConnection, allowed: Collection[str]) -> None:
    """For requests signed in by the cookie."""
    state = connection.state
    by_cookie = getattr(state, "viewer", None) is not None and getattr(state, "by_cookie", True)
    if by_cookie and comes_from_afar(connection, allowed):
        raise Forbidden(
            "这个请求来自别的网站，已拒绝。请改用令牌，或把网站写进 LIUHE_ALLOWED_ORIGINS。"
        )
