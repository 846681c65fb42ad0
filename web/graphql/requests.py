"""GraphQL over HTTP: how a request is read and how its answer is dressed.

https://graphql.github.io/graphql-over-http/draft/ — POST with JSON, GET for queries;
`application/graphql-response+json` tells by the status whether the request itself was wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response

from core.errors import BadInput, LiuheError, RateLimited, TooLarge, Unavailable

BODY_LIMIT = 1_000_000  # bytes
JSON = "application/json"
RESPONSE_JSON = "application/graphql-response+json"


class BadRequest(BadInput):
    status = 400


class WrongMethod(BadInput):
    status = 405


class NotAcceptable(BadInput):
    status = 406


class WrongMediaType(BadInput):
    status = 415


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One operation, as it was sent."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None


async def read(request: Request) -> Asked:
    """The operation in a request, or the failure that fits."""
    if request.method == "GET":
        return _asked(_from_address(request))
    if request.method != "POST":
        raise WrongMethod("这个地址只接受 POST，查询也可以用 GET。")
    _check_media_type(request.headers.get("content-type", ""))
    return _asked(_json(await _body(request), "请求体"))


def _from_address(request: Request) -> dict[str, Any]:
    given: dict[str, Any] = dict(request.query_params)
    for name in ("variables", "extensions"):
        if given.get(name):
            given[name] = _json(given[name].encode(), name)
        else:
            given.pop(name, None)
    return given


def _check_media_type(header: str) -> None:
    media_type, _, parameters = header.partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    if media_type.strip().lower() != JSON or charset not in ("", "utf-8"):
        raise WrongMediaType(f"请用 Content-Type: {JSON} 发送；图片请先传到 /files。")


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY_LIMIT:
            raise TooLarge("请求体不能超过 1 MB；图片请先传到 /files。")
    return bytes(body)


def _json(content: bytes, what: str) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"{what}不是合格的 JSON：{error}。") from error


def _asked(given: Any) -> Asked:
    if isinstance(given, list):
        raise BadRequest("一次只能发送一个操作，不接受批量。")
    if not isinstance(given, dict):
        raise BadRequest("请求体要是一个 JSON 对象，里面有 query。")
    kinds = {"query": str, "variables": dict, "operationName": str, "extensions": dict}
    for name, kind in kinds.items():
        if given.get(name) is not None and not isinstance(given[name], kind):
            raise BadRequest(f"{name} 的类型不对。", field=name)
    if not given.get("query"):
        raise BadRequest("请求里没有 query。", field="query", reason="required")
    return Asked(
        query=given["query"],
        variables=given.get("variables"),
        operation_name=given.get("operationName") or None,
    )


def media_type_for(accept: str) -> str:
    """What to answer with; `application/json` where the client does not care."""
    best, weight = "", 0.0
    for part in (accept or "*/*").split(","):
        media_type, *parameters = (piece.strip().lower() for piece in part.split(";"))
        offered = {RESPONSE_JSON: RESPONSE_JSON, JSON: JSON, "application/*": JSON, "*/*": JSON}
        quality = _quality(parameters)
        if media_type in offered and quality > weight:
            best, weight = offered[media_type], quality
    if not best:
        raise NotAcceptable(f"这里只能用 {RESPONSE_JSON} 或 {JSON} 回答。")
    return best


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0


def dumps(content: Any) -> bytes:
    return orjson.dumps(content, default=str, option=orjson.OPT_NON_STR_KEYS)


def failed(error: LiuheError, media_type: str = JSON) -> Response:
    """A request that is wrong before GraphQL begins."""
    shown = GraphQLError(error.message, extensions={"code": error.code})
    response = Response(dumps({"errors": [shown.formatted]}), error.status, media_type=media_type)
    if isinstance(error, WrongMethod):
        response.headers["allow"] = "GET, POST"
    if isinstance(error, RateLimited | Unavailable):
        response.headers["retry-after"] = str(error.retry_after)
    return response


def answered(
    data: Mapping[str, Any] | None,
    errors: list[GraphQLError] | None,
    media_type: str,
    *,
    began: bool,
) -> Response:
    """`began` is whether anything was executed: if not, there is no `data` to speak of."""
    content: dict[str, Any] = {"data": data} if began else {}
    if errors:
        content["errors"] = [error.formatted for error in errors]
    status = 200 if began or media_type == JSON else 400
    response = Response(dumps(content), status, media_type=media_type)
    for error in errors or () if not began else ():
        if wait := (error.extensions or {}).get("retryAfter"):  # nothing of it ran
            response.status_code = RateLimited.status
            response.headers["retry-after"] = str(wait)
    return response
