"""The rules in the order in which they are tried, and the cases that none of them matches."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from liuhe import Viewer, demand_held
from liuhe.graphql import connection
from liuhe.pages import Request, Response, Route, page, viewer
from plugins.cases.schema import Case
from plugins.dispatch import actions
from plugins.dispatch.models import Rule, not_ended
from plugins.dispatch.permissions import RULES, SEE, seen_rules
from plugins.dispatch.rules import MODE_LABELS, Mode

HERE = "/admin/dispatch/"
ORDER = ["-narrowness", "rank"]
MOST_SEARCH = 50


async def index(request: Request) -> Response:
    """Those that hold or will, or (`?state=ended`) what once held."""
    who = demand_held(viewer(request), SEE)
    ended = request.query_params.get("state") == "ended"
    search = request.query_params.get("q", "").strip()[:MOST_SEARCH].replace("\0", "")
    now = datetime.now(UTC)
    found = (
        Rule.filter(seen_rules(who), text__icontains=search)
        if search
        else Rule.filter(seen_rules(who))
    )
    found = found.filter(valid_until__lte=now) if ended else found.filter(not_ended(now))
    order = ["-valid_until"] if ended else ORDER
    rows, links = await _page(
        request,
        found.select_related("unit"),
        order,
        {"q": search, "state": "ended" if ended else ""},
    )
    context = {
        "page_title": "派遣规则",
        "tabs": await tabs(who, "ended" if ended else "rules"),
        "rows": [_row(rule, now) for rule in rows],
        "search": search,
        "ended": ended,
        "may_rule": who.holds(RULES),
        **links,
    }
    return await page(request, "dispatch/rules.html", context)


def _row(rule: Rule, now: datetime) -> dict[str, Any]:
    asked, _, sent = rule.text.rpartition(" → ")
    return {
        "asked": asked,
        "href": f"{HERE}{rule.id}",
        "unit": rule.unit.name if rule.unit else sent,
        "idle": not rule.unit.active,
        "mode": MODE_LABELS[Mode(rule.mode)],
        "auto": rule.mode == Mode.AUTO,
        "number": f"规则 {rule.number}" + (f" · 第 {rule.version} 版" if rule.version > 1 else ""),
        "rank": rule.rank,
        "from": rule.valid_from if rule.valid_from > now else None,
        "until": rule.valid_until,
    }


async def queue(request: Request) -> Response:
    """待人工派遣: accepted, and no rule says to whom."""
    who = demand_held(viewer(request), SEE)
    ids = await actions.unmatched_ids(who)
    cases = Case.seen_by(who).filter(id__in=ids).select_related("area", "type")
    rows, links = await _page(request, cases, ["due_at"], {}, "queue")
    context = {
        "page_title": "待人工派遣",
        "tabs": await tabs(who, "queue", len(ids)),
        "rows": rows,
        "may_rule": who.holds(RULES),
        **links,
    }
    return await page(request, "dispatch/queue.html", context)


async def tabs(who: Viewer, here: str, unmatched: int | None = None) -> list[tuple[Any, ...]]:
    count = len(await actions.unmatched_ids(who)) if unmatched is None else unmatched
    return [
        ("在用的规则", HERE, here == "rules", None),
        ("待人工派遣", f"{HERE}queue", here == "queue", count),
        ("停用的规则", f"{HERE}?state=ended", here == "ended", None),
    ]


async def _page(
    request: Request, found: Any, order: list[str], kept: dict[str, str], path: str = ""
) -> tuple[list[Any], dict[str, str]]:
    """One page by keyset, and the links to those before and after it."""
    after, before = request.query_params.get("after"), request.query_params.get("before")
    size = {"last": 20} if before else {"first": 20}
    listed = await connection(
        found, lambda row: row, order=order, after=after or None, before=before or None, **size
    )
    part = listed.page_info.page

    def url(**more: Any) -> str:
        given = {name: value for name, value in {**kept, **more}.items() if value}
        return f"{HERE}{path}?{urlencode(given)}"

    return list(part.rows), {
        "prev": url(before=part.start_cursor) if part.has_previous else "",
        "next": url(after=part.end_cursor) if part.has_next else "",
    }


ROUTES = [Route("/", index), Route("/queue", queue)]
