"""Failures as answers: a page for people, a notice for htmx, JSON for programs."""

from typing import Any

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from core.errors import (
    BadInput,
    Forbidden,
    LiuheError,
    NotFound,
    NotSignedIn,
    RateLimited,
)
from web.pages import fragment, is_htmx, page

log = structlog.get_logger()


class Defect(LiuheError):
    """What we did not expect; the text says nothing of it."""

    def __init__(self) -> None:
        super().__init__("系统出了点问题，已经记录下来。请稍后再试；如仍不行，请把编号告诉管理员。")


async def on_liuhe_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, LiuheError)
    return await answer(request, error)


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
    if not request.url.path.startswith("/admin"):
        return _json(failure, request)
    if isinstance(failure, NotSignedIn) and not is_htmx(request):
        return RedirectResponse(f"/admin/login?next={request.url.path}", status_code=303)
    context = {
        "failure": failure,
        "status": failure.status,
        "message": failure.message,
        "request_id": request.state.request_id,
    }
    if is_htmx(request):
        return _notice(request, failure, context)
    return await page(request, "error.html", context, status=failure.status)


def _notice(request: Request, failure: LiuheError, context: dict[str, Any]) -> Response:
    if isinstance(failure, NotSignedIn):
        return Response(status_code=401, headers={"HX-Redirect": "/admin/login"})
    response = fragment(request, "notice.html", context, status=failure.status)
    response.headers["HX-Retarget"] = "#flash"
    response.headers["HX-Reswap"] = "innerHTML"
    return response


def _json(failure: LiuheError, request: Request) -> JSONResponse:
    body = {"code": failure.code, "message": failure.message, "requestId": request.state.request_id}
    response = JSONResponse({"error": body}, failure.status)
    if isinstance(failure, RateLimited):
        response.headers["retry-after"] = str(failure.retry_after)
    if isinstance(failure, NotSignedIn):
        response.headers["www-authenticate"] = "Bearer"
    return response


HANDLERS: Any = {LiuheError: on_liuhe_error, HTTPException: on_http_error, Exception: on_defect}
