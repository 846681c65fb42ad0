"""What every answer of the interface has in common: its format, and errors as it writes them."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from liuhe import LiuheError, NotFound, RateLimited, Unavailable, house, settings_of
from liuhe.pages import Request, Response, address_of
from plugins.open311.rules import Refusal, as_json, as_xml
from plugins.open311.settings import Open311Settings
from plugins.residents.actions import Bound, phone_us, side_of, take


class Told(NamedTuple):
    """`root`: the name of the root element. `following`: where the list goes on."""

    root: str
    what: Any
    following: str = ""


Handler = Callable[[Request], Awaitable[Told]]
XML, JSON = "text/xml; charset=utf-8", "application/json; charset=utf-8"
HEADERS = {
    "access-control-allow-origin": "*",  # public, and no cookie opens anything here
    "x-robots-tag": "noindex, nofollow",
}


def zone() -> ZoneInfo:
    return ZoneInfo(house().settings.timezone)


def answering(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """As JSON or XML, whichever the address ends in; failures that we expect in the same."""

    @wraps(handler)
    async def answering_it(request: Request) -> Response:
        try:
            if request.method != "POST":
                await take((reads_of(side_of(address_of(request))),))
            demand_jurisdiction(request.query_params.get("jurisdiction_id", ""))
            told = await handler(request)
            answer = written(request, told.root, told.what)
        except LiuheError as error:
            return refused(request, error)
        if told.following:
            answer.headers["link"] = f'<{told.following}>; rel="next"'
        return answer

    return answering_it


def written(request: Request, root: str, told: Any, status: int = 200) -> Response:
    if not request.url.path.endswith(".xml"):
        return Response(as_json(told), status, HEADERS, media_type=JSON)
    return Response(as_xml(root, told), status, HEADERS, media_type=XML)


def refused(request: Request, error: LiuheError) -> Response:
    """422 is no status of the specification: what is wrong with a request is 400 there."""
    status = 400 if error.status == 422 else error.status
    refusal = Refusal(code=status, description=error.message)
    response = written(request, "errors", refusal.told, status)
    if isinstance(error, RateLimited | Unavailable):
        response.headers["retry-after"] = str(error.retry_after)
    return response


def reads_of(side: str) -> Bound:
    """On what one address looks up, whatever it is; what is sent has bounds by key."""
    return Bound(
        kind="open311.read",
        who=side,
        most=settings_of(Open311Settings).reads,
        seconds=600,
        words=phone_us("查得太频繁了。"),
    )


def demand_jurisdiction(given: str) -> None:
    known = settings_of(Open311Settings).jurisdiction
    if known and given and given != known:
        raise NotFound(f"没有 jurisdiction_id {given[:60]}；这里是 {known}。")
