"""Between the right password and being signed in: a code, or setting up what is demanded.

Who stands here has a cookie of its own that opens nothing but these pages, for ten minutes.
"""

from collections.abc import Mapping
from typing import Any

import segno
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core import account, guesses, second_factor
from core.door import at_door, check_code, missing
from core.errors import BadInput, RateLimited
from core.house import house
from core.people import DOOR_LIFE, Person, end_session, open_session
from web.pages import form, page, see_other
from web.session import address_of, next_page, origin_of, set_cookie
from web.templating import safe

COOKIE = "liuhe_door"
PATH = "/admin/login"


async def proceed(
    request: Request, person: Person, *, code_shown: bool, by: str = "", wanted: str = ""
) -> Response:
    """On to what is still missing, or in. `by`: what has vouched for the person."""
    wanted = wanted or next_page(request)
    step = await missing(person, code_shown=code_shown)
    if not step:
        return await let_in(request, person, see_other(request, wanted), by=by)
    kind = "known" if code_shown else "half"
    token, _ = await open_session(person, kind, by=by, **origin_of(request))
    response = see_other(request, f"{PATH}/{step}?next={wanted}")
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(DOOR_LIFE.total_seconds()),
        httponly=True,
        samesite="lax",  # who comes from an identity provider comes from another site
        secure=house().settings.cookie_secure,
        path=PATH,
    )
    return response


async def let_in(request: Request, person: Person, response: Response, *, by: str = "") -> Response:
    await guesses.forgive(person.username, address_of(request))
    if old := request.cookies.get(COOKIE):
        await end_session(old)
        response.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="lax")
    secret, _ = await open_session(person, "browser", by=by, **origin_of(request))
    set_cookie(response, secret)
    return response


async def code(request: Request) -> Response:
    here = await at_door(request.cookies.get(COOKIE, ""))
    person = here.person
    context = {"page_title": "验证", "next": next_page(request)}
    if request.method == "GET":
        return await page(request, "login/code.html", {**context, "problem": ""})
    given = await form(request)
    try:
        await check_code(person, given.need("code", "验证码", most=20), address_of(request))
    except (BadInput, RateLimited) as error:
        return await refused(request, "login/code.html", context, error)
    return await proceed(request, person, code_shown=True, by=here.by)


async def password(request: Request) -> Response:
    """A password of one's own in place of the start password."""
    here = await at_door(request.cookies.get(COOKIE, ""))
    person = here.person
    context = {"page_title": "设置自己的密码", "next": next_page(request)}
    if request.method == "GET":
        return await page(request, "login/password.html", {**context, "problem": ""})
    given = await form(request)
    try:
        if given.raw("new") != given.raw("again"):
            raise BadInput("两次输入的新密码不一样。", field="again", reason="differs")
        await account.replace_start_password(person, given.raw("new"))
    except BadInput as error:
        return await refused(request, "login/password.html", context, error)
    await person.refresh_from_db()
    return await proceed(request, person, code_shown=here.kind == "known", by=here.by)


async def factor(request: Request) -> Response:
    """Setting it up where it is demanded; the recovery codes are shown, then one is in."""
    here = await at_door(request.cookies.get(COOKIE, ""))
    person = here.person
    context: dict[str, Any] = {"page_title": "第二道验证", "next": next_page(request)}
    context |= await offered(person.id, person.username)
    if request.method == "GET":
        return await page(request, "login/factor.html", {**context, "problem": ""})
    given = await form(request)
    try:
        codes = await second_factor.confirm(person.id, given.need("code", "验证码", most=20))
    except (BadInput, RateLimited) as error:
        return await refused(request, "login/factor.html", context, error)
    shown = await page(request, "login/recovery.html", {**context, "codes": codes})
    return await let_in(request, person, shown, by=here.by)


async def refused(
    request: Request, template: str, context: Mapping[str, Any], error: BadInput | RateLimited
) -> Response:
    shown = {**context, "problem": error.message}
    response = await page(request, template, shown, status=error.status)
    if isinstance(error, RateLimited):
        response.headers["retry-after"] = str(error.retry_after)
    return response


async def offered(person_id: int, username: str) -> dict[str, Any]:
    """What a person needs to set up an app: a picture, a link, the secret in groups of four."""
    secret = await second_factor.offer(person_id)
    link = second_factor.address(secret, username)
    groups = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return {"link": link, "secret": groups, "picture": picture(link)}


def picture(text: str) -> Markup:
    """A QR code as SVG, without style or script."""
    return safe(segno.make(text, error="m", micro=False).svg_inline(scale=4, light="#fff"))


ROUTES = [
    Route(f"{PATH}/code", code, methods=["GET", "POST"]),
    Route(f"{PATH}/password", password, methods=["GET", "POST"]),
    Route(f"{PATH}/factor", factor, methods=["GET", "POST"]),
]
