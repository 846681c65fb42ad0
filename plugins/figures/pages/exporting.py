"""The table of an indicator as a file: the same figures as on the page, hidden ones without."""

from collections.abc import Mapping
from typing import Any

from liuhe import Asked as Wish
from liuhe import Column, Export, Parts, Viewer
from plugins.figures import actions
from plugins.figures.actions import BY_LABELS, Board, Cell
from plugins.figures.pages.asked import HERE, VIEW_LABELS, Asked, asked_in
from plugins.figures.pages.words import HIDDEN
from plugins.figures.permissions import SEE
from plugins.figures.rules import Pair, month_text, percent_text

NAME = "figures.table"
COLUMNS = (
    Column(name="month", title="月份"),
    Column(name="indicator", title="指标"),
    Column(name="by", title="细分"),
    Column(name="label", title="名称"),
    Column(name="numerator", title="分子"),
    Column(name="denominator", title="分母"),
    Column(name="rate", title="比率"),
    Column(name="rank", title="名次"),
    Column(name="erratum", title="勘误"),
    Column(name="view", title="看哪些"),
    Column(name="state", title="封账"),
    Column(name="version", title="口径"),
)


async def _boards(viewer: Viewer, wish: Wish) -> list[Board]:
    """The indicator that was looked at; all of them, in total, where none was."""
    asked = await asked_in(wish)
    code = wish.get("code", "")
    codes = [code] if code else [one.code for one in actions.seen_indicators(viewer)]
    by = asked.by if code else actions.ALL
    found = [await actions.board(viewer, one, asked.month, by, asked.view or None) for one in codes]
    return [one for one in found if one is not None]


async def count(viewer: Viewer, wish: Wish) -> int:
    return sum(1 + len(board.cells) for board in await _boards(viewer, wish))


async def parts(viewer: Viewer, wish: Wish) -> Parts:
    for board in await _boards(viewer, wish):
        yield [_row(board, cell) for cell in (board.total, *board.cells)]


def _row(board: Board, cell: Cell) -> Mapping[str, Any]:
    pair: Pair | None = cell.pair
    last = cell.errata[-1] if cell.errata else None
    return {
        "month": month_text(board.sheet.month),
        "indicator": board.card.title,
        "by": BY_LABELS.get(cell.by, "合计"),
        "label": cell.label,
        "numerator": str(pair.numerator) if pair else HIDDEN,
        "denominator": str(pair.denominator) if pair else HIDDEN,
        "rate": percent_text(pair) if pair else HIDDEN,
        "rank": str(cell.rank or ""),
        "erratum": f"应为 {last.numerator}/{last.denominator}：{last.reason}" if last else "",
        "view": VIEW_LABELS[board.view],
        "state": "已封账" if board.closed else "未封账",
        "version": f"第 {board.card.version} 版：{board.card.formula}",
    }


EXPORTS = (
    Export(
        name=NAME,
        title="指标",
        permission=SEE,
        columns=COLUMNS,
        count=count,
        parts=parts,
        hint="页面上看到的那张表；没有选指标时，是本月各项的合计。",
        back=HERE,
    ),
)


def address(code: str, asked: Asked, by: str) -> str:
    return asked.url(by=by, key="", sort="", code=code).replace(HERE, f"/admin/exports/{NAME}", 1)
