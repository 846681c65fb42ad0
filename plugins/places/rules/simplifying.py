"""Fewer corners for a drawing that is looked at from afar (Douglas and Peucker, in grains)."""

from math import hypot
from typing import Any

from plugins.places.rules.shapes import Grains, Ring, Shape, degrees, ring_of

FEW = 24  # a ring that is short already is left alone


def simplified(shape: Shape, tolerance: int) -> dict[str, Any]:
    """No corner lies farther than `tolerance` grains from the new outline."""
    many = shape["type"] == "MultiPolygon"
    parts = shape["coordinates"] if many else [shape["coordinates"]]
    drawn = [[_closed(_thinned(ring_of(ring), tolerance)) for ring in part] for part in parts]
    return {"type": shape["type"], "coordinates": drawn if many else drawn[0]}


def _closed(ring: Ring) -> list[list[float]]:
    return [list(degrees(point)) for point in [*ring, ring[0]]]


def _thinned(ring: Ring, tolerance: int) -> Ring:
    if len(ring) <= FEW:
        return ring
    far = max(range(len(ring)), key=lambda at: _between(ring[0], ring[at]))
    line = [*ring, ring[0]]
    kept = {0, far, *_kept(line, 0, far, tolerance), *_kept(line, far, len(ring), tolerance)}
    thin = [ring[at] for at in sorted(kept) if at < len(ring)]
    return thin if len(thin) >= 3 else ring


def _kept(line: Ring, first: int, last: int, tolerance: int) -> set[int]:
    kept: set[int] = set()
    todo = [(first, last)]
    while todo:
        start, end = todo.pop()
        inner = range(start + 1, end)
        if not inner:
            continue
        at = max(inner, key=lambda one: _off(line[one], line[start], line[end]))
        if _off(line[at], line[start], line[end]) > tolerance:
            kept.add(at)
            todo += [(start, at), (at, end)]
    return kept


def _between(a: Grains, b: Grains) -> float:
    return hypot(b[0] - a[0], b[1] - a[1])


def _off(point: Grains, a: Grains, b: Grains) -> float:
    """How far the point lies from the line through both ends."""
    long = _between(a, b)
    if not long:
        return _between(a, point)
    cross = (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0])
    return abs(cross) / long
