"""Confirming and discarding: the card comes back as it is afterwards."""

from liuhe import Viewer
from liuhe.pages import Request, Response, Route, form, fragment, is_htmx, see_other, viewer
from plugins.city_eye import actions
from plugins.city_eye.models import Finding
from plugins.city_eye.pages.views import BASE, QUICK, cards
from plugins.city_eye.permissions import seen_finding
from plugins.city_eye.rules import Reason


async def confirm(request: Request) -> Response:
    given = await form(request)
    who = viewer(request)
    finding = await actions.confirm_finding(
        who, request.path_params["id"], given.text("note", most=500)
    )
    return await _after(request, who, finding, "已确认，已立案。")


async def discard(request: Request) -> Response:
    given = await form(request)
    who = viewer(request)
    finding = await actions.discard_finding(
        who,
        request.path_params["id"],
        given.text("reason", most=20) or Reason.FALSE_ALARM,
        given.text("note", most=500),
    )
    return await _after(request, who, finding, "已排除。")


async def _after(request: Request, who: Viewer, finding: Finding, words: str) -> Response:
    if not is_htmx(request):
        return see_other(request, f"{BASE}/", words)
    shown = await seen_finding(who, finding.id)
    context = {
        "f": (await cards([shown], who))[0],
        "base": BASE,
        "reasons": QUICK,
        "case_href": f"/admin/cases/{shown.case_id}" if shown.case_id else "",
    }
    return fragment(request, "city_eye/_card.html", context)


ROUTES = [
    Route("/{id:int}/confirm", confirm, methods=["POST"]),
    Route("/{id:int}/discard", discard, methods=["POST"]),
]
