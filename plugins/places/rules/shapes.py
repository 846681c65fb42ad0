"""Polygons as GeoJSON in WGS-84, asked exactly: coordinates are counted in whole 1e-7 degrees.

A centimetre is the grain, and whole numbers do not round. So a point on an edge that neighbours
share belongs to one of them, never to both or to none: to the one east of it, or, where the edge
runs due east, to the one north of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import Any

Grains = tuple[int, int]  # longitude, latitude
Edge = tuple[Grains, Grains]
Ring = list[Grains]  # without the closing repetition
Shape = Mapping[str, Any]

GRAIN = 10_000_000
EARTH = 6_371_008.8  # metres, the mean radius


@dataclass(frozen=True, kw_only=True)
class Box:
    """The smallest box around a shape, in degrees."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, other: "Box") -> bool:
        return (
            self.west <= other.west
            and self.south <= other.south
            and other.east <= self.east
            and other.north <= self.north
        )

    def meets(self, other: "Box") -> bool:
        return (
            self.west <= other.east
            and other.west <= self.east
            and self.south <= other.north
            and other.south <= self.north
        )


CHINA = Box(west=73.4, south=3.4, east=135.1, north=53.6)


def grains(longitude: float, latitude: float) -> Grains:
    return round(longitude * GRAIN), round(latitude * GRAIN)


def degrees(point: Grains) -> tuple[float, float]:
    return point[0] / GRAIN, point[1] / GRAIN


def polygon(ring: Ring) -> dict[str, Any]:
    """The GeoJSON of one ring."""
    return {"type": "Polygon", "coordinates": [[list(degrees(p)) for p in [*ring, ring[0]]]]}


def rings(shape: Shape) -> list[Ring]:
    """All rings of a shape without problems: outlines and holes alike."""
    parts = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
    return [ring_of(ring) for part in parts for ring in part]


def contains(shape: Shape, point: Grains) -> bool:
    """Even-odd over all rings: an odd number of edges lies east of the point."""
    x, y = point
    inside = False
    for ring in rings(shape):
        for a, b in edges(ring):
            low, high = (a, b) if a[1] <= b[1] else (b, a)
            if low[1] <= y < high[1]:
                run, rise = high[0] - low[0], high[1] - low[1]
                inside ^= (x - low[0]) * rise < run * (y - low[1])
    return inside


def bounds(shape: Shape) -> Box:
    points = [point for ring in rings(shape) for point in ring]
    west, south = degrees((min(x for x, _ in points), min(y for _, y in points)))
    east, north = degrees((max(x for x, _ in points), max(y for _, y in points)))
    return Box(west=west, south=south, east=east, north=north)


def centroid(shape: Shape) -> tuple[float, float]:
    """The middle of the largest ring, in degrees (a crescent's lies outside it)."""
    ring = max(rings(shape), key=lambda one: abs(doubled_area(one)))
    twice = doubled_area(ring)
    x0, y0 = ring[0]
    sum_x = sum_y = 0
    for (ax, ay), (bx, by) in edges(ring):
        cross = (ax - x0) * (by - y0) - (bx - x0) * (ay - y0)
        sum_x += (ax + bx - 2 * x0) * cross
        sum_y += (ay + by - 2 * y0) * cross
    return (x0 + sum_x / (3 * twice)) / GRAIN, (y0 + sum_y / (3 * twice)) / GRAIN


def doubled_area(ring: Ring) -> int:
    """Twice the area in square grains; positive if it runs against the clock."""
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in edges(ring))


def distance(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Metres along the great circle between two (longitude, latitude)."""
    (lon_a, lat_a), (lon_b, lat_b) = (tuple(map(radians, point)) for point in (a, b))
    chord = sin((lat_b - lat_a) / 2) ** 2
    chord += cos(lat_a) * cos(lat_b) * sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH * asin(min(1.0, sqrt(chord)))


def far_away(shape: Shape) -> str:
    """A doubt, not an error: the shape is not in China; often the two numbers are swapped."""
    if CHINA.holds(bounds(shape)):
        return ""
    return "这个范围不在中国境内，请检查经度和纬度是否写反。"


def ring_of(raw: Sequence[Sequence[float]]) -> Ring:
    """Counted in grains, without the closing point; points that repeat each other are one."""
    ring: Ring = []
    for position in raw:
        point = grains(position[0], position[1])
        if not ring or ring[-1] != point:
            ring.append(point)
    return ring[:-1] if len(ring) > 1 and ring[0] == ring[-1] else ring


def edges(ring: Ring) -> Iterator[Edge]:
    return zip(ring, ring[1:] + ring[:1], strict=True)
