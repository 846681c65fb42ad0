"""趋势 as SVG, drawn on the server: the months from left to right, percent upwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from plugins.figures.rules import Card, Pair, month_text, percent, percent_text

WIDE, HIGH = 420, 190
LEFT, RIGHT, TOP, BOTTOM = 40, 14, 18, 30


@dataclass(frozen=True, kw_only=True)
class Point:
    """One month; without a place where nothing is told."""

    x: float
    y: float | None
    month: str
    label: str
    text: str
    pair: Pair | None
    closed: bool
    version: int


@dataclass(frozen=True, kw_only=True)
class Chart:
    points: Sequence[Point]
    lines: Sequence[str]
    target_y: float | None
    grid: Sequence[tuple[float, int]]
    wide: int = WIDE
    high: int = HIGH


def chart(card: Card, months: Sequence[tuple[date, Pair | None, bool, int]]) -> Chart:
    """`months` with figure, whether closed, and version; a gap or a new version breaks the line."""
    step = (WIDE - LEFT - RIGHT) / max(len(months) - 1, 1)
    points = [
        Point(
            x=round(LEFT + step * index, 1) if len(months) > 1 else WIDE / 2,
            y=_height(pair),
            month=month_text(month),
            label=f"{month.month} 月",
            text=percent_text(pair) if pair else "不公布",
            pair=pair,
            closed=closed,
            version=version,
        )
        for index, (month, pair, closed, version) in enumerate(months)
    ]
    return Chart(
        points=points,
        lines=_lines(points),
        target_y=None if card.target is None else _at(card.target),
        grid=[(_at(mark), mark) for mark in (0, 50, 100)],
    )


def _height(pair: Pair | None) -> float | None:
    value = percent(pair) if pair else None
    return None if value is None else _at(float(value))


def _at(value: float) -> float:
    return round(TOP + (HIGH - TOP - BOTTOM) * (1 - value / 100), 1)


def _lines(points: Sequence[Point]) -> list[str]:
    lines: list[list[str]] = [[]]
    version = points[0].version if points else 0
    for point in points:
        if point.y is None or point.version != version:
            lines.append([])
        if point.y is not None:
            lines[-1].append(f"{point.x},{point.y}")
        version = point.version
    return [" ".join(line) for line in lines if len(line) > 1]
