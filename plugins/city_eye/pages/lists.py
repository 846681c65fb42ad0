"""The queue of findings that wait, those on trial, and those that were decided."""

from typing import Any

from liuhe import Viewer, demand_held, pictures_shown, within
from liuhe.graphql import connection
from liuhe.pages import Request, Response, Route, page, viewer
from plugins.city_eye.models import SCOPE, Finding
from plugins.city_eye.pages.views import BASE, QUICK, cards, decided_row
from plugins.city_eye.permissions import RELATED, SEE, seen_finding
from plugins.city_eye.rules import State

AT_ONCE = 20
A_PAGE = 30


async def index(request: Request) -> Response:
    """What waits for a decision, the oldest first."""
    return await _queue(request, on_trial=False)


async def trial(request: Request) -> Response:
    return await _queue(request, on_trial=True)


async def _queue(request: Request, *, on_trial: bool) -> Response:
    who = demand_held(viewer(request), SEE)
    counts = await _counts(who)
    waiting = _seen(who).filter(state=State.PENDING, on_trial=on_trial)
    rows = await waiting.order_by("at", "id").limit(AT_ONCE).select_related(*RELATED)
    await _note(who, rows)
    context = {
        "page_title": "线索",
        "cards": await cards(rows, who),
        "count": counts["trial" if on_trial else "pending"],
        "tabs": _tabs(counts, "trial" if on_trial else "pending"),
        "on_trial": on_trial,
        "here": f"{BASE}/trial" if on_trial else f"{BASE}/",
        "base": BASE,
        "reasons": QUICK,
    }
    return await page(request, "city_eye/queue.html", context)


async def _note(who: Viewer, rows: list[Finding]) -> None:
    """The page's pictures are one reading, not twenty."""
    shown = [row for row in rows if row.shown_id]
    seen = (("video.Observation", row.observation_id) for row in shown)
    await pictures_shown(who, [row.shown_id for row in shown], *seen)


def _seen(who: Viewer) -> Any:
    return Finding.filter(within(who, SEE, SCOPE))


async def _counts(who: Viewer) -> dict[str, int]:
    pending = _seen(who).filter(state=State.PENDING)
    return {
        "pending": await pending.filter(on_trial=False).count(),
        "trial": await pending.filter(on_trial=True).count(),
    }


def _tabs(counts: dict[str, int], here: str) -> list[tuple[str, str, bool, int | None]]:
    return [
        ("待确认", f"{BASE}/", here == "pending", counts["pending"]),
        ("已处理", f"{BASE}/decided", here == "decided", None),
        ("试用场景", f"{BASE}/trial", here == "trial", counts["trial"]),
    ]


async def decided(request: Request) -> Response:
    """What was confirmed, discarded or put aside; the latest first."""
    who = demand_held(viewer(request), SEE)
    after, before = (request.query_params.get(name) or None for name in ("after", "before"))
    listed = await connection(
        _seen(who).filter(decided_at__isnull=False).select_related(*RELATED),
        lambda row: row,
        order=["-decided_at"],
        after=after,
        before=before,
        **{"last" if before else "first": A_PAGE},
    )
    part, link = listed.page_info.page, f"{BASE}/decided?"
    context = {
        "page_title": "已处理的线索",
        "rows": [decided_row(row) for row in part.rows],
        "tabs": _tabs(await _counts(who), "decided"),
        "prev": f"{link}before={part.start_cursor}" if part.has_previous else "",
        "next": f"{link}after={part.end_cursor}" if part.has_next else "",
    }
    return await page(request, "city_eye/decided.html", context)


async def one(request: Request) -> Response:
    """One finding, decided or not."""
    who = viewer(request)
    finding = await seen_finding(who, request.path_params["id"])
    context = {
        "page_title": f"{finding.scene.title}：{finding.camera.name}",
        "f": (await cards([finding], who))[0],
        "finding": finding,
        "row": decided_row(finding),
        "case_href": f"/admin/cases/{finding.case_id}" if finding.case_id else "",
        "base": BASE,
        "reasons": QUICK,
    }
    return await page(request, "city_eye/finding.html", context)


ROUTES = [
    Route("/", index),
    Route("/trial", trial),
    Route("/decided", decided),
    Route("/{id:int}", one),
]
