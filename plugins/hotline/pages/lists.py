"""The list of work orders, and the same as a file."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from tortoise.expressions import Q

from liuhe import Asked, Export, Parts, Viewer, demand_held, parts_of
from liuhe.graphql import connection
from liuhe.pages import Request, Response, page, viewer
from plugins.cases.actions import leading_cases
from plugins.hotline.actions import TAKEN_OUT
from plugins.hotline.models import WorkOrder
from plugins.hotline.permissions import IMPORT, MAP, SEE, matching, visible
from plugins.hotline.rules import CLASSES, NEWS, NEWS_LABEL, STATE_LABELS, State

HERE = "/admin/hotline/"
TONES = {
    State.UNMAPPED: "warn",
    State.OPEN: "pine",
    State.SETTLED: "ok",
    State.RETURNED: "",
}
CLASS_LABELS = dict(CLASSES)


def condition(viewer: Viewer, asked: Mapping[str, str]) -> Q:
    """What the viewer may see under the filters of the list."""
    return visible(viewer) & matching(asked.get("state", ""), asked.get("q", ""))


async def list_page(request: Request) -> Response:
    who = demand_held(viewer(request), SEE)
    params = request.query_params
    asked = {name: params[name][:60] for name in ("state", "q") if params.get(name)}
    after, before = params.get("after") or None, params.get("before") or None
    size = {"last": 20} if before else {"first": 20}
    found = WorkOrder.filter(condition(who, asked)).select_related("area")
    listed = await connection(
        found, lambda row: row, order=["-id"], after=after, before=before, **size
    )
    part = listed.page_info.page
    context = {
        "page_title": "热线工单",
        "asked": asked,
        "tabs": await _tabs(who, asked),
        "rows": [_row(order) for order in part.rows],
        "prev": _url(asked, before=part.start_cursor) if part.has_previous else "",
        "next": _url(asked, after=part.end_cursor) if part.has_next else "",
        "may_import": who.holds(IMPORT) and who.holds("imports.run"),
        "may_map": who.holds_everywhere(MAP),
        "export": f"/admin/exports/hotline.orders?{urlencode(asked)}"
        if who.holds("exports.make")
        else "",
    }
    return await page(request, "hotline/list.html", context)


def _url(asked: Mapping[str, str], **more: str | None) -> str:
    parts = {name: value for name, value in {**asked, **more}.items() if value}
    return f"{HERE}?{urlencode(parts)}"


async def _tabs(who: Viewer, asked: Mapping[str, str]) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    titles = {"": "全部", **{str(state): STATE_LABELS[state] for state in State}, NEWS: NEWS_LABEL}
    for state, title in titles.items():
        wanted = {**asked, "state": state}
        count = await WorkOrder.filter(condition(who, wanted)).count()
        found.append((title, _url(wanted), asked.get("state", "") == state, count))
    return found


def news_of(order: WorkOrder) -> str:
    """What the platform has told that somebody should look at."""
    if order.again_at is not None:
        return "平台又发来"
    return "平台已办结" if order.state == State.OPEN and order.finished_at else ""


def _row(order: WorkOrder) -> dict[str, Any]:
    kinds = " / ".join(filter(None, order.triple))
    return {
        "title": order.event_desc[:60] or kinds,
        "href": f"{HERE}{order.id}",
        "number": order.task_num,
        "kind": f"{CLASS_LABELS.get(order.rec_type, order.rec_type)} · {kinds}",
        "place": " ".join(filter(None, (order.area.name, order.address))),
        "told_at": order.told_at,
        "state": STATE_LABELS[order.state],
        "tone": TONES[order.state],
        "marks": order.marks,
        "news": news_of(order),
    }


async def count(who: Viewer, asked: Asked) -> int:
    return await WorkOrder.filter(condition(who, asked)).count()


async def parts(who: Viewer, asked: Asked) -> Parts:
    found = WorkOrder.filter(condition(who, asked)).select_related("area__parent", "case")
    async for orders in parts_of(found):
        leading = await leading_cases([order.case_id for order in orders if order.case_id])
        yield [_out(order, leading.get(order.case_id or 0)) for order in orders]


def _out(order: WorkOrder, leading: Any) -> dict[str, Any]:
    area, parent = order.area, order.area.parent
    street = area if area.level == "street" else parent
    own = (
        *("task_num", "rec_id", "rec_type", "event_src", "main_type", "sub_type", "third_type"),
        *("event_desc", "address", "first_unit", "marks", "result"),
    )
    back = order.state == State.RETURNED
    return {
        **{name: getattr(order, name) for name in own},
        "return_basis": order.return_basis if back else "",
        "returned_at": order.returned_at if back else None,
        "create_time": order.told_at,
        "finish_time": order.finished_at or (leading.closed_at if leading else None),
        "street": street.name if street and street.level == "street" else "",
        "community": area.name if area.level == "community" else "",
        "state": order.state.value,
        "case_number": order.case.number if order.case else "",
    }


EXPORTS = (
    Export(
        name="hotline.orders",
        title="12345 热线工单",
        permission=SEE,
        columns=TAKEN_OUT,
        count=count,
        parts=parts,
        personal=True,
        hint="和导入的列相同，加上办理状态、案卷号和退回依据；没有来电人的姓名和电话。",
        back=HERE,
    ),
)
