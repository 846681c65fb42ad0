"""`/admin/exports`: what can be taken out, how much it is, and why; `/exports/…` is the file."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.errors import BadInput, LiuheError
from core.exchange.cards import Asked
from core.exchange.exporting import (
    LONGEST_REASON,
    MAKE,
    MOST_ROWS,
    export_named,
    exports_for,
    make_export,
)
from core.house import house
from core.permissions import demand_held
from core.sheets import FORMATS
from web.imports import sent, tabs
from web.pages import page, viewer

HERE = "/admin/exports"
OURS = ("format", "reason")
MOST_FILTERS = 20


async def listed(request: Request) -> Response:
    who = demand_held(viewer(request), MAKE)
    context = {
        "page_title": "导出",
        "tabs": tabs(who, HERE),
        "kinds": [
            {"title": one.title, "meta": one.hint, "href": f"{HERE}/{one.name}"}
            for one in exports_for(who)
        ],
    }
    return await page(request, "exchange/exports.html", context)


async def one(request: Request) -> Response:
    """How much it is under the filters of the list that one comes from; with `format`, the file."""
    if request.query_params.get("format"):
        try:
            return await _file(request, request.query_params["format"])
        except BadInput as error:
            return await _one(request, error)
    return await _one(request)


async def _one(request: Request, problem: LiuheError | None = None) -> Response:
    who = viewer(request)
    kind = export_named(request.path_params["name"], who)
    asked = _asked(request)
    count = await kind.count(who, asked)
    context: dict[str, Any] = {
        "page_title": f"导出{kind.title}",
        "kind": kind,
        "asked": asked,
        "count": count,
        "most": MOST_ROWS,
        "formats": [(name, FORMATS[name].title) for name in kind.formats],
        "chosen": request.query_params.get("format") or kind.formats[0],
        "reason": request.query_params.get("reason", ""),
        "longest": LONGEST_REASON,
        "field": problem.field if isinstance(problem, BadInput) else "",
        "problem": problem.message if problem else "",
        "back": f"{kind.back}?{urlencode(asked)}" if kind.back and asked else kind.back or HERE,
    }
    return await page(request, "exchange/export.html", context, status=422 if problem else 200)


async def file(request: Request) -> Response:
    """For programs: `GET /exports/cases.list.csv?tab=all&reason=…`."""
    return await _file(request, request.path_params["format"])


async def _file(request: Request, name: str) -> Response:
    who = viewer(request)
    kind = export_named(request.path_params["name"], who)
    reason = request.query_params.get("reason", "")
    path = await make_export(who, kind.name, name, _asked(request), reason=reason)
    day = datetime.now(ZoneInfo(house().settings.timezone)).strftime("%Y%m%d-%H%M")
    return sent(path, f"{kind.title}-{day}", name)


def _asked(request: Request) -> Asked:
    given = [pair for pair in request.query_params.items() if pair[0] not in OURS]
    return {name: value[:100] for name, value in given[:MOST_FILTERS]}


ROUTES = [
    Route("/exports", listed, methods=["GET"]),
    Route("/exports/{name}", one, methods=["GET"]),
]
OPEN_ROUTES = [Route("/exports/{name}.{format:str}", file, methods=["GET"])]
