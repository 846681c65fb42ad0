"""为什么是这个数: a colour and a place in words, with rule version, inputs and date."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from plugins.figures.actions.boards import BY_LABELS, Board, Cell
from plugins.figures.rules import RANK_VERSION, Card, Pair, percent_text


@dataclass(frozen=True, kw_only=True)
class Why:
    """`inputs` as (name, value). Sentences are whole, for people."""

    rule: str
    rule_version: int
    sentences: Sequence[str]
    inputs: Sequence[tuple[str, str]]
    as_of: datetime


def why(board: Board, cell: Cell) -> Why:
    card, pair = board.card, cell.pair
    if pair is None:
        return _hidden(board, card)
    return Why(
        rule=f"{card.title}：{card.formula}",
        rule_version=card.version,
        sentences=[
            f"{card.numerator} {pair.numerator} 件 ÷ {card.denominator} {pair.denominator} 件"
            f" = {percent_text(pair)}。",
            *_colour(card, cell),
            *_place(board, cell),
        ],
        inputs=[
            (card.numerator, str(pair.numerator)),
            (card.denominator, str(pair.denominator)),
            ("口径", f"第 {card.version} 版"),
            *([("色标", f"{card.scale} 第 {card.scale_version} 版")] if card.scale else []),
            *([("目标", f"{card.target}%")] if card.target is not None else []),
            *_placing(board, cell),
        ],
        as_of=board.sheet.until,
    )


def _hidden(board: Board, card: Card) -> Why:
    return Why(
        rule="少量不公布",
        rule_version=card.version,
        sentences=[
            f"少于 {card.floor} 件的数不公布；为了不让人用合计减出来，另外几个数也一起隐去。",
        ],
        inputs=[("最少公布件数", str(card.floor))],
        as_of=board.sheet.until,
    )


def _colour(card: Card, cell: Cell) -> list[str]:
    if (band := cell.band(card)) is None:
        return []
    colour, _, bound = band
    side = "不高于" if card.better == "low" else "不低于"
    reason = "没有达到前面各色的界限" if bound is None else f"{side} {bound}%"
    return [f"颜色是{colour}：{reason}（{card.scale}第 {card.scale_version} 版）。"]


@dataclass(frozen=True, kw_only=True)
class _Place:
    """A rank: the `place`-th of `of`; `ahead`: the rate next before it."""

    place: int
    of: int
    ahead: str


def _place_of(board: Board, cell: Cell) -> _Place | None:
    if cell.rank is None:
        return None
    placed = [(one.rank, one) for one in board.cells if one.rank is not None]
    better = [(rank, one) for rank, one in placed if rank < cell.rank]
    nearest = max(better, key=lambda pair: pair[0], default=None)
    return _Place(place=cell.rank, of=len(placed), ahead=_rate(nearest[1].pair) if nearest else "")


def _place(board: Board, cell: Cell) -> list[str]:
    if not any(one.rank is not None for one in board.cells):
        return []
    if (place := _place_of(board, cell)) is None:
        return [f"没有排名：少于 {board.card.floor} 件的不排。"]
    ahead = f"，前一名是 {place.ahead}" if place.ahead else ""
    return [
        f"{BY_LABELS.get(board.by, '')}排名第 {place.place} 名，共 {place.of} 个，"
        f"以{board.card.title}{_way(board)}，"
        f"相同的并列{ahead}（排名规则第 {RANK_VERSION} 版）。"
    ]


def _placing(board: Board, cell: Cell) -> list[tuple[str, str]]:
    if (place := _place_of(board, cell)) is None:
        return []
    return [
        ("名次", f"第 {place.place} 名"),
        ("参加排名的", f"{place.of} 个{BY_LABELS.get(board.by, '')}"),
        *([("前一名", place.ahead)] if place.ahead else []),
        ("排名规则", f"比率{_way(board)}，相同的并列，第 {RANK_VERSION} 版"),
        ("不排的", f"少于 {board.card.floor} 件"),
    ]


def _way(board: Board) -> str:
    return "从低到高" if board.card.better == "low" else "从高到低"


def _rate(pair: Pair | None) -> str:
    return percent_text(pair) if pair else "—"
