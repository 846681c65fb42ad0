"""Whether divisions fit: siblings side by side, inside of their parent, without a hole.

Two drawings of one border never agree to the last centimetre, so a strip of 2 cm along the outline
(at least 20 m²) counts as nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from plugins.places.rules.cover import Patches, area_of, outline_metres, patches
from plugins.places.rules.shapes import Shape

STRIP_METRES, LEAST = 0.02, 20.0
#: So much of a division may lie outside of its parent: their outlines come from different hands.
OUTSIDE_SHARE = 0.01

Kind = Literal["overlap", "outside", "hole"]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """`numbers`: the children it is about, by their place in the list; none for a hole."""

    kind: Kind
    numbers: tuple[int, ...]
    square_metres: float
    at: tuple[float, float]


def slack(shape: Shape) -> float:
    """Square metres that may be off."""
    return max(LEAST, STRIP_METRES * outline_metres(shape))


def overlaps(shapes: Sequence[Shape]) -> list[Fault]:
    """Pairs that lie upon each other, by more than nothing."""
    return _overlaps(patches(shapes), shapes)


def faults(parent: Shape | None, children: Sequence[Shape]) -> list[Fault]:
    """All that does not fit below one parent; without a parent's shape only overlaps."""
    if not children:
        return []
    if parent is None:
        return overlaps(children)
    found = patches([*children, parent])
    above = len(children)
    beyond = [
        Fault(kind="outside", numbers=(number,), square_metres=area, at=at)
        for number, child in enumerate(children)
        for area, at in [_sum(found, having=number, lacking=above)]
        if area > slack(child)
    ]
    hole = found.get(frozenset({above}))
    holes = (
        [Fault(kind="hole", numbers=(), square_metres=hole.square_metres, at=hole.at)]
        if hole and hole.square_metres > slack(parent)
        else []
    )
    return [*_overlaps(found, children), *beyond, *holes]


def too_far_outside(child: Shape, parent: Shape) -> float:
    """The share of the child that lies outside of its parent, 0 where it is tolerable."""
    found = patches([child, parent])
    outside, _ = _sum(found, having=0, lacking=1)
    whole = area_of(child)
    if outside <= slack(child) or outside <= OUTSIDE_SHARE * whole:
        return 0.0
    return outside / whole


def _overlaps(found: Patches, shapes: Sequence[Shape]) -> list[Fault]:
    pairs: dict[tuple[int, int], tuple[float, float, tuple[float, float]]] = {}
    for inside, patch in found.items():
        members = sorted(number for number in inside if number < len(shapes))
        for index, one in enumerate(members):
            for other in members[index + 1 :]:
                area, widest, at = pairs.get((one, other), (0.0, 0.0, patch.at))
                best = (patch.widest, patch.at) if patch.widest > widest else (widest, at)
                pairs[one, other] = (area + patch.square_metres, *best)
    return [
        Fault(kind="overlap", numbers=pair, square_metres=area, at=at)
        for pair, (area, _, at) in sorted(pairs.items())
        if area > min(slack(shapes[number]) for number in pair)
    ]


def _sum(found: Patches, *, having: int, lacking: int) -> tuple[float, tuple[float, float]]:
    parts = [patch for inside, patch in found.items() if having in inside and lacking not in inside]
    if not parts:
        return 0.0, (0.0, 0.0)
    return sum(part.square_metres for part in parts), max(parts, key=lambda part: part.widest).at


def area_words(square_metres: float) -> str:
    """As people say it: 1,234 m² or 5.6 km²."""
    if square_metres >= 1_000_000:
        return f"{square_metres / 1_000_000:.1f} km²"
    return f"{square_metres:,.0f} m²"
