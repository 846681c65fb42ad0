"""Signing in and out, for browsers and for API clients; guesses are slowed down."""

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core import guesses
from core.audit import record
from core.errors import BadInput, LiuheError, NotSignedIn, RateLimited
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


class Credentials(BaseModel):
    model_config = ConfigDict(extra="forbid")
    username: str
    password: str
    otp: str | None = None


async def recognise(request: Request, username: str, password: str) -> Person:
    """The person, or a sentence that does not say which of the two was wrong."""
    account, address = account_of(username), address_of(request)
    await guesses.admit(account, address)
    person = await Person.get_or_none(username=account)
    right = await check_password(person, password[:200])
    await guesses.settle(account, address, person, right=right)
    if person is None or not right:
        # Not the name that was typed: people type their password there.
        await record(None, "people.sign_in_failed", *([person] if person else []))
        raise NotSignedIn("账号或密码不对。")
    await guesses.forgive(account, address)
    return person


def account_of(username: str) -> str:
    """As long as the column, without what PostgreSQL cannot store."""
    return username.replace("\0", "")[:40]


def address_of(request: Request) -> str:
    return request.client.host if request.client else ""


def origin_of(request: Request) -> dict[str, str]:
    """What tells a person which session is which."""
    return {"device": request.headers.get("user-agent", ""), "address": address_of(request)}


async def token(request: Request) -> Response:
    """`POST /auth/token`: username and password for a bearer token."""
    try:
        given = Credentials.model_validate_json(await request.body())
    except ValidationError as error:
        raise BadInput('请提交 JSON：{"username": "…", "password": "…"}。') from error
    person = await recognise(request, given.username, given.password)
    secret, _ = await open_session(person, "api", **origin_of(request))
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
        given.need("password", "密码", most=200)
        person = await recognise(request, username, given.raw("password"))
    except (BadInput, NotSignedIn, RateLimited) as error:
        return await _login_page(request, given.text("username")[:40], error)
    secret, _ = await open_session(person, "browser", **origin_of(request))
    response = see_other(request, _next(request))
    set_cookie(response, secret)
    return response


async def _login_page(
    request: Request, username: str = "", problem: LiuheError | None = None
) -> Response:
    demo = house().settings.demo
    context = {
        "page_title": "登录",
        "username": username,
        "problem": problem.message if problem else "",
        "next": _next(request),
        "demo_logins": await recall("demo.logins", []) if demo else [],
        "demo_password": await recall("demo.password", "") if demo else "",
    }
    response = await page(request, "login.html", context, status=problem.status if problem else 200)
    if isinstance(problem, RateLimited):
        response.headers["retry-after"] = str(problem.retry_after)
    return response


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
