"""值班表: the units with their gaps, and one unit's week."""

import uuid
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from liuhe import BadInput, Forbidden, NotFound, Unit, Viewer
from liuhe.graphql import connection
from liuhe.pages import Request, Response, Route, form, page, see_other, viewer
from plugins.dispatch import actions
from plugins.dispatch.actions import zone
from plugins.dispatch.models import Shift
from plugins.dispatch.pages.changing import day_of
from plugins.dispatch.permissions import ROSTER, SEE, may_roster, seen_units
from plugins.dispatch.rules import clock_text, days_without

HERE = "/admin/dispatch/roster"
WEEK = 7
WEEKDAYS = "一二三四五六日"
USUAL = {"begins": "17:30", "ends": "09:00"}


async def units(request: Request) -> Response:
    """Every unit whose roster one may see, and its gaps in the next seven days."""
    who = _allowed(viewer(request))
    seen = Unit.filter(seen_units(who), active=True)
    after, before = request.query_params.get("after"), request.query_params.get("before")
    size = {"last": 20} if before else {"first": 20}
    listed = await connection(
        seen, lambda row: row, order=["name"], after=after or None, before=before or None, **size
    )
    part = listed.page_info.page
    context = {
        "page_title": "值班表",
        "rows": await _rows(part.rows),
        "prev": f"{HERE}?before={part.start_cursor}" if part.has_previous else "",
        "next": f"{HERE}?after={part.end_cursor}" if part.has_next else "",
        "export": "/admin/exports/dispatch.roster"
        if who.holds(SEE) and who.holds("exports.make")
        else "",
    }
    return await page(request, "dispatch/roster.html", context)


async def _rows(found: Any) -> list[dict[str, Any]]:
    first = _today()
    shifts = await actions.shifts_of(
        [unit.id for unit in found], first, first + timedelta(days=WEEK - 1)
    )
    rows = []
    for unit in found:
        mine = [shift for shift in shifts if shift.unit_id == unit.id]
        gaps = days_without([shift.day for shift in mine], first, WEEK)
        rows.append(
            {
                "name": unit.name,
                "href": f"{HERE}/{unit.id}",
                "tonight": "、".join(_words(s) for s in mine if s.day == first) or "没有人",
                "gaps": "、".join(f"{day.month}月{day.day}日" for day in gaps),
                "count": len(gaps),
            }
        )
    return rows


async def week(request: Request) -> Response:
    return await page(request, "dispatch/week.html", await _week(request, {}))


async def add(request: Request) -> Response:
    given = await form(request)
    try:
        shift = await actions.save_shift(
            viewer(request),
            unit_id=request.path_params["unit"],
            person_id=given.whole("personId"),
            day=day_of(given, "day"),
            begins=given.text("begins", most=10),
            ends=given.text("ends", most=10),
            idempotency_key=given.text("key", most=40) or None,
        )
    except BadInput as error:
        context = await _week(request, given.values(), error)
        return await page(request, "dispatch/week.html", context, status=422)
    back = f"{HERE}/{shift.unit_id}?week={shift.day.isoformat()}"
    return see_other(request, back, f"已排上：{_day_text(shift.day)} {_words(shift)}。")


async def copy(request: Request) -> Response:
    given, unit = await form(request), request.path_params["unit"]
    monday = day_of(given, "week")
    added = await actions.copy_week(viewer(request), unit, monday)
    said = f"照上一周排上了 {added} 班。" if added else "上一周没有可以照搬的班。"
    return see_other(
        request, f"{HERE}/{unit}?week={monday or ''}", said, kind="ok" if added else "warn"
    )


async def remove(request: Request) -> Response:
    monday = day_of(await form(request), "week") or _today()
    unit = await actions.remove_shift(viewer(request), request.path_params["id"])
    return see_other(request, f"{HERE}/{unit.id}?week={monday.isoformat()}", "这一班已删掉。")


async def _week(
    request: Request, values: Mapping[str, Any], error: BadInput | None = None
) -> dict[str, Any]:
    who = _allowed(viewer(request))
    seen = Unit.filter(seen_units(who), id=request.path_params["unit"]).select_related("area")
    unit = await seen.first()
    if unit is None:
        raise NotFound("没有这个单位，或者您无权查看。")
    monday = _asked(request, values)
    last = monday + timedelta(days=WEEK - 1)
    shifts = await actions.shifts_of([unit.id], monday, last)
    arranges = may_roster(who, unit)
    people = await actions.people_of(unit.id, max(monday, _today())) if arranges else {}
    return {
        "page_title": f"{unit.name}值班表",
        "unit": unit,
        "week": monday.isoformat(),
        "title": f"{monday.month} 月 {monday.day} 日 – {last.month} 月 {last.day} 日",
        "before": f"{HERE}/{unit.id}?week={(monday - timedelta(days=WEEK)).isoformat()}",
        "after": f"{HERE}/{unit.id}?week={(monday + timedelta(days=WEEK)).isoformat()}",
        "days": [_day(day, shifts) for day in _days(monday)],
        "arranges": arranges,
        "people": list(people.items()),
        "choices": [(day.isoformat(), _day_text(day)) for day in _days(monday)],
        "values": {**USUAL, "key": uuid.uuid4().hex, **values},
        "problems": {error.field: error.message} if error else {},
    }


def _day(day: date, shifts: list[Shift]) -> dict[str, Any]:
    mine = [shift for shift in shifts if shift.day == day]
    return {
        "text": _day_text(day),
        "shifts": [{"id": shift.id, "words": _words(shift)} for shift in mine],
        "gap": not mine and day >= _today(),
        "today": day == _today(),
    }


def _words(shift: Shift) -> str:
    over = "次日 " if shift.ends <= shift.begins else ""
    return f"{shift.person.name} {clock_text(shift.begins)}–{over}{clock_text(shift.ends)}"


def _days(monday: date) -> list[date]:
    return [monday + timedelta(days=count) for count in range(WEEK)]


def _day_text(day: date) -> str:
    return f"{day.month} 月 {day.day} 日（周{WEEKDAYS[day.weekday()]}）"


def _asked(request: Request, values: Mapping[str, Any]) -> date:
    """The Monday of the week that the address, or the form, asks for."""
    text = str(values.get("day") or request.query_params.get("week", ""))
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = _today()
    if abs(day - _today()) > timedelta(days=400):
        day = _today()
    return day - timedelta(days=day.weekday())


def _today() -> date:
    return datetime.now(zone()).date()


def _allowed(who: Viewer) -> Viewer:
    if not (who.holds(SEE) or who.holds(ROSTER)):
        raise Forbidden()
    return who


ROUTES = [
    Route("/roster", units),
    Route("/roster/{unit:int}", week, methods=["GET"]),
    Route("/roster/{unit:int}", add, methods=["POST"]),
    Route("/roster/{unit:int}/copy", copy, methods=["POST"]),
    Route("/roster/shift/{id:int}/remove", remove, methods=["POST"]),
]
