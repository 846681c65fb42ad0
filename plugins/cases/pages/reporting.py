"""上报 by hand: an officer on the round, or a resident."""

import uuid
from typing import Any

from liuhe import BadInput, Viewer, demand_held
from liuhe.pages import Form, Request, Response, form, fragment, is_htmx, page, see_other, viewer
from plugins.cases import actions
from plugins.cases.actions import Given
from plugins.cases.models import Case, flows
from plugins.cases.pages import choices
from plugins.cases.permissions import only_own
from plugins.cases.rules import ON_THE_SPOT, SOURCE_LABELS, STANDARD, Source

BY_HAND = (Source.OFFICER, Source.HOTLINE, Source.RESIDENT)


#: The fields with pictures, and where what they have brought is kept for another try.
PICTURES = (("fileIds", "keptIds"), ("afterFileIds", "keptAfterIds"))
#: How those that the house itself knows are offered.
OFFERED = {
    STANDARD.name: ("交给街道派单", "派单员派给责任单位处置"),
    ON_THE_SPOT.name: ("我已现场处置", "小事当场办好，附处置前、后的照片"),
}


async def new_case(request: Request) -> Response:
    return await page(request, "cases/new.html", await _context(request, {}, None))


async def report_case(request: Request) -> Response:
    given, who = await form(request), viewer(request)
    values: dict[str, Any] = given.values()
    try:
        for name, kept in PICTURES:
            values[kept] = await _pictures(given, name, kept, who)
        case = await _open(who, given, values)
    except BadInput as error:
        context = await _context(request, values, error)
        if is_htmx(request):
            return fragment(request, "cases/new_form.html", context, status=422)
        return await page(request, "cases/new.html", context, status=422)
    said = "接下来由街道派单员" + ("核查结案。" if case.handler_id else "受理。")
    return see_other(request, f"/admin/cases/{case.id}", f"已上报，案卷号 {case.number}。{said}")


async def _pictures(given: Form, name: str, kept: str, who: Viewer) -> list[str]:
    """Those of this try, after those that came with an earlier one."""
    try:
        return [*given.many(kept), *await given.pictures(name, who)]
    except BadInput as error:
        error.field = name if error.field == "file" else error.field
        raise


async def _open(who: Viewer, given: Form, values: dict[str, Any]) -> Case:
    flow = given.text("flow")
    handled = Given(note=given.text("handledNote"), file_ids=values["keptAfterIds"])
    return await actions.open_case(
        who,
        title=given.text("title"),
        type_code=given.text("typeCode"),
        area_id=given.whole("areaId"),
        address=given.text("address"),
        description=given.text("description", most=5000),
        source=given.text("source") or Source.OFFICER,
        file_ids=values["keptIds"],
        flow=flow,
        handled=handled if flow == ON_THE_SPOT.name else None,
        idempotency_key=given.text("key") or None,
    )


async def _context(
    request: Request, values: dict[str, Any], error: BadInput | None
) -> dict[str, Any]:
    who = demand_held(viewer(request), "cases.open")
    levels = ("street", "community", "grid")
    return {
        "page_title": "上报案件",
        "types": await choices.types(),
        "areas": await choices.areas(who, "cases.open", *levels),
        "sources": [(one.value, SOURCE_LABELS[one]) for one in BY_HAND],
        "ask_source": not only_own(who, "cases.open"),
        "flows": _flows(who),
        "values": values,
        "key": values.get("key") or uuid.uuid4().hex,
        "problems": {error.field: error.message} if error else {},
    }


def _flows(who: Viewer) -> choices.Options:
    """The ways that a report of this viewer may go."""
    return [
        (flow.name, *OFFERED.get(flow.name, (flow.title,)))
        for flow in flows()
        if flow.reported and who.holds(flow.permission)
    ]
