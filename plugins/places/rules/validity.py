"""Whether a polygon from outside can be used: real positions, closed, and not crossing itself."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from plugins.places.rules.shapes import Edge, Grains, Ring, edges, ring_of

MOST_POINTS = 2_000


def position_problem(longitude: float, latitude: float) -> str:
    """What is wrong with a position, as a sentence; "" if nothing."""
    if not (isfinite(longitude) and isfinite(latitude)):
        return "经纬度要是数字。"
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        return "经度在 -180 到 180 之间，纬度在 -90 到 90 之间；先经度，后纬度。"
    return ""


def shape_problem(shape: object) -> str:
    """What is wrong with a polygon from outside, as a sentence; "" if nothing."""
    parts = _parts(shape)
    if parts is None:
        return "范围要是 GeoJSON 的 Polygon 或 MultiPolygon。"
    if sum(len(ring) for part in parts for ring in part) > MOST_POINTS:
        return f"范围最多 {MOST_POINTS} 个点，请先简化。"
    problems = (_ring_problem(ring) for part in parts for ring in part)
    return next(filter(None, problems), "")


def _parts(shape: object) -> list[list[list[Any]]] | None:
    """Polygons of rings of whatever stands for positions, or None where it is no such thing."""
    if not isinstance(shape, Mapping):
        return None
    given = shape.get("coordinates")
    parts = {"Polygon": [given], "MultiPolygon": given}.get(str(shape.get("type")))
    if not (isinstance(parts, list) and parts):
        return None
    for part in parts:
        if not (isinstance(part, list) and part and all(isinstance(r, list) for r in part)):
            return None
    return parts


def _ring_problem(raw: list[Any]) -> str:
    for one in raw:
        if not (isinstance(one, list) and len(one) in (2, 3) and all(map(_is_number, one))):
            return "范围的每个点要写成 [经度, 纬度]。"
        if problem := position_problem(one[0], one[1]):
            return problem
    if len(raw) < 4 or raw[0][:2] != raw[-1][:2]:
        return "范围的每一圈要首尾相接，至少 3 个点。"
    ring = ring_of(raw)
    if len(set(ring)) < 3:
        return "范围的每一圈至少要有 3 个不同的点。"
    return "范围的边线自己相交或重叠了。" if _crosses_itself(ring) else ""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _crosses_itself(ring: Ring) -> bool:
    """Compares only edges that overlap from west to east."""
    numbered = sorted(enumerate(edges(ring)), key=lambda one: min(one[1][0][0], one[1][1][0]))
    open_edges: list[tuple[int, Edge]] = []
    for number, edge in numbered:
        start = min(edge[0][0], edge[1][0])
        open_edges = [one for one in open_edges if max(one[1][0][0], one[1][1][0]) >= start]
        for other_number, other in open_edges:
            beside = (number - other_number) % len(ring) in (1, len(ring) - 1)
            if _folds_back(edge, other) if beside else _meet(edge, other):
                return True
        open_edges.append((number, edge))
    return False


def _meet(one: Edge, other: Edge) -> bool:
    (a, b), (c, d) = one, other
    if _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0:
        return True
    return any(_on(p, *other) for p in one) or any(_on(p, *one) for p in other)


def _folds_back(one: Edge, other: Edge) -> bool:
    """Edges that share a corner: whether one lies upon the other."""
    return any(_on(p, *other) for p in set(one) - set(other)) or any(
        _on(p, *one) for p in set(other) - set(one)
    )


def _side(a: Grains, b: Grains, point: Grains) -> int:
    cross = (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0])
    return (cross > 0) - (cross < 0)


def _on(point: Grains, a: Grains, b: Grains) -> bool:
    return (
        _side(a, b, point) == 0
        and min(a[0], b[0]) <= point[0] <= max(a[0], b[0])
        and min(a[1], b[1]) <= point[1] <= max(a[1], b[1])
    )
