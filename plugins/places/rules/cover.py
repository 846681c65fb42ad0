"""How shapes lie upon one another: what they cover together, twice, or not at all.

A sweep from south to north: between two neighbouring heights no edge begins or ends, so the edges
cut the strip into trapezoids, each inside some of the shapes. Corners are whole grains; areas are
real numbers, true to far less than a square metre over a district.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, hypot, radians

from plugins.places.rules.shapes import (
    EARTH,
    GRAIN,
    Grains,
    Ring,
    Shape,
    degrees,
    edges,
    rings,
)

#: Metres of one grain northward.
GRAIN_METRES = radians(1 / GRAIN) * EARTH

Side = tuple[int, float, float, float, float]  # which shape; from its southern to its northern end


@dataclass(kw_only=True)
class Patch:
    """What lies inside the same shapes: square metres, and a point in its widest part."""

    square_metres: float = 0
    at: tuple[float, float] = (0, 0)
    widest: float = 0

    def add(self, square_metres: float, at: tuple[float, float]) -> None:
        self.square_metres += square_metres
        if square_metres > self.widest:
            self.widest, self.at = square_metres, at


Patches = dict[frozenset[int], Patch]


def patches(shapes: Sequence[Shape]) -> Patches:
    """The ground by the set of shapes (their numbers) that it lies in; none for the outside."""
    outlines = [rings(shape) for shape in shapes]
    points = [point for outline in outlines for ring in outline for point in ring]
    found: Patches = defaultdict(Patch)
    if points:
        origin = (min(x for x, _ in points), min(y for _, y in points))
        for low, high, sides in _strips(_sides(outlines, origin)):
            _measure(found, origin, low, high, sides)
    return dict(found)


def area_of(shape: Shape) -> float:
    """Square metres."""
    return sum(patch.square_metres for patch in patches([shape]).values())


def outline_metres(shape: Shape) -> float:
    """How long all the borders of a shape are."""
    return sum(_metres(a, b) for ring in rings(shape) for a, b in edges(ring))


def _metres(a: Grains, b: Grains) -> float:
    squeeze = cos(radians(a[1] / GRAIN))
    return GRAIN_METRES * hypot((b[0] - a[0]) * squeeze, b[1] - a[1])


def _sides(outlines: Sequence[Sequence[Ring]], origin: Grains) -> list[Side]:
    """All edges that rise, counted from `origin` so that the numbers stay small."""
    x0, y0 = origin
    sides: list[Side] = []
    for number, outline in enumerate(outlines):
        for ring in outline:
            for a, b in edges(ring):
                if a[1] != b[1]:
                    low, high = (a, b) if a[1] < b[1] else (b, a)
                    sides.append((number, low[0] - x0, low[1] - y0, high[0] - x0, high[1] - y0))
    return sides


def _strips(sides: list[Side]) -> Iterable[tuple[float, float, list[Side]]]:
    """From corner to corner northward, and where edges cross in between, each with its edges."""
    heights = sorted({y for side in sides for y in (side[2], side[4])})
    rising = sorted(sides, key=lambda side: side[2])
    live: list[Side] = []
    at = 0
    for low, high in pairwise(heights):
        live = [side for side in live if side[4] > low]
        while at < len(rising) and rising[at][2] <= low:
            live.append(rising[at])
            at += 1
        cuts = [low, *_crossings(live, low, high), high]
        for below, above in pairwise(cuts):
            yield below, above, live


def _crossings(sides: list[Side], low: float, high: float) -> list[float]:
    """Heights at which edges of a strip pass each other: the order at its two ends differs."""
    ends = sorted((_x(side, low), _x(side, high)) for side in sides)
    if all(one[1] <= other[1] for one, other in pairwise(ends)):
        return []
    found: set[float] = set()
    for number, (at_low, at_high) in enumerate(ends):
        for other_low, other_high in ends[number + 1 :]:
            if other_high < at_high and other_low > at_low:
                share = (other_low - at_low) / ((other_low - at_low) + (at_high - other_high))
                found.add(low + share * (high - low))
    return sorted(height for height in found if low < height < high)


def _x(side: Side, height: float) -> float:
    _, ax, ay, bx, by = side
    return ax + (bx - ax) * (height - ay) / (by - ay)


def _measure(found: Patches, origin: Grains, low: float, high: float, sides: list[Side]) -> None:
    middle = (low + high) / 2
    _, south = degrees(origin)
    per_grain = GRAIN_METRES**2 * cos(radians(south + middle / GRAIN))
    crossed = sorted((_x(side, middle), side[0]) for side in sides)
    inside: frozenset[int] = frozenset()
    for (x, number), (following, _) in pairwise(crossed):
        inside = inside ^ {number}
        if inside and following > x:
            at = ((origin[0] + (x + following) / 2) / GRAIN, (origin[1] + middle) / GRAIN)
            found[inside].add((following - x) * (high - low) * per_grain, at)
