"""Figures as the templates show them."""

from collections.abc import Callable, Sequence
from typing import Any

from plugins.figures.actions import Board, Cell
from plugins.figures.models import Erratum
from plugins.figures.pages.asked import Asked
from plugins.figures.rules import Card, Pair, percent, percent_text

SORTS = {"label": "名称", "count": "件数", "rate": "比率"}
HIDDEN = "不公布"


def figure_words(board: Board, cell: Cell, asked: Asked) -> dict[str, Any]:
    """One cell. What is hidden has neither numbers nor colour."""
    card, pair = board.card, cell.pair
    band = cell.band(card)
    code, keyed = card.code, {"by": board.by, "key": cell.key, "sort": ""}
    if board.by == "all" or cell.by == "all":
        keyed = {"by": "", "key": "", "sort": ""}
    return {
        "label": cell.label,
        "rank": cell.rank,
        "text": percent_text(pair) if pair else HIDDEN,
        "percent": float(percent(pair) or 0) if pair else None,
        "pair": pair,
        "colour": band[0] if band else "",
        "tone": band[1] if band else "",
        "rows": asked.url(f"{code}/rows", **keyed),
        "why": asked.url(f"{code}/why", **keyed),
        "beside": percent_text(cell.beside) if cell.beside else "",
        "beside_count": cell.beside.denominator if cell.beside else None,
        "errata": [erratum_words(one) for one in cell.errata],
    }


def erratum_words(one: Erratum) -> dict[str, Any]:
    return {
        "old": pair_text(Pair(one.old_numerator, one.old_denominator)),
        "new": pair_text(Pair(one.numerator, one.denominator)),
        "reason": one.reason,
        "told": one.told,
        "at": one.made_at,
        "by": one.made_by.name,
    }


def pair_text(pair: Pair) -> str:
    return f"{pair.numerator}/{pair.denominator}（{percent_text(pair)}）"


def sorted_cells(board: Board, sort: str) -> list[Cell]:
    """By name, by count, or by rate (the best first); what is hidden comes last."""
    keys: dict[str, Callable[[Cell], Any]] = {
        "count": lambda cell: -cell.pair.denominator if cell.pair else 1,
        "rate": lambda cell: _rate(board.card, cell),
        "label": lambda cell: cell.label,
    }
    key = keys.get(sort, keys["rate"])
    return sorted(board.cells, key=lambda cell: (cell.pair is None, key(cell), cell.label))


def _rate(card: Card, cell: Cell) -> float:
    if cell.pair is None or not cell.pair.denominator:
        return 2.0
    rate = cell.pair.numerator / cell.pair.denominator
    return rate if card.better == "low" else -rate


def delta_text(board: Board) -> str:
    """Against the month before, in percentage points."""
    now = percent(board.total.pair) if board.total.pair else None
    before = percent(board.previous) if board.previous else None
    if now is None or before is None:
        return ""
    change = now - before
    if change == 0:
        return "和上月持平"
    return f"比上月{'高' if change > 0 else '低'} {abs(change)} 个百分点"


def notes_of(board: Board) -> Sequence[str]:
    card, pair = board.card, board.total.pair
    found = []
    if pair:
        found.append(f"{card.numerator} {pair.numerator} / {card.denominator} {pair.denominator}")
    if card.target is not None:
        found.append(f"目标 {card.target}%")
    if delta := delta_text(board):
        found.append(delta)
    return found
