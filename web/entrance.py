"""Signing in and out, for browsers and for API clients; guesses are slowed down."""

import time
from collections import OrderedDict

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.errors import BadInput, NotSignedIn, RateLimited
from core.house import house
from core.people import (
    TOKEN_LIFE,
    Person,
    check_password,
    end_session,
    open_session,
)
from core.state import recall
from web.pages import form, page, see_other
from web.session import drop_cookie, set_cookie

WINDOW = 600.0  # seconds
GUESSES = 10


class Guesses:
    """Wrong passwords of the last ten minutes, by name and address; bounded, per process."""

    def __init__(self, most: int = 10_000) -> None:
        self._wrong: OrderedDict[str, list[float]] = OrderedDict()
        self._most = most

    def check(self, key: str) -> None:
        now = time.monotonic()
        recent = [at for at in self._wrong.get(key, []) if now - at < WINDOW]
        if len(recent) >= GUESSES:
            wait = int(WINDOW - (now - recent[0])) + 1
            raise RateLimited(
                f"密码错误次数太多，请 {wait // 60 + 1} 分钟后再试。", retry_after=wait
            )

    def wrong(self, key: str) -> None:
        self._wrong.setdefault(key, []).append(time.monotonic())
        self._wrong[key] = self._wrong[key][-GUESSES:]
        self._wrong.move_to_end(key)
        while len(self._wrong) > self._most:
            self._wrong.popitem(last=False)

    def right(self, key: str) -> None:
        self._wrong.pop(key, None)


guesses = Guesses()


class Credentials(BaseModel):
    model_config = ConfigDict(extra="forbid")
    username: str
    password: str
    otp: str | None = None


async def recognise(request: Request, username: str, password: str) -> Person:
    """The person, or a sentence that does not say which of the two was wrong."""
    key = f"{username[:40]}|{request.client.host if request.client else ''}"
    guesses.check(key)
    person = await Person.get_or_none(username=username[:40])
    if not await check_password(person, password[:200]):
        guesses.wrong(key)
        raise NotSignedIn("账号或密码不对。")
    guesses.right(key)
    assert person is not None
    return person


async def token(request: Request) -> Response:
    """`POST /auth/token`: username and password for a bearer token."""
    try:
        given = Credentials.model_validate_json(await request.body())
    except ValidationError as error:
        raise BadInput('请提交 JSON：{"username": "…", "password": "…"}。') from error
    person = await recognise(request, given.username, given.password)
    secret, _ = await open_session(person, "api")
    return JSONResponse(
        {
            "access_token": secret,
            "token_type": "bearer",
            "expires_in": int(TOKEN_LIFE.total_seconds()),
        }
    )


async def login(request: Request) -> Response:
    if request.method == "GET":
        if request.state.viewer:
            return see_other(request, "/admin/")
        return await _login_page(request)
    given = await form(request)
    try:
        username = given.need("username", "账号", most=40)
        person = await recognise(request, username, given.need("password", "密码", most=200))
    except (BadInput, NotSignedIn, RateLimited) as error:
        return await _login_page(request, given.text("username"), error.message, error.status)
    secret, _ = await open_session(person, "browser")
    response = see_other(request, _next(request))
    set_cookie(response, secret)
    return response


async def _login_page(
    request: Request, username: str = "", problem: str = "", status: int = 200
) -> Response:
    demo = house().settings.demo
    context = {
        "page_title": "登录",
        "username": username,
        "problem": problem,
        "next": _next(request),
        "demo_logins": await recall("demo.logins", []) if demo else [],
        "demo_password": await recall("demo.password", "") if demo else "",
    }
    return await page(request, "login.html", context, status=status)


def _next(request: Request) -> str:
    """Where the reader wanted to go; only a path of our own."""
    wanted = request.query_params.get("next", "")
    sound = wanted.startswith("/admin") and not wanted.startswith("/admin/login")
    return wanted if sound else "/admin/"


async def logout(request: Request) -> Response:
    await form(request)
    if request.state.session_token:
        await end_session(request.state.session_token)
    response = see_other(request, "/admin/login", "您已退出。")
    drop_cookie(response)
    return response


ROUTES = [
    Route("/auth/token", token, methods=["POST"]),
    Route("/admin/login", login, methods=["GET", "POST"]),
    Route("/admin/logout", logout, methods=["POST"]),
]
