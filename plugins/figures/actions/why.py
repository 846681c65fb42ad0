"""为什么是这个数: a colour and a place in words, with rule version, inputs and date (E-12)."""

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


def _place(board: Board, cell: Cell) -> list[str]:
    placed = [one for one in board.cells if one.rank is not None]
    label = BY_LABELS.get(board.by, "")
    if not placed:
        return []
    if cell.rank is None:
        return [f"没有排名：少于 {board.card.floor} 件的不排。"]
    better = [one for one in placed if one.rank is not None and one.rank < cell.rank]
    way = "从低到高" if board.card.better == "low" else "从高到低"
    nearest = max(better, key=lambda one: one.rank or 0, default=None)
    ahead = f"，前一名是 {_rate(nearest.pair)}" if nearest else ""
    return [
        f"{label}排名第 {cell.rank} 名，共 {len(placed)} 个，以{board.card.title}{way}，"
        f"相同的并列{ahead}（排名规则第 {RANK_VERSION} 版）。"
    ]


def _rate(pair: Pair | None) -> str:
    return percent_text(pair) if pair else "—"
