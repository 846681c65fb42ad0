"""封账: months are closed, and checked."""

from datetime import date, datetime
from typing import Any

from liuhe import NotFound, demand_everywhere, demand_held, settings_of
from liuhe.graphql import connection
from liuhe.pages import Request, Response, Route, form, page, see_other, viewer
from plugins.figures import actions
from plugins.figures.models import Month
from plugins.figures.pages.asked import HERE, Asked
from plugins.figures.permissions import CLOSE, SEE
from plugins.figures.rules import bounds, closes_at, month_text, month_words, read_month
from plugins.figures.settings import FiguresSettings

MONTHS = f"{HERE}months"
SIZE = 20


async def month_list(request: Request) -> Response:
    """Which months stand, which are still open, and until when."""
    who = demand_held(viewer(request), SEE)
    at, grace = actions.now(), settings_of(FiguresSettings).grace_days
    checked = read_month(request.query_params.get("check", ""))
    context = {
        "page_title": "封账",
        "open": [_open(month, at, grace) for month in reversed(await actions.open_months(at))],
        "may_close": who.holds_everywhere(CLOSE),
        "grace": grace,
        "check": await _check(checked) if checked else None,
        **await _closed(request),
    }
    return await page(request, "figures/months.html", context)


def _open(month: date, at: datetime, grace: int) -> dict[str, Any]:
    zone = actions.zone()
    return {
        "title": month_words(month),
        "month": month_text(month),
        "over": bounds(month, zone)[1] <= at,
        "closes_at": closes_at(month, zone, grace),
        "href": Asked(month=month).url(),
    }


async def _closed(request: Request) -> dict[str, Any]:
    """Those that are closed, a page at a time."""
    params = request.query_params
    after, before = params.get("after") or None, params.get("before") or None
    size = {"last": SIZE} if before else {"first": SIZE}
    listed = await connection(
        Month.filter(closed_at__isnull=False).select_related("closed_by"),
        lambda row: row,
        order=["-month"],
        after=after,
        before=before,
        **size,
    )
    part = listed.page_info.page
    return {
        "closed": [_row(one) for one in part.rows],
        "prev": f"{MONTHS}?before={part.start_cursor}" if part.has_previous else "",
        "next": f"{MONTHS}?after={part.end_cursor}" if part.has_next else "",
    }


def _row(one: Month) -> dict[str, Any]:
    return {
        "title": month_words(one.month),
        "month": month_text(one.month),
        "closed_at": one.closed_at,
        "by": one.closed_by.name if one.closed_by else "按时自动",
        "href": Asked(month=one.month).url(),
    }


async def _check(month: date) -> dict[str, Any]:
    """Every sheet of a closed month, byte for byte."""
    sheets = await actions.check_month(month)
    wrong = [one.card["title"] for one, same in sheets if not same]
    digests = [(one.card["title"], one.digest) for one, _ in sheets]
    return {"title": month_words(month), "wrong": wrong, "digests": digests}


async def close(request: Request) -> Response:
    who = demand_everywhere(viewer(request), CLOSE)
    given = await form(request)
    month = read_month(given.text("month", most=10))
    if month is None:
        raise NotFound("没有这个月份。")
    await actions.close_month(who, month)
    return see_other(request, MONTHS, f"{month_words(month)}已封账，以后更正用勘误。")


ROUTES = [
    Route("/months", month_list, methods=["GET"]),
    Route("/months", close, methods=["POST"]),
]
