"""工作日历: which days of a year differ from the week, and the district's corrections."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from liuhe import BadInput, demand_everywhere
from liuhe.pages import Request, Response, form, page, see_other, viewer
from plugins.cases import actions
from plugins.cases.models import CalendarDay, days_as_of
from plugins.cases.rules import KNOWN_YEARS, Calendar, published, published_name

HERE = "/admin/cases/calendar"
COUNTS = (
    ("rest", "休息", "这一天不算工作日"),
    ("work", "上班", "这一天算工作日"),
    ("state", "按国家安排", "撤销以前的更正"),
)
CHOSEN = {"rest": False, "work": True, "state": None}
WEEK = "一二三四五六日"


async def calendar_page(request: Request) -> Response:
    demand_everywhere(viewer(request), "cases.calendar")
    return await page(request, "cases/calendar.html", await _context(request))


async def correct(request: Request) -> Response:
    demand_everywhere(viewer(request), "cases.calendar")  # the form comes back with the calendar
    given = await form(request)
    try:
        row = await actions.correct_day(
            viewer(request),
            day=_date(given.text("day", most=10)),
            works=_works(given.text("counts")),
            note=given.text("note"),
        )
    except BadInput as error:
        context = await _context(request, given.values(), error)
        return await page(request, "cases/calendar.html", context, status=422)
    said = f"已记下：{_day_text(row.day)}。以后开始的时限照此计算，正在走的不变。"
    return see_other(request, f"{HERE}?year={row.day.year}", said)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadInput("请选择日期。", field="day", reason="not_a_date") from None


def _works(text: str) -> bool | None:
    if text not in CHOSEN:
        raise BadInput("请选择这一天怎么算。", field="counts", reason="required")
    return CHOSEN[text]


async def _context(
    request: Request,
    values: Mapping[str, Any] | None = None,
    error: BadInput | None = None,
) -> dict[str, Any]:
    now = datetime.now(UTC)
    calendar, corrected = await actions.calendar_as_of(now), await days_as_of(now)
    today = now.astimezone(calendar.zone).date()
    asked = request.query_params.get("year", "")
    year = int(asked) if asked.isdecimal() and 2004 <= int(asked) <= today.year + 3 else today.year
    return {
        "page_title": "工作日历",
        "rows": _rows(year, calendar, corrected),
        "years": [
            (str(one), f"{HERE}?year={one}", one == year, None)
            for one in range(today.year - 1, today.year + 3)
        ],
        "known": year in KNOWN_YEARS,
        "hours": "，".join(f"{begins:%H:%M}–{ends:%H:%M}" for begins, ends in calendar.hours),
        "today": today.isoformat(),
        "counts": COUNTS,
        "values": dict(values or {}),
        "problems": {error.field: error.message} if error else {},
    }


def _rows(
    year: int, calendar: Calendar, corrected: Mapping[date, CalendarDay]
) -> list[dict[str, Any]]:
    """Every day that does not follow the week, or that somebody has corrected."""
    first = date(year, 1, 1)
    days = (first + timedelta(days=count) for count in range((date(year + 1, 1, 1) - first).days))
    return [
        _row(day, calendar.works(day), corrected.get(day))
        for day in days
        if day in corrected or published_name(day) or published(day) != (day.weekday() < 5)
    ]


def _row(day: date, works: bool, row: CalendarDay | None) -> dict[str, Any]:
    name = published_name(day)
    why = name and (f"{name}调休" if published(day) else name)
    return {
        "day": _day_text(day),
        "counts": "上班" if works else "休息",
        "tone": "warn" if works else "pine",
        "why": row.note if row else why,
        "who": row.actor if row else "国家安排",
        "when": row.entered_at if row else None,
        "taken_back": row is not None and row.works is None,
    }


def _day_text(day: date) -> str:
    return f"{day.month} 月 {day.day} 日（周{WEEK[day.weekday()]}）"
