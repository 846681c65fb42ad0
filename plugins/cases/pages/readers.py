"""谁看过这件案件: for supervisors, the audit of one case."""

from typing import Any

from liuhe import NotFound, demand, may
from liuhe.pages import Request, Response, audit_about, page, render_fragment, viewer
from plugins.cases.models import Case
from plugins.cases.permissions import READERS, SCOPE, visible


async def readers_page(request: Request) -> Response:
    who = viewer(request)
    found = Case.filter(visible(who), id=request.path_params["id"])
    case = await found.select_related("area").first()
    if case is None:
        raise NotFound()
    demand(who, READERS, case, SCOPE)
    context = {"page_title": "谁看过", "case": case, **await audit_about(request, case)}
    return await page(request, "cases/readers.html", context)


async def show_readers_link(request: Request, case: Any) -> str:
    """On the case's page, for whoever may follow it."""
    if not may(viewer(request), READERS, case, SCOPE):
        return ""
    return render_fragment(request, "cases/readers_link.html", {"case": case})
