"""Percent, colour and place of a figure, each from exact counts."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeVar

from plugins.figures.rules.hiding import Pair

K = TypeVar("K", bound=Hashable)
TENTH = Decimal("0.1")
RANK_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Card:
    """An indicator as it read when its figure was counted; kept with the figure."""

    code: str
    title: str
    formula: str
    unit: str
    numerator: str
    numerator_how: str
    denominator: str
    denominator_how: str
    dimensions: tuple[str, ...]
    version: int
    refresh_seconds: int
    floor: int
    kind: str
    target: int | None
    better: str
    beside: str
    things: str
    scale: str
    scale_version: int
    bands: tuple[tuple[str, str, int | None], ...]

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Card":
        bands = tuple((str(a), str(b), c) for a, b, c in kept["bands"])
        return cls(**{**kept, "dimensions": tuple(kept["dimensions"]), "bands": bands})


def percent(pair: Pair) -> Decimal | None:
    """To a tenth; all or nothing only where it is so."""
    if not pair.denominator:
        return None
    exact = Decimal(100 * pair.numerator) / pair.denominator
    rounded = exact.quantize(TENTH, ROUND_HALF_UP)
    if pair.mixed:
        rounded = min(max(rounded, TENTH), 100 - TENTH)
    return rounded


def percent_text(pair: Pair) -> str:
    value = percent(pair)
    return "—" if value is None else f"{value}%"


def band_of(card: Card, pair: Pair) -> tuple[str, str, int | None] | None:
    """Colour, tone and bound: of the first band that the exact rate reaches."""
    if not pair.denominator:
        return None
    rate = 100 * pair.numerator
    for band in card.bands:
        bound = band[2]
        if bound is None or (
            rate <= bound * pair.denominator
            if card.better == "low"
            else rate >= bound * pair.denominator
        ):
            return band
    return None


def ranks(cells: Mapping[K, Pair], card: Card) -> dict[K, int]:
    """Places by rate, the best first; equal rates share one. Too few cases have no place."""
    if card.better == "none":
        return {}
    fit = {key: pair for key, pair in cells.items() if pair.denominator >= card.floor}
    sign = 1 if card.better == "low" else -1
    order = {key: sign * Decimal(pair.numerator) / pair.denominator for key, pair in fit.items()}
    return {key: 1 + sum(other < value for other in order.values()) for key, value in order.items()}
