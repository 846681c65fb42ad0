"""A plain drawing of polygons: no tiles, no library, north is up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import cos, radians

from plugins.places.rules.shapes import Box, Shape, bounds, centroid, degrees, rings

WIDTH = 400  # user units; the browser scales them
MARGIN = 6


@dataclass(frozen=True, kw_only=True)
class Outline:
    """One polygon as the `d` of a path, with a label at (x, y)."""

    d: str
    label: str = ""
    title: str = ""
    href: str = ""
    x: float = 0
    y: float = 0


@dataclass(frozen=True, kw_only=True)
class Drawing:
    height: int
    whole: Outline | None
    parts: Sequence[Outline] = field(default=())
    dots: Sequence[Outline] = field(default=())
    before: Sequence[Outline] = field(default=())

    width: int = WIDTH


class Paper:
    """Where degrees come to lie; a degree of longitude is shorter the farther north."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._squeeze = cos(radians((box.south + box.north) / 2))
        self._scale = (WIDTH - 2 * MARGIN) / max((box.east - box.west) * self._squeeze, 1e-6)

    @property
    def height(self) -> int:
        return round((self._box.north - self._box.south) * self._scale) + 2 * MARGIN

    def at(self, longitude: float, latitude: float) -> tuple[float, float]:
        x = (longitude - self._box.west) * self._squeeze * self._scale + MARGIN
        y = (self._box.north - latitude) * self._scale + MARGIN
        return round(x, 1), round(y, 1)

    def path(self, shape: Shape) -> str:
        lines = (
            " ".join("{} {}".format(*self.at(*degrees(point))) for point in ring)
            for ring in rings(shape)
        )
        return " ".join(f"M{line}Z" for line in lines)

    def outline(self, shape: Shape, *, label: str = "", title: str = "", href: str = "") -> Outline:
        x, y = self.at(*centroid(shape))
        return Outline(d=self.path(shape), label=label, title=title, href=href, x=x, y=y)

    def dot(self, longitude: float, latitude: float, title: str) -> Outline:
        x, y = self.at(longitude, latitude)
        return Outline(d="", title=title, x=x, y=y)


def paper_for(shapes: Iterable[Shape]) -> Paper | None:
    """Paper that holds all the shapes; None where there are none."""
    boxes = [bounds(shape) for shape in shapes]
    if not boxes:
        return None
    return Paper(
        Box(
            west=min(box.west for box in boxes),
            south=min(box.south for box in boxes),
            east=max(box.east for box in boxes),
            north=max(box.north for box in boxes),
        )
    )


def compare(
    old: Sequence[Shape], new: Sequence[Shape], labels: Sequence[str] = ()
) -> Drawing | None:
    """The new shapes over the old ones."""
    paper = paper_for([*old, *new])
    if paper is None:
        return None
    names = [*labels, *("" for _ in new)]
    return Drawing(
        height=paper.height,
        whole=None,
        before=[paper.outline(shape) for shape in old],
        parts=[
            paper.outline(shape, label=name, title=name)
            for shape, name in zip(new, names, strict=False)
        ],
    )
