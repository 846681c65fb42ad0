"""The demo district as a tree of plots, each tiled exactly by those below it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from plugins.places.rules.shapes import Ring, grains
from plugins.places.seeds.gongshu import (
    CORNERS,
    DISTRICT,
    OUTLINE,
    SINCE,
    SPLIT_GRID,
    SPLIT_ON,
    STREETS,
    Street,
)
from plugins.places.seeds.mesh import Corners, Mesh, chance

NUMERALS = "零一二三四五六"


@dataclass(kw_only=True)
class Plot:
    """An area to be; `followed_by` names the codes that took its place on `until`."""

    code: str
    name: str
    level: str
    corners: Corners
    kind: str = "111"
    since: date = SINCE
    until: date | None = None
    followed_by: tuple[str, ...] = ()
    below: list["Plot"] = field(default_factory=list)

    def walk(self) -> Iterator["Plot"]:
        """Itself and all below, the higher first."""
        yield self
        for plot in self.below:
            yield from plot.walk()

    def leaves(self) -> list["Plot"]:
        """The lowest that stand today."""
        return [plot for plot in self.walk() if not plot.below and plot.until is None]


class District:
    """`top` is the tree, `ring` draws one of its plots."""

    def __init__(self) -> None:
        self.mesh = Mesh()
        self._numbers = {name: self.mesh.add(grains(*at)) for name, at in CORNERS.items()}
        code, name = DISTRICT
        self.top = Plot(code=code, name=name, level="district", corners=self._named(OUTLINE))
        self.top.below = [self._street(street) for street in STREETS]
        for leaf in self.top.leaves():
            self.mesh.roughen(leaf.corners)

    def ring(self, plot: Plot) -> Ring:
        return self.mesh.ring(plot.corners)

    def _named(self, corners: str) -> Corners:
        return [self._numbers[name] for name in corners]

    def _street(self, street: Street) -> Plot:
        plot = Plot(
            code=street.code,
            name=street.name,
            level="street",
            corners=self._named(street.corners),
            kind=street.kind,
        )
        parts = self.mesh.cut(plot.corners, len(street.communities), street.code)
        for index, (name, count, corners) in enumerate(
            zip(street.communities, street.grids, parts, strict=True), start=1
        ):
            code = f"{street.code[:9]}{index:03}"
            plot.below.append(
                self._community(code, name, corners, count, name in street.micro, street.kind)
            )
        return plot

    def _community(
        self, code: str, name: str, corners: Corners, grids: int, micro: bool, kind: str
    ) -> Plot:
        plot = Plot(code=code, name=f"{name}社区", level="community", corners=corners, kind=kind)
        for index, part in enumerate(self.mesh.cut(corners, grids, code), start=1):
            plot.below.append(self._grid(f"{code}{index:03}", name, index, part, kind))
        for grid in list(plot.below):
            if grid.code == SPLIT_GRID:
                plot.below += self._split(grid, name, len(plot.below))
        if micro:
            for grid in plot.below:
                grid.below = self._microgrids(grid) if grid.until is None else []
        return plot

    def _grid(self, code: str, name: str, number: int, corners: Corners, kind: str) -> Plot:
        title = f"{name}第{NUMERALS[number]}网格"
        return Plot(code=code, name=title, level="grid", corners=corners, kind=kind)

    def _split(self, grid: Plot, name: str, count: int) -> list[Plot]:
        """Two new grids in the place of one that ends."""
        parts = self.mesh.cut(grid.corners, 2, f"{grid.code}x")
        numbers = (count + 1, count + 2)
        new = [
            self._grid(f"{grid.code[:12]}{number:03}", name, number, part, grid.kind)
            for number, part in zip(numbers, parts, strict=True)
        ]
        for plot in new:
            plot.since = SPLIT_ON
        grid.until, grid.followed_by = SPLIT_ON, tuple(plot.code for plot in new)
        return new

    def _microgrids(self, grid: Plot) -> list[Plot]:
        parts = self.mesh.cut(grid.corners, 2 if chance(grid.code) < 0 else 3, f"{grid.code}m")
        return [
            Plot(
                code=f"{grid.code}{index:02}",
                name=f"{grid.name}{index:02}微网格",
                level="microgrid",
                corners=corners,
                kind=grid.kind,
                since=grid.since,
            )
            for index, corners in enumerate(parts, start=1)
        ]
