"""吹哨: the form that calls units to a case."""

import uuid
from collections.abc import Mapping
from typing import Any

from liuhe import BadInput, Conflict, Forbidden, NotFound, Unit
from liuhe.pages import Form, Request, Response, form, page, see_other, viewer
from plugins.cases import actions
from plugins.cases.actions import Call
from plugins.cases.models import Task
from plugins.cases.pages.choices import MOST, Options
from plugins.cases.pages.moving import local_time
from plugins.cases.pages.showing import Shown, show
from plugins.cases.pages.tasks import help_on
from plugins.cases.permissions import reachable_units
from plugins.cases.rules import MOST_CALLED, OPEN_TASKS, TaskStage

SHOWN_ROWS = 3


async def whistle_form(request: Request) -> Response:
    return await page(request, "cases/whistle.html", await _context(request, {}))


async def blow(request: Request) -> Response:
    given = await form(request)
    try:
        tasks = await actions.blow_whistle(
            viewer(request),
            request.path_params["id"],
            calls=_calls(given),
            wanted=given.text("wanted"),
            arrive_by=local_time(given.text("arriveBy", most=40), "arriveBy"),
            version=given.whole("version"),
            idempotency_key=given.text("key") or None,
        )
    except BadInput as error:
        context = await _context(request, given.values(), error)
        return await page(request, "cases/whistle.html", context, status=422)
    except Conflict as conflict:
        return see_other(request, _case(request), conflict.message, kind="warn")
    names = "、".join(task.unit.name for task in tasks)
    return see_other(request, _case(request), f"已吹哨，等{names}报到。")


def _case(request: Request) -> str:
    return f"/admin/cases/{request.path_params['id']}"


def _calls(given: Form) -> list[Call]:
    """The rows in which a unit was chosen."""
    rows = ((given.whole(f"unit{n}"), given.text(f"wanted{n}")) for n in range(MOST_CALLED))
    return [Call(unit_id=unit, wanted=wanted) for unit, wanted in rows if unit is not None]


async def _context(
    request: Request, values: Mapping[str, Any], error: BadInput | None = None
) -> dict[str, Any]:
    shown = await show(viewer(request), request.path_params["id"])
    if shown is None:
        raise NotFound()
    if not (await help_on(shown.viewer, shown.case)).may_whistle:
        raise Forbidden("现在不能为这件案件吹哨。")
    used = [n for n in range(MOST_CALLED) if values.get(f"unit{n}")]
    return {
        "page_title": "吹哨",
        "case": shown.case,
        "units": await _units(shown),
        "rows": range(SHOWN_ROWS),
        "more": range(SHOWN_ROWS, MOST_CALLED),
        "more_open": bool(used) and max(used) >= SHOWN_ROWS,
        "values": dict(values),
        "looked_at": values.get("version") or shown.case.version,
        "key": values.get("key") or uuid.uuid4().hex,
        "problems": {error.field: error.message} if error else {},
        "problem": error.message if error and error.field not in ("wanted", "arriveBy") else "",
    }


async def _units(shown: Shown) -> Options:
    """Units in reach that can be called to this case now."""
    busy = Task.filter(case_id=shown.id, stage__in=[*OPEN_TASKS, TaskStage.RETURNED])
    taken = {shown.case.unit_id, *(task.unit_id for task in await busy.only("unit_id"))}
    reach = reachable_units(shown.viewer, "cases.whistle")
    rows = await Unit.filter(reach).order_by("name").limit(MOST)
    return [(row.id, row.name) for row in rows if row.id not in taken]
