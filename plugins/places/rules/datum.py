"""GCJ-02, in which maps in China are published: some 500 m off from WGS-84.

The published approximation; going back by subtracting once is good to a few metres, enough to tell
whether a shape was given in GCJ-02.
"""

from math import cos, pi, radians, sin, sqrt
from typing import Any

from plugins.places.rules.shapes import Shape

AXIS, ECCENTRICITY = 6_378_245.0, 0.00669342162296594323  # Krasovsky 1940


def from_gcj02(longitude: float, latitude: float) -> tuple[float, float]:
    """WGS-84 of a GCJ-02 position."""
    east, north = _shift(longitude, latitude)
    return longitude - east, latitude - north


def to_gcj02(longitude: float, latitude: float) -> tuple[float, float]:
    east, north = _shift(longitude, latitude)
    return longitude + east, latitude + north


def shape_from_gcj02(shape: Shape) -> dict[str, Any]:
    def moved(part: Any) -> Any:
        if isinstance(part[0], int | float):
            return list(from_gcj02(part[0], part[1]))
        return [moved(one) for one in part]

    return {"type": shape["type"], "coordinates": moved(shape["coordinates"])}


def _shift(longitude: float, latitude: float) -> tuple[float, float]:
    x, y = longitude - 105.0, latitude - 35.0
    waves = (20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves
    north += (20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3
    north += (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves
    east += (20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3
    east += (150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)) * 2 / 3
    bend = 1 - ECCENTRICITY * sin(radians(latitude)) ** 2
    metres_north = AXIS * (1 - ECCENTRICITY) / (bend * sqrt(bend)) * pi / 180
    metres_east = AXIS / sqrt(bend) * cos(radians(latitude)) * pi / 180
    return east / metres_east, north / metres_north
