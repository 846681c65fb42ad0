"""`/admin/register/certificates`: 销毁证明, what was deleted because its term was over."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.errors import NotFound
from core.permissions import demand_held
from core.retention import Certificate
from web.keyset import Window, slice_of
from web.pages import page, viewer
from web.register import ACTIONS, SEE, tabs, term

HERE = "/admin/register/certificates"


async def listed(request: Request) -> Response:
    who = demand_held(viewer(request), SEE)
    params = request.query_params
    after, before = params.get("after") or None, params.get("before") or None
    part = await slice_of(
        Certificate.all(), ["-id"], Window(after=after, before=before, backward=bool(before))
    )
    context = {
        "page_title": "销毁证明",
        "tabs": tabs(who, "/certificates"),
        "rows": part.rows,
        "actions": ACTIONS,
        "prev": f"{HERE}?before={part.start_cursor}" if part.has_previous else "",
        "next": f"{HERE}?after={part.end_cursor}" if part.has_next else "",
    }
    return await page(request, "register/certificates.html", context)


async def one(request: Request) -> Response:
    """A page to print and to file."""
    demand_held(viewer(request), SEE)
    row = await Certificate.get_or_none(id=request.path_params["id"])
    if row is None:
        raise NotFound("没有这份证明。")
    context = {
        "page_title": f"销毁证明 {row.id}",
        "row": row,
        "action": ACTIONS[row.action],
        "term": term(row.starts, row.days),
    }
    return await page(request, "register/certificate.html", context)


ROUTES = [
    Route("/register/certificates", listed),
    Route("/register/certificates/{id:int}", one),
]
