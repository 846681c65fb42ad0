"""One work order: what was said, what kind of case it is, sending it back, and who called."""

from typing import Any

from liuhe import BadInput, Conflict, NotFound, Viewer, may
from liuhe.pages import Request, Response, form, page, see_other, viewer
from plugins.cases.actions import Stage, type_options
from plugins.hotline import actions
from plugins.hotline.models import WorkOrder
from plugins.hotline.pages.lists import CLASS_LABELS, HERE, TONES
from plugins.hotline.permissions import CALLER, IMPORT, MAP, RETURN, SCOPE, visible
from plugins.hotline.rules import STATE_LABELS, State


async def one_page(request: Request) -> Response:
    return await _page(request)


async def _page(
    request: Request, error: BadInput | Conflict | None = None, **more: Any
) -> Response:
    who = viewer(request)
    order = (
        await WorkOrder.filter(visible(who), id=request.path_params["id"])
        .select_related("area", "case")
        .first()
    )
    if order is None:
        raise NotFound()
    field = error.field if isinstance(error, BadInput) else ""
    context = {
        "page_title": f"工单 {order.task_num}",
        "order": order,
        "state": STATE_LABELS[order.state],
        "tone": TONES[order.state],
        "facts": _facts(order),
        "problem": {field: error.message} if error else {},
        "told": None,
        **await _ways(who, order),
        **more,
    }
    return await page(request, "hotline/one.html", context, status=error.status if error else 200)


def _facts(order: WorkOrder) -> list[tuple[str, Any]]:
    return [
        ("诉求类别", CLASS_LABELS.get(order.rec_type, order.rec_type)),
        ("类型", " / ".join(filter(None, order.triple))),
        ("地点", " ".join(filter(None, (order.area.name, order.address)))),
        ("来源", order.event_src),
        ("首派单位", order.first_unit),
        ("标记", order.marks),
        ("办理结果", order.result),
        ("退回依据" if order.state == State.RETURNED else "上次退回的依据", order.return_basis),
    ]


async def _ways(who: Viewer, order: WorkOrder) -> dict[str, Any]:
    may_choose = order.waits and may(who, IMPORT, order, SCOPE)
    return {
        "types": await type_options() if may_choose else [],
        "may_choose": may_choose,
        "may_map": may_choose and who.holds_everywhere(MAP),
        "may_return": _returnable(order) and may(who, RETURN, order, SCOPE),
        "may_call": order.contact_id is not None and may(who, CALLER, order, SCOPE),
    }


def _returnable(order: WorkOrder) -> bool:
    """Before anybody has accepted the case that it became."""
    if order.state == State.OPEN and order.case is not None:
        return bool(order.case.stage == Stage.REPORTED)
    return order.waits


async def choose(request: Request) -> Response:
    who, given = viewer(request), await form(request)
    key = request.path_params["id"]
    try:
        order = await actions.choose_type(who, key, given.text("type", most=8))
        if given.checked("always"):
            await actions.map_type(who, order.triple, given.text("type", most=8))
    except (BadInput, Conflict) as error:
        return await _page(request, error)
    return see_other(request, f"{HERE}{key}", "已转成案件。")


async def send_back(request: Request) -> Response:
    who, given = viewer(request), await form(request)
    key = request.path_params["id"]
    try:
        await actions.return_order(who, key, given.text("basis"))
    except (BadInput, Conflict) as error:
        return await _page(request, error, basis=given.text("basis"))
    return see_other(request, f"{HERE}{key}", "已退回，导出时带着依据。")


async def caller(request: Request) -> Response:
    who, given = viewer(request), await form(request)
    try:
        reason = given.text("reason")
        found = await actions.read_caller(who, request.path_params["id"], reason)
    except BadInput as error:
        return await _page(request, error)
    return await _page(request, told=found or {"name": "已经销毁", "phone": ""})
