"""The month at a glance; one indicator; what is behind a figure; why it is so."""

import uuid
from typing import Any
from urllib.parse import quote

from liuhe import NotFound, Viewer, demand_held, indicators, settings_of
from liuhe.graphql import connection
from liuhe.pages import Request, Response, Route, page, viewer
from plugins.figures import actions
from plugins.figures.actions import ALL, BY_LABELS, Board, Cell
from plugins.figures.models import Row, Sheet
from plugins.figures.pages import exporting, words
from plugins.figures.pages.asked import VIEW_HINTS, VIEW_LABELS, Asked, months
from plugins.figures.pages.chart import chart
from plugins.figures.pages.nexts import nexts
from plugins.figures.permissions import OBJECT, SEE, View, answers, takes_part, views
from plugins.figures.rules import month_text, month_words
from plugins.figures.settings import FiguresSettings

SIZE = 20


async def index(request: Request) -> Response:
    """All indicators of a month."""
    who = demand_held(viewer(request), SEE)
    asked = await Asked.of(request)
    seen = actions.seen_indicators(who)
    boards = [
        found
        for one in seen
        if (found := await actions.board(who, one.code, asked.month, ALL, asked.view or None))
    ]
    possible = list(dict.fromkeys(view for one in seen for view in views(who, one)))
    view = boards[0].view if boards else (asked.view or next(iter(possible), ""))
    context = {
        "page_title": "指标",
        "asked": asked,
        "months": await months(asked),
        "month_words": month_words(asked.month),
        "tabs": _view_tabs(asked, possible, view),
        "hint": VIEW_HINTS.get(view, ""),
        "view": view,
        "figures": [_summary(found, asked) for found in boards],
        "closed": any(found.closed for found in boards),
        "fresh": min((found.sheet.counted_at for found in boards), default=None),
        "until": max((found.sheet.until for found in boards), default=None),
        "nexts": await nexts(who),
        "takes_part": takes_part(who),
    }
    return await page(request, "figures/index.html", context)


def _view_tabs(asked: Asked, possible: list[View], view: str, path: str = "") -> list[Any]:
    return [(VIEW_LABELS[one], asked.url(path, view=one), one == view, None) for one in possible]


def _summary(found: Board, asked: Asked) -> dict[str, Any]:
    told = words.figure_words(found, found.total, asked)
    return {
        **told,
        "title": found.card.title,
        "href": asked.url(found.card.code, by="", key="", sort=""),
        "note": " · ".join(words.notes_of(found)),
        "numerator": found.card.numerator,
        "denominator": found.card.denominator,
        "target": "" if found.card.target is None else f"{found.card.target}%",
        "delta": words.delta_text(found),
        "version": found.card.version,
    }


async def one(request: Request) -> Response:
    """One indicator: its number, its course, its table, what it means."""
    who = demand_held(viewer(request), SEE)
    code = request.path_params["code"]
    if (indicator := indicators().get(code)) is None:
        raise NotFound("没有这个指标，或者您无权查看。")
    asked = await Asked.of(request)
    bys = actions.bys_of(indicator.dimensions)
    by = asked.by if asked.by in bys else bys[0]
    view = actions.chosen_view(who, indicator, asked.view or None)
    found = await actions.board(who, code, asked.month, by, view)
    context = {
        "page_title": indicator.title,
        "asked": asked,
        "code": code,
        "title": indicator.title,
        "months": await months(asked),
        "month_words": month_words(asked.month),
        "tabs": _view_tabs(asked, list(views(who, indicator)), view, code),
        "hint": VIEW_HINTS[view],
        "view": view,
        "board": found,
    }
    if found is not None:
        context |= await _shown(who, found, asked, by, bys)
    return await page(request, "figures/one.html", context)


async def _shown(
    who: Viewer, found: Board, asked: Asked, by: str, bys: tuple[str, ...]
) -> dict[str, Any]:
    code, card = found.card.code, found.card
    course = await actions.trend(who, found.indicator, found.sheet.month, found.view)
    other = indicators().get(card.beside)
    cells = [
        words.figure_words(found, cell, asked) for cell in words.sorted_cells(found, asked.sort)
    ]
    return {
        "card": card,
        "sheet": found.sheet,
        "summary": _summary(found, asked),
        "may_object": _may_object(who, found.total),
        "chart": chart(
            card, [(s.month, pair, s.closed_at is not None, s.version) for s, pair in course]
        ),
        "by": by,
        "by_label": BY_LABELS[by],
        "by_tabs": [
            (f"按{BY_LABELS[one]}", asked.url(code, by=one, sort=""), one == by, None)
            for one in bys
        ],
        "sorts": [
            (label, asked.url(code, by=by, sort=name), name == (asked.sort or "rate"))
            for name, label in words.SORTS.items()
        ],
        "cells": cells,
        "hides": found.hides,
        "corrected": any(cell["errata"] for cell in cells),
        "beside": other.title if other and any(cell["beside"] for cell in cells) else "",
        "ranked": any(cell["rank"] for cell in cells),
        "export": exporting.address(code, asked, by) if who.holds("exports.make") else "",
    }


async def rows(request: Request) -> Response:
    """下钻: the things behind a figure, a page at a time."""
    who = demand_held(viewer(request), SEE)
    asked, code = await Asked.of(request), request.path_params["code"]
    found = await actions.behind(who, code, asked.month, asked.by, asked.key, asked.view or None)
    params = request.query_params
    after, before = params.get("after") or None, params.get("before") or None
    missed = params.get("missed") == "1"
    wanted = found.rows.filter(numerator=0) if missed else found.rows
    size = {"last": SIZE} if before else {"first": SIZE}
    listed = await connection(
        wanted, lambda row: row, order=["thing_id"], after=after, before=before, **size
    )
    part = listed.page_info.page
    described = await found.board.indicator.things.describe([row.thing_id for row in part.rows])
    seen = await found.rows.count()
    here = asked.url(f"{code}/rows", **_cell(asked))
    kept = f"{here}&missed=1" if missed else here
    context = {
        "page_title": f"{found.board.card.title} · {found.cell.label}",
        "asked": asked,
        "card": found.board.card,
        "month_words": month_words(asked.month),
        "figure": words.figure_words(found.board, found.cell, asked),
        "rows": [_thing(row, described, found.board.sheet) for row in part.rows],
        "unseen": None if found.counted is None else found.counted - seen,
        "tabs": [
            ("全部", here, not missed, None),
            ("没有算上的", f"{here}&missed=1", missed, None),
        ],
        "back": asked.url(code, key=""),
        "prev": _turned(kept, "before", part.start_cursor if part.has_previous else None),
        "next": _turned(kept, "after", part.end_cursor if part.has_next else None),
    }
    return await page(request, "figures/rows.html", context)


def _turned(here: str, way: str, cursor: str | None) -> str:
    return f"{here}&{way}={quote(cursor)}" if cursor else ""


def _cell(asked: Asked) -> dict[str, str]:
    return {} if asked.by == ALL else {"by": asked.by, "key": asked.key}


def _thing(row: Row, described: Any, sheet: Sheet) -> dict[str, Any]:
    known = described.get(row.thing_id)
    return {
        "title": known.title if known else f"编号 {row.thing_id}",
        "href": known.href if known else "",
        "meta": known.meta if known else "",
        "met": bool(row.numerator),
        "due_at": row.due_at,
        "done_at": row.done_at,
        "late": bool(row.due_at and row.done_at and row.done_at > row.due_at),
        "unit": actions.label_of(sheet.names, "unit", str(row.unit_id or "")),
        "type": actions.label_of(sheet.names, "type", row.type_code),
    }


async def why(request: Request) -> Response:
    who = demand_held(viewer(request), SEE)
    asked, code = await Asked.of(request), request.path_params["code"]
    return await page(request, "figures/why.html", await why_context(who, asked, code))


async def why_context(who: Viewer, asked: Asked, code: str) -> dict[str, Any]:
    found, cell = await actions.cell_of(
        who, code, asked.month, asked.by, asked.key, asked.view or None
    )
    told = actions.why(found, cell)
    return {
        "page_title": f"为什么：{found.card.title}",
        "asked": asked,
        "code": code,
        "card": found.card,
        "month_words": month_words(asked.month),
        "month": month_text(asked.month),
        "figure": words.figure_words(found, cell, asked),
        "why": told,
        "closed": found.closed,
        "may_object": _may_object(who, cell),
        "may_correct": found.view == "whole" and found.closed and answers(who),
        "back": asked.url(code, key=""),
        "days": settings_of(FiguresSettings).answer_days,
        "values": {},
        "problems": {},
        "once": uuid.uuid4().hex,
    }


def _may_object(who: Viewer, cell: Cell) -> bool:
    return who.holds(OBJECT) and cell.whole and cell.pair is not None


ROUTES = [
    Route("/", index),
    Route("/{code}/rows", rows),
    Route("/{code}/why", why, methods=["GET"]),
    Route("/{code}", one),
]
