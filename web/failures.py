"""Failures as answers: a page for people, a notice for htmx, JSON for programs."""

from typing import Any
from urllib.parse import quote, urlsplit

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from tortoise.exceptions import ValidationError

from core.errors import (
    BadInput,
    CodeNeeded,
    Forbidden,
    LiuheError,
    NotFound,
    NotSignedIn,
    RateLimited,
    Unavailable,
)
from core.values import expected
from web.graphql.requests import failed
from web.middleware import SAFE_METHODS
from web.pages import fragment, is_htmx, page, put_flash

log = structlog.get_logger()


class Defect(LiuheError):
    """What we did not expect; the text says nothing of it."""

    def __init__(self) -> None:
        super().__init__("系统出了点问题，已经记录下来。请稍后再试；如仍不行，请把编号告诉管理员。")


async def on_liuhe_error(request: Request, error: Exception) -> Response:
    failure = expected(error)
    assert failure is not None
    return await answer(request, failure)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Starlette's own: unknown address, wrong method, a form that cannot be read."""
    assert isinstance(error, HTTPException)
    known: dict[int, LiuheError] = {404: NotFound("没有这个页面，请检查地址。"), 403: Forbidden()}
    failure = known.get(error.status_code) or BadInput("这个请求无法处理，请返回上一页重试。")
    failure.status = error.status_code
    return await answer(request, failure)


async def on_defect(request: Request, error: Exception) -> Response:
    log.error("request.failed", path=request.url.path, exc_info=error)
    return await answer(request, Defect())


async def answer(request: Request, failure: LiuheError) -> Response:
    if request.url.path == "/graphql":  # before GraphQL began: the caller reads its errors
        return failed(failure)
    if not _wants_page(request):
        return _json(failure, request)
    if isinstance(failure, NotSignedIn) and not is_htmx(request):
        return _to_login(request)
    context = {
        "failure": failure,
        "status": failure.status,
        "message": failure.message,
        "request_id": request.state.request_id,
    }
    if is_htmx(request):
        return _notice(request, failure, context)
    response = await page(request, "error.html", context, status=failure.status)
    _say_when(response, failure)
    return response


def _say_when(response: Response, failure: LiuheError) -> None:
    if isinstance(failure, RateLimited | Unavailable):
        response.headers["retry-after"] = str(failure.retry_after)


def _wants_page(request: Request) -> bool:
    """Whether a person reads the answer: on our own pages, or on an open one in a browser."""
    path = request.url.path
    if path.startswith("/admin"):
        return True
    program = path.startswith(("/graphql", "/files", "/auth/"))
    return not program and "text/html" in request.headers.get("accept", "")


def _to_login(request: Request) -> Response:
    """To the login and back again: what was posted is not kept, so say that it is not done."""
    reading = request.method in SAFE_METHODS
    came_from = urlsplit(str(request.url) if reading else request.headers.get("referer", ""))
    back = f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path
    response = RedirectResponse(f"/admin/login?next={quote(back)}", status_code=303)
    if not reading:
        put_flash(response, "warn", LOST)
    return response


LOST = "登录已过期，刚才填写的没有提交成功。请重新登录，再填写一次。"
EXPIRED = (
    "登录已过期，没有办成。您填的内容还在这一页：请在新的标签页里重新登录，再回到这里，再提交一次。"
)


def _notice(request: Request, failure: LiuheError, context: dict[str, Any]) -> Response:
    if isinstance(failure, NotSignedIn):  # leaving the page would lose what is being written there
        context = {**context, "message": EXPIRED}
    response = fragment(request, "notice.html", context, status=failure.status)
    response.headers["HX-Retarget"] = "#flash"
    response.headers["HX-Reswap"] = "innerHTML"
    _say_when(response, failure)
    return response


def _json(failure: LiuheError, request: Request) -> JSONResponse:
    body = {"code": failure.code, "message": failure.message, "requestId": request.state.request_id}
    if isinstance(failure, CodeNeeded):
        body["reason"] = failure.reason
    response = JSONResponse({"error": body}, failure.status)
    _say_when(response, failure)
    if isinstance(failure, NotSignedIn):
        response.headers["www-authenticate"] = "Bearer"
    return response


HANDLERS: Any = {
    LiuheError: on_liuhe_error,
    ValidationError: on_liuhe_error,
    HTTPException: on_http_error,
}
