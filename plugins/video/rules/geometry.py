"""Polygons in parts of the picture: x to the right, y down, 0 to 1."""

from collections.abc import Sequence
from typing import Any

MOST_POINTS = 60
SMALLEST = 0.0004  # of the picture: about a 2 % by 2 % square


def polygon_problem(points: Any) -> str:
    """A sentence about what is wrong with a zone's outline, or ""."""
    if not isinstance(points, (list, tuple)) or not all(map(_is_point, points)):
        return "区域的每个点要有横、纵两个 0 到 1 之间的数。"
    if len(points) < 3:
        return "区域至少要三个点。"
    if len(points) > MOST_POINTS:
        return f"区域最多 {MOST_POINTS} 个点。"
    if len({tuple(point) for point in points}) < len(points):
        return "区域里有重合的点，请删掉一个。"
    if crosses_itself(points):
        return "区域的边互相交叉了，请把点按顺序重新点一圈。"
    return "" if area(points) >= SMALLEST else "区域太小了，请画大一些。"


def _is_point(point: Any) -> bool:
    return (
        isinstance(point, (list, tuple))
        and len(point) == 2
        and all(
            isinstance(part, (int, float))
            and not isinstance(part, bool)
            and 0 <= part <= 1  # neither NaN nor a number too large for a float
            for part in point
        )
    )


def area(points: Sequence[Sequence[float]]) -> float:
    """The area that a simple polygon encloses."""
    following = [*points[1:], points[0]]
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, following, strict=True))) / 2


def crosses_itself(points: Sequence[Sequence[float]]) -> bool:
    """Whether two edges that are not neighbours touch."""
    edges = list(zip(points, [*points[1:], points[0]], strict=True))
    last = len(edges) - 1
    return any(
        touch(*edges[one], *edges[other])
        for one in range(len(edges))
        for other in range(one + 2, len(edges))
        if (one, other) != (0, last)
    )


def touch(a: Sequence[float], b: Sequence[float], c: Sequence[float], d: Sequence[float]) -> bool:
    """Whether the segments a-b and c-d have a point in common."""
    turns = (_turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b))
    if turns[0] != turns[1] and turns[2] != turns[3]:
        return True
    ends = ((a, b, c), (a, b, d), (c, d, a), (c, d, b))
    return any(not turn and _between(*end) for turn, end in zip(turns, ends, strict=True))


def _turn(a: Sequence[float], b: Sequence[float], c: Sequence[float]) -> int:
    cross = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    return (cross > 1e-12) - (cross < -1e-12)


def _between(a: Sequence[float], b: Sequence[float], c: Sequence[float]) -> bool:
    """For c on the line through a and b: whether it lies between them."""
    return min(a[0], b[0]) <= c[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])
