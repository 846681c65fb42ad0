"""Points, boxes and polygons in parts of the picture, 0 to 1 from the top left."""

from collections.abc import Sequence

from gpu.messages import Box, Point

EDGE = 1e-9  # so near to an edge is on it


def ground_point(box: Box) -> Point:
    """Where the object stands: the bottom centre of its box, kept inside the picture."""
    x1, _, x2, y2 = box
    return min(max((x1 + x2) / 2, 0.0), 1.0), min(max(y2, 0.0), 1.0)


def contains(polygon: Sequence[Point], point: Point) -> bool:
    """Whether the point lies inside or on the edge; concave polygons too (even-odd rule)."""
    inside = False
    for index, end in enumerate(polygon):
        start = polygon[index - 1]
        if _on_edge(start, end, point):
            return True
        inside ^= _crosses(start, end, point)
    return inside


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (area(a) + area(b) - shared)


def area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def around(boxes: Sequence[Box]) -> Box:
    """The smallest box around at least one box."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def clipped(box: Sequence[float]) -> Box:
    """The part of a box that lies inside the picture; its corners in order."""
    x1, y1, x2, y2 = (min(max(float(value), 0.0), 1.0) for value in box)
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def _crosses(start: Point, end: Point, point: Point) -> bool:
    """Whether a ray from the point to the right crosses the edge."""
    (x1, y1), (x2, y2), (x, y) = start, end, point
    if (y1 > y) == (y2 > y):
        return False
    return x < (x2 - x1) * (y - y1) / (y2 - y1) + x1


def _on_edge(start: Point, end: Point, point: Point) -> bool:
    (x1, y1), (x2, y2), (x, y) = start, end, point
    across = (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)
    along = (x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)
    length = (x2 - x1) ** 2 + (y2 - y1) ** 2
    return abs(across) <= EDGE and -EDGE <= along <= length + EDGE
