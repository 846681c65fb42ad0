"""Forms that move a case: read, act, and show what is now, or the form again with its problem."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from liuhe import BadInput, Conflict, NotFound, Viewer
from liuhe.pages import (
    Form,
    Request,
    Response,
    form,
    fragment,
    is_htmx,
    page,
    see_other,
    viewer,
)
from plugins.cases import actions
from plugins.cases.models import Case, flow_of, further_actions
from plugins.cases.pages.flowing import words_of
from plugins.cases.pages.one import context_of
from plugins.cases.pages.showing import show
from plugins.cases.pages.words import filled, zone
from plugins.cases.rules import STANDARD

GRANTED = {"yes": True, "no": False}
Act = Callable[..., Awaitable[Case]]
ACTS: dict[str, tuple[Act, tuple[str, ...]]] = {
    "accept": (actions.accept_case, ("note",)),
    "reject": (actions.reject_case, ("reason",)),
    "dispatch": (actions.dispatch_case, ("unit_id", "note")),
    "sign": (actions.sign_case, ()),
    "return": (actions.return_case, ("reason", "proposed_unit_id")),
    "finish_phase": (actions.finish_phase, ("note", "file_ids")),
    "submit_handling": (actions.submit_handling, ("note", "file_ids")),
    "verify": (actions.verify_case, ("note",)),
    "rework": (actions.rework_case, ("reason",)),
    "close": (actions.close_case, ("note",)),
    "rate": (actions.rate_case, ("rating", "note")),
    "request_extension": (actions.request_extension, ("until", "reason")),
    "decide_extension": (actions.decide_extension, ("granted", "note")),
    "transfer": (actions.transfer_case, ("unit_id", "reason")),
    "suspend": (actions.suspend_case, ("reason",)),
    "resume": (actions.resume_case, ("note",)),
    "withdraw": (actions.withdraw_case, ("reason",)),
    "merge": (actions.merge_case, ("main_case_id", "reason")),
    "supervise": (actions.supervise_case, ("note", "proposed_unit_id")),
    "reopen": (actions.reopen_case, ("reason",)),
}


async def move_case(request: Request) -> Response:
    action = request.path_params["action"]
    if action not in ACTS and action not in further_actions():
        raise NotFound()
    then = await _then(request.path_params["id"], action)
    who, given = viewer(request), await form(request)
    values: dict[str, Any] = given.values()
    try:
        values["keptIds"] = await _pictures(given, who)
        case = await _act(who, request.path_params["id"], action, given, values["keptIds"])
    except BadInput as error:
        error.field = "fileIds" if error.field == "file" else error.field
        return await _again(request, action, values, error=error)
    except Conflict as conflict:
        return await _again(request, action, values, conflict=conflict)
    return await _done(request, case, filled(then, case))


async def _then(case_id: int, action: str) -> str:
    """What follows, in the words of the flow that the case goes now."""
    case = await Case.get_or_none(id=case_id)
    flow = flow_of(case) if case else STANDARD
    return next((words_of(flow, move).then for move in flow.of(action)), "")


async def _act(who: Viewer, case_id: int, action: str, given: Form, pictures: list[str]) -> Case:
    act, takes = ACTS.get(action) or (_by_name(action), ("text", "unit_id", "file_ids"))
    known: dict[str, Callable[[], Any]] = {
        "note": lambda: given.text("note"),
        "reason": lambda: given.text("reason"),
        "text": lambda: given.text("note") or given.text("reason"),
        "unit_id": lambda: given.whole("unitId"),
        "proposed_unit_id": lambda: given.whole("proposedUnitId"),
        "rating": lambda: given.whole("rating"),
        "until": lambda: local_time(given.text("until", most=40), "until"),
        "granted": lambda: GRANTED.get(given.text("granted")),
        "main_case_id": lambda: given.whole("mainCaseId"),
        "file_ids": lambda: pictures,
    }
    values = {name: known[name]() for name in takes}
    return await act(who, case_id, version=given.whole("version"), **values)


def _by_name(action: str) -> Act:
    """What a flow of some plugin knows, by its name."""

    async def act(who: Viewer, case_id: int, *, text: str, **given: Any) -> Case:
        return await actions.move_case(who, case_id, action, note=text, **given)

    return act


def local_time(text: str, field: str) -> datetime | None:
    """What a browser sends as local time, in the district's zone."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone()) if text else None
    except ValueError:
        raise BadInput("请选择日期和时间。", field=field, reason="not_a_time") from None


async def _pictures(given: Form, who: Viewer) -> list[str]:
    """Those of this try, after those that came with an earlier one."""
    return [*given.many("keptIds"), *await given.pictures("fileIds", who)]


async def _done(request: Request, case: Case, said: str) -> Response:
    shown = await show(viewer(request), case.id)
    if shown is None:  # handed back: it is not this unit's any more
        return see_other(request, "/admin/cases/", said)
    if not is_htmx(request):
        return see_other(request, f"/admin/cases/{case.id}", said)
    context = await context_of(request, shown, said=("ok", said))
    return fragment(request, "cases/body.html", context)


async def _again(
    request: Request,
    action: str,
    values: dict[str, Any],
    *,
    error: BadInput | None = None,
    conflict: Conflict | None = None,
) -> Response:
    """The case as it is now, with the same form if it can still be used, and nothing typed lost."""
    shown = await show(viewer(request), request.path_params["id"])
    if shown is None:
        raise conflict or NotFound()
    said = ("warn", conflict.message) if conflict else None
    context = await context_of(request, shown, at=action, values=values, error=error, said=said)
    status = 409 if conflict else 422
    if not is_htmx(request):
        return await page(request, "cases/case.html", context, status=status)
    response = fragment(request, "cases/body.html", context, status=status)
    if conflict:
        response.headers["HX-Retarget"] = "#case"
        response.headers["HX-Reswap"] = "outerHTML"
    return response
