"""To the identity provider and back: `/admin/login/oidc`, `/admin/login/oidc/back`."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from core import oidc
from core.errors import LiuheError, NotFound
from core.house import house
from web.door import proceed
from web.entrance import login_page
from web.pages import see_other
from web.session import address_of, next_page

COOKIE = "liuhe_oidc"
PATH = "/admin/login/oidc"


async def depart(request: Request) -> Response:
    _demand_on()
    wanted = next_page(request)
    if request.state.viewer:
        return see_other(request, wanted)
    try:
        url, kept = await oidc.depart(_back(request), wanted)
    except LiuheError as error:
        return await login_page(request, "", error)
    response = RedirectResponse(url, status_code=303)
    response.set_cookie(
        COOKIE,
        kept,
        max_age=int(oidc.AWAY_LIFE),
        httponly=True,
        samesite="lax",  # the way back begins at another site
        secure=house().settings.cookie_secure,
        path=PATH,
    )
    return response


async def arrive(request: Request) -> Response:
    _demand_on()
    voyage = oidc.Voyage.opened(request.cookies.get(COOKIE, ""))
    wanted = voyage.wanted if voyage else "/admin/"
    try:
        came = await oidc.arrive(voyage, request.query_params, _back(request), address_of(request))
        response = await proceed(
            request, came.person, code_shown=came.code_shown, by="oidc", wanted=wanted
        )
    except LiuheError as error:
        response = await login_page(request, "", error, wanted)
    response.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="lax")
    return response


def _demand_on() -> None:
    if not oidc.is_on():
        raise NotFound("没有这个页面，请检查地址。")


def _back(request: Request) -> str:
    """Where the provider sends the browser back to; it must know this address."""
    base = house().settings.public_url or str(request.base_url)
    return f"{base.rstrip('/')}{PATH}/back"


ROUTES = [Route(PATH, depart), Route(f"{PATH}/back", arrive)]
