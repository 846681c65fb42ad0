"""Cuts polygons so that neighbours always share the very same edges.

An edge is known by its two corners. A cut that ends on an edge puts a corner into it, and every
polygon that has the edge, cut before or later, gets the corner when it is drawn.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import cos, pi, sin
from zlib import crc32

from plugins.places.rules.shapes import Grains, Ring, doubled_area

Corners = list[int]

SNAP = 0.15  # a cut this near to a corner, as a part of the edge, goes through the corner
LEAN = pi / 14  # how far a cut turns at most from straight across
WOBBLE = 0.07  # how far the middle of an edge strays at most, as a part of its length
SHORT = 12_000  # grains, some 120 m: a shorter edge stays straight


class Mesh:
    """Corners by number, and the corners that were put into edges."""

    def __init__(self) -> None:
        self.points: list[Grains] = []
        self._middles: dict[tuple[int, int], int] = {}

    def add(self, point: Grains) -> int:
        self.points.append(point)
        return len(self.points) - 1

    def ring(self, corners: Corners) -> Ring:
        return [self.points[number] for number in self.drawn(corners)]

    def drawn(self, corners: Corners) -> Corners:
        """With all that was put into its edges since."""
        return [n for a, b in pairwise([*corners, corners[0]]) for n in self._edge(a, b)]

    def _edge(self, a: int, b: int) -> Corners:
        """The edge without its end."""
        middle = self._middles.get((min(a, b), max(a, b)))
        return [a] if middle is None else [*self._edge(a, middle), *self._edge(middle, b)]

    def _put_into(self, a: int, b: int, point: Grains) -> int:
        number = self.add(point)
        self._middles[min(a, b), max(a, b)] = number
        return number

    def cut(self, corners: Corners, parts: int, key: str) -> list[Corners]:
        """Into so many parts of about the same size, across the longer side; `key` varies it."""
        if parts == 1:
            return [corners]
        few = parts // 2
        one, other = self._two(self.drawn(corners), few / parts, chance(key))
        return [*self.cut(one, few, f"{key}a"), *self.cut(other, parts - few, f"{key}b")]

    def _two(self, corners: Corners, share: float, lean: float) -> tuple[Corners, Corners]:
        """Two parts; the first has `share` of the whole."""
        ring = [self.points[number] for number in corners]
        angle = _shortest(ring, share) + lean * LEAN
        start, end = self._ends(corners, _along(ring, angle), _across(ring, angle, share))
        walk = self.drawn(corners)
        i, j = sorted((walk.index(start), walk.index(end)))
        one, other = walk[i : j + 1], walk[j:] + walk[: i + 1]
        part = doubled_area(self.ring(one)) / doubled_area(ring)
        return (one, other) if abs(part - share) < abs(1 - part - share) else (other, one)

    def _ends(self, corners: Corners, along: list[float], line: float) -> Corners:
        """Where the line meets the outline, twice."""
        ends: Corners = []
        for (a, at_a), (b, at_b) in pairwise([*zip(corners, along, strict=True)] * 2):
            if len(ends) < 2 and (at_a <= line) != (at_b <= line):
                ends.append(self._end(a, b, (line - at_a) / (at_b - at_a)))
        return ends

    def _end(self, a: int, b: int, part: float) -> int:
        if part < SNAP:
            return a
        if part > 1 - SNAP:
            return b
        (ax, ay), (bx, by) = self.points[a], self.points[b]
        return self._put_into(a, b, (round(ax + part * (bx - ax)), round(ay + part * (by - ay))))

    def roughen(self, corners: Corners) -> None:
        """Let long edges stray a little, the same way for both neighbours."""
        walk = self.drawn(corners)
        for a, b in pairwise([*walk, walk[0]]):
            (ax, ay), (bx, by) = self.points[min(a, b)], self.points[max(a, b)]
            if abs(bx - ax) + abs(by - ay) > SHORT and (min(a, b), max(a, b)) not in self._middles:
                stray = WOBBLE * chance(f"{ax},{ay},{bx},{by}")
                x, y = (ax + bx) / 2 - stray * (by - ay), (ay + by) / 2 + stray * (bx - ax)
                self._put_into(a, b, (round(x), round(y)))


def chance(key: str) -> float:
    """A number from -1 to 1 that looks random and is always the same for a key."""
    return crc32(key.encode()) / 2**31 - 1


def _along(ring: Sequence[tuple[float, float]], angle: float) -> list[float]:
    return [x * cos(angle) + y * sin(angle) for x, y in ring]


def _shortest(ring: Ring, share: float) -> float:
    """The direction, of twelve, across which a cut for this share is shortest."""

    def length(angle: float) -> float:
        line = _across(ring, angle, share)
        met = [y for x, y in _near_side(_turned(ring, angle), line) if x == line]
        return max(met) - min(met)

    return min((step * pi / 12 for step in range(12)), key=length)


def _turned(ring: Ring, angle: float) -> list[tuple[float, float]]:
    return list(zip(_along(ring, angle), _along(ring, angle + pi / 2), strict=True))


def _across(ring: Ring, angle: float, share: float) -> float:
    """Where a line across the direction has `share` of the area on its near side."""
    turned = _turned(ring, angle)
    low, high = min(x for x, _ in turned), max(x for x, _ in turned)
    wanted = share * _area(turned)
    for _ in range(20):
        middle = (low + high) / 2
        before = _area(_near_side(turned, middle))
        low, high = (middle, high) if before < wanted else (low, middle)
    return low


def _near_side(ring: Sequence[tuple[float, float]], line: float) -> list[tuple[float, float]]:
    """The part of the ring west of x = `line`."""
    kept: list[tuple[float, float]] = []
    for (ax, ay), (bx, by) in pairwise([*ring, ring[0]]):
        if ax <= line:
            kept.append((ax, ay))
        if (ax <= line) != (bx <= line):
            kept.append((line, ay + (by - ay) * (line - ax) / (bx - ax)))
    return kept


def _area(ring: Sequence[tuple[float, float]]) -> float:
    return abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairwise([*ring, *ring[:1]])))
