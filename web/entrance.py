"""Signing in and out, for browsers and for API clients; guesses are slowed down."""

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core import guesses
from core.audit import record
from core.door import check_code, missing
from core.errors import BadInput, CodeNeeded, Forbidden, LiuheError, NotSignedIn, RateLimited
from core.house import house
from core.people import (
    TOKEN_LIFE,
    Person,
    check_password,
    end_session,
    open_session,
)
from core.state import recall
from web import door
from web.pages import form, page, see_other
from web.session import address_of, drop_cookie, next_page, origin_of


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
    return person


def account_of(username: str) -> str:
    """As long as the column, without what PostgreSQL cannot store."""
    return username.replace("\0", "")[:40]


async def token(request: Request) -> Response:
    """`POST /auth/token`: username and password for a bearer token."""
    try:
        given = Credentials.model_validate_json(await request.body())
    except ValidationError as error:
        raise BadInput('请提交 JSON：{"username": "…", "password": "…"}。') from error
    person = await recognise(request, given.username, given.password)
    await demand_rest(request, person, given.otp)
    secret, _ = await open_session(person, "api", **origin_of(request))
    return JSONResponse(
        {
            "access_token": secret,
            "token_type": "bearer",
            "expires_in": int(TOKEN_LIFE.total_seconds()),
        }
    )


async def demand_rest(request: Request, person: Person, otp: str | None) -> None:
    """The code, where the person has one; what must be set up is set up at a browser."""
    shown = bool(otp) and await missing(person, code_shown=False) == "code"
    if shown:
        try:
            await check_code(person, str(otp)[:20], address_of(request))
        except BadInput as error:
            raise NotSignedIn(error.message) from error
    step = await missing(person, code_shown=shown)
    if step == "code":
        raise CodeNeeded()
    if step:
        raise Forbidden("请先在网页上登录一次，按提示设置好，再来取令牌。")
    await guesses.forgive(person.username, address_of(request))


async def login(request: Request) -> Response:
    if request.method == "GET":
        if request.state.viewer:
            return see_other(request, "/admin/")
        return await login_page(request)
    given = await form(request)
    try:
        username = given.need("username", "账号", most=40)
        given.need("password", "密码", most=200)
        person = await recognise(request, username, given.raw("password"))
    except (BadInput, NotSignedIn, RateLimited) as error:
        return await login_page(request, given.text("username")[:40], error)
    return await door.proceed(request, person, code_shown=False)


async def login_page(
    request: Request, username: str = "", problem: LiuheError | None = None, wanted: str = ""
) -> Response:
    settings = house().settings
    demo = settings.demo
    context = {
        "page_title": "登录",
        "username": username,
        "problem": problem.message if problem else "",
        "next": wanted or next_page(request),
        "elsewhere": settings.oidc_label if settings.oidc_issuer else "",
        "demo_logins": await recall("demo.logins", []) if demo else [],
        "demo_password": await recall("demo.password", "") if demo else "",
    }
    response = await page(request, "login.html", context, status=problem.status if problem else 200)
    if isinstance(problem, RateLimited):
        response.headers["retry-after"] = str(problem.retry_after)
    return response


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
    *door.ROUTES,
    Route("/admin/logout", logout, methods=["POST"]),
]
