"""Several shapes as one: borders that two of them share fall away."""

from collections.abc import Sequence
from typing import Any

from plugins.places.rules.shapes import (
    Edge,
    Grains,
    Ring,
    Shape,
    degrees,
    doubled_area,
    edges,
    rings,
)


def joined(shapes: Sequence[Shape]) -> dict[str, Any]:
    """One outline where neighbours share the same corners; else all parts beside each other, which
    holds the same points."""
    left = _unshared(shapes)
    loops = _loops(left)
    outer = [loop for loop in loops or () if doubled_area(loop) > 0]
    if loops and len(outer) == 1:
        holes = [loop for loop in loops if loop is not outer[0]]
        return {"type": "Polygon", "coordinates": [_closed(loop) for loop in (*outer, *holes)]}
    return {"type": "MultiPolygon", "coordinates": [part for one in shapes for part in _parts(one)]}


def _parts(shape: Shape) -> list[Any]:
    return list(shape["coordinates"]) if shape["type"] == "MultiPolygon" else [shape["coordinates"]]


def _unshared(shapes: Sequence[Shape]) -> set[Edge]:
    """Edges with the inside on their left; those that run both ways cancel each other."""
    left: set[Edge] = set()
    for shape in shapes:
        for part in _parts(shape):
            for number, ring in enumerate(rings({"type": "Polygon", "coordinates": part})):
                against_clock = doubled_area(ring) > 0
                for a, b in edges(ring if against_clock == (number == 0) else ring[::-1]):
                    if (b, a) in left:
                        left.remove((b, a))
                    else:
                        left.add((a, b))
    return left


def _loops(left: set[Edge]) -> list[Ring] | None:
    """Closed walks along the edges; None where a corner has several ways on."""
    onward: dict[Grains, Grains] = dict(left)
    if len(onward) != len(left):
        return None
    loops = []
    while onward:
        start, here = onward.popitem()
        loop = [start]
        while here != start:
            loop.append(here)
            if here not in onward:
                return None
            here = onward.pop(here)
        loops.append(loop)
    return loops


def _closed(loop: Ring) -> list[list[float]]:
    return [list(degrees(point)) for point in [*loop, loop[0]]]
