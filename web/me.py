"""My account: the password, where I am signed in, tokens for programs."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core import account, second_factor
from core.errors import BadInput, RateLimited
from core.house import house
from core.people import Session
from core.permissions import READ_ONLY, Viewer
from web.devices import device_words
from web.door import offered
from web.pages import Form, form, page, see_other, viewer
from web.session import address_of, drop_cookie

HERE = "/admin/me"
LIVES = ((7, "7 天"), (30, "30 天"), (90, "90 天"), (180, "半年"), (365, "一年"))


async def overview(request: Request) -> Response:
    who = viewer(request)
    found = await account.sessions_of(who)
    context = {
        "page_title": "我的账号",
        "logins": [_login(one, who) for one in found if not one.name],
        "has_factor": await second_factor.has_factor(who.person_id),
        "codes_left": await second_factor.codes_left(who.person_id),
        "demanded": await second_factor.is_demanded(who.person_id),
        "tokens": [_token(request, one) for one in found if one.name],
    }
    return await page(request, "me/overview.html", context)


def _login(one: Session, who: Viewer) -> dict[str, Any]:
    return {
        "id": one.id,
        "device": device_words(one.device),
        "address": one.address,
        "since": one.created_at,
        "seen": one.last_seen_at,
        "here": one.id == who.session_id,
        "how": "接口登录" if one.kind == "api" else "",
        "by": house().settings.oidc_label if one.by == "oidc" else "",
    }


def _token(request: Request, one: Session) -> dict[str, Any]:
    titles = {known.name: known.title for known in request.app.state.kernel.permissions}
    return {
        "id": one.id,
        "name": one.name,
        "scopes": "、".join(
            "只能查看" if name == READ_ONLY else titles.get(name, name) for name in one.scopes or ()
        ),
        "seen": one.last_seen_at,
        "until": one.expires_at,
    }


async def end(request: Request) -> Response:
    """End one session or token."""
    given = await form(request)
    number = given.whole("id")
    if number is None:
        raise BadInput("请选择要退出的登录。", field="id", reason="required")
    if not await account.end_one(viewer(request), number):
        return see_other(request, HERE, "已经失效，那里不能再用了。")
    response = see_other(request, "/admin/login", "您已退出。")
    drop_cookie(response)
    return response


async def end_others(request: Request) -> Response:
    await form(request)
    await account.end_others(viewer(request))
    return see_other(request, HERE, "其他地方都已退出。")


async def password(request: Request) -> Response:
    await account.at_browser(viewer(request))
    return await _mendable(request, "me/password.html", "修改密码", _change_password)


async def _change_password(request: Request, given: Form) -> Response:
    # Not `need`: a password may begin or end with a space.
    new = given.raw("new")
    if new != given.raw("again"):
        raise BadInput("两次输入的新密码不一样。", field="again", reason="differs")
    await account.change_password(viewer(request), given.raw("old"), new, address_of(request))
    return see_other(request, HERE, "密码已修改，其他登录和令牌都已失效。")


async def new_token(request: Request) -> Response:
    await account.at_browser(viewer(request))
    return await _mendable(request, "me/new_token.html", "新的令牌", _make_token)


async def _make_token(request: Request, given: Form) -> Response:
    everything = given.need("range", "令牌可以做什么") == "read"
    secret, row = await account.make_token(
        viewer(request),
        name=given.need("name", "名称", most=60),
        scopes=[READ_ONLY] if everything else given.many("scopes"),
        days=given.whole("days") or 0,
    )
    context = {"page_title": "新的令牌", "secret": secret, "token": _token(request, row)}
    return await page(request, "me/token.html", context, status=201)


async def _mendable(
    request: Request,
    template: str,
    title: str,
    save: Callable[[Request, Form], Awaitable[Response]],
) -> Response:
    """A form; with what is wrong in it when it cannot be saved."""
    context: dict[str, Any] = {
        "page_title": title,
        "values": {},
        "chosen": [],
        "problem": {},
        "lives": LIVES,
        "permissions": _mine(request),
    }
    if request.method == "GET":
        return await page(request, template, context)
    given = await form(request)
    try:
        return await save(request, given)
    except (BadInput, RateLimited) as error:
        context["values"], context["chosen"] = given.values(), given.many("scopes")
        context["problem"] = {getattr(error, "field", "") or "old": error.message}
        return await page(request, template, context, status=error.status)


async def factor(request: Request) -> Response:
    """Set up a second factor: the password once more, then a first code."""
    who = viewer(request)
    await account.at_browser(who)
    if request.method == "GET" and await second_factor.has_factor(who.person_id):
        return see_other(request, f"{HERE}/factor/change")  # a page from before it was on
    context = {"page_title": "第二道验证", "problem": {}}
    context |= await offered(who.person_id, who.username)
    if request.method == "GET":
        return await page(request, "me/factor.html", context)
    given = await form(request)
    try:
        await account.ask_password(who, given.raw("old"), address_of(request))
        codes = await second_factor.confirm(who.person_id, given.text("code", most=20))
    except (BadInput, RateLimited) as error:
        context["problem"] = {getattr(error, "field", "") or "old": error.message}
        return await page(request, "me/factor.html", context, status=error.status)
    return await page(request, "me/recovery.html", {"page_title": "恢复码", "codes": codes})


async def change_factor(request: Request) -> Response:
    """Turn it off, or get new recovery codes: the password is asked for."""
    who = viewer(request)
    context: dict[str, Any] = {"page_title": "第二道验证", "problem": {}}
    if request.method == "GET":
        await account.at_browser(who)
        if not await second_factor.has_factor(who.person_id):
            return see_other(request, f"{HERE}/factor")
        return await page(request, "me/change_factor.html", context)
    given = await form(request)
    try:
        await account.ask_password(who, given.raw("old"), address_of(request))
    except (BadInput, RateLimited) as error:
        context |= {"problem": {"old": error.message}, "what": given.text("what", most=8)}
        return await page(request, "me/change_factor.html", context, status=error.status)
    if given.text("what") == "off":
        await second_factor.turn_off(who.person_id)
        return see_other(request, HERE, "第二道验证已关闭。")
    codes = await second_factor.renew_codes(who.person_id)
    return await page(request, "me/recovery.html", {"page_title": "恢复码", "codes": codes})


def _mine(request: Request) -> list[tuple[str, str]]:
    who = viewer(request)
    known = request.app.state.kernel.permissions
    return [(one.name, one.title) for one in known if who.holds(one.name)]


ROUTES = [
    Route("/me", overview),
    Route("/me/sessions/end", end, methods=["POST"]),
    Route("/me/sessions/end-others", end_others, methods=["POST"]),
    Route("/me/password", password, methods=["GET", "POST"]),
    Route("/me/factor", factor, methods=["GET", "POST"]),
    Route("/me/factor/change", change_factor, methods=["GET", "POST"]),
    Route("/me/tokens/new", new_token, methods=["GET", "POST"]),
]
