"""上报 by hand: an officer on the round, or a resident."""

import uuid
from typing import Any

from liuhe import BadInput, demand_held
from liuhe.pages import Form, Request, Response, form, fragment, is_htmx, page, see_other, viewer
from plugins.cases import actions
from plugins.cases.models import Case
from plugins.cases.pages import choices
from plugins.cases.permissions import only_own
from plugins.cases.rules import SOURCE_LABELS, Source

BY_HAND = (Source.OFFICER, Source.HOTLINE, Source.RESIDENT)


async def new_case(request: Request) -> Response:
    return await page(request, "cases/new.html", await _context(request, {}, None))


async def report_case(request: Request) -> Response:
    given = await form(request)
    values: dict[str, Any] = given.values()
    try:
        values["keptIds"] = [
            *given.many("keptIds"),
            *await given.pictures("fileIds", viewer(request)),
        ]
        case = await _open(request, given, values["keptIds"])
    except BadInput as error:
        error.field = "fileIds" if error.field == "file" else error.field
        context = await _context(request, values, error)
        if is_htmx(request):
            return fragment(request, "cases/new_form.html", context, status=422)
        return await page(request, "cases/new.html", context, status=422)
    said = f"已上报，案卷号 {case.number}。接下来由街道派单员受理。"
    return see_other(request, f"/admin/cases/{case.id}", said)


async def _open(request: Request, given: Form, file_ids: list[str]) -> Case:
    return await actions.open_case(
        viewer(request),
        title=given.text("title"),
        type_code=given.text("typeCode"),
        area_id=given.whole("areaId"),
        address=given.text("address"),
        description=given.text("description", most=5000),
        source=given.text("source") or Source.OFFICER,
        file_ids=file_ids,
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
        "values": values,
        "key": values.get("key") or uuid.uuid4().hex,
        "problems": {error.field: error.message} if error else {},
    }
