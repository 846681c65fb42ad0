"""`/admin/register/holds`: 保全, what is kept for a case at law beyond its term."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core import holds
from core.errors import BadInput, Forbidden
from core.holds import Hold
from core.people import today
from core.permissions import Viewer
from web.keyset import Window, slice_of
from web.pages import Form, form, page, see_other, viewer
from web.register import SEE_HOLDS, tabs

HERE = "/admin/register/holds"


async def listed(request: Request) -> Response:
    return await _listed(request)


async def _listed(
    request: Request, given: Form | None = None, problem: BadInput | None = None
) -> Response:
    who = _demand(viewer(request))
    params = request.query_params
    after, before = params.get("after") or None, params.get("before") or None
    found = Hold.all().select_related("placed_by", "lifted_by")
    part = await slice_of(found, ["-id"], Window(after=after, before=before, backward=bool(before)))
    kinds = {name: rule.thing for name, rule in holds.kinds().items()}
    context = {
        "page_title": "保全",
        "tabs": tabs(who, "/holds"),
        "rows": _rows(part.rows, kinds),
        "kinds": list(kinds.items()),
        "today": today().isoformat(),
        "may": who.holds_everywhere(holds.MANAGE),
        "values": given.values() if given else dict(params),
        "problem": {problem.field: problem.message} if problem else {},
        "prev": f"{HERE}?before={part.start_cursor}" if part.has_previous else "",
        "next": f"{HERE}?after={part.end_cursor}" if part.has_next else "",
    }
    return await page(request, "register/holds.html", context, status=422 if problem else 200)


def _demand(who: Viewer) -> Viewer:
    if not any(who.holds_everywhere(name) for name in SEE_HOLDS):
        raise Forbidden()
    return who


def _rows(found: Sequence[Hold], kinds: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "row": hold,
            "title": f"{kinds.get(hold.kind, hold.kind)} {hold.key}",
            "state": _state(hold),
            "in_force": hold.in_force,
        }
        for hold in found
    ]


def _state(hold: Hold) -> str:
    if hold.lifted_at:
        return "已解除"
    return "保全中" if hold.in_force else "已到期"


async def place(request: Request) -> Response:
    given = await form(request)
    try:
        hold = await holds.place_hold(
            viewer(request),
            kind=given.text("kind"),
            key=given.text("key"),
            case_no=given.text("case_no"),
            reason=given.text("reason"),
            until=day(given, "until"),
        )
    except BadInput as error:
        return await _listed(request, given, error)
    return see_other(request, HERE, f"已保全，{hold.until:%Y-%m-%d} 以前不会销毁。")


def day(given: Form, name: str) -> date | None:
    try:
        return date.fromisoformat(given.text(name, most=10))
    except ValueError:
        return None


async def lift(request: Request) -> Response:
    await form(request)  # which asks for the form's token
    await holds.lift_hold(viewer(request), request.path_params["id"])
    return see_other(request, HERE, "已解除，到期的当天夜里销毁。")


ROUTES = [
    Route("/register/holds", listed, methods=["GET"]),
    Route("/register/holds", place, methods=["POST"]),
    Route("/register/holds/{id:int}/lift", lift, methods=["POST"]),
]
