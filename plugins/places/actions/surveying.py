"""Whether the ground is sound on a day: each point in one division of each level, and no more."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from liuhe import LEVELS, Area, Viewer, demand_held
from plugins.places.actions.finding import shapes_on, standing
from plugins.places.rules.fitting import Fault, area_words, faults
from plugins.places.rules.shapes import Shape

#: More is not told at once: what is wrong with a street makes all below it wrong.
MOST = 200


@dataclass(frozen=True, kw_only=True)
class Flaw:
    """Something that does not fit. `kind`: "overlap", "outside", "hole" or "undrawn"; `areas` it
    is about (of a hole: the area that has it); `at`: longitude and latitude where it is widest."""

    kind: str
    areas: tuple[Area, ...]
    square_metres: float = 0
    at: tuple[float, float] | None = None

    @property
    def sentence(self) -> str:
        names = [area.name for area in self.areas]
        size = area_words(self.square_metres)
        if self.kind == "overlap":
            return f"{names[0]}和{names[1]}重叠 {size}。"
        if self.kind == "outside":
            return f"{names[0]}有 {size} 在上级{names[1]}之外。"
        if self.kind == "hole":
            return f"{names[0]}里有 {size} 不属于任何下级。"
        return f"{names[0]}还没有画范围。"


async def check_ground(viewer: Viewer | None, day: date) -> list[Flaw]:
    """What does not fit on that day, from the widest level down; at most `MOST`."""
    demand_held(viewer, "places.see")
    areas = await Area.filter(standing(day)).order_by("code", "id")
    shapes = await shapes_on(day, [area.id for area in areas])
    found = await asyncio.to_thread(_survey, areas, shapes)
    return found[:MOST]


def _survey(areas: list[Area], shapes: dict[int, Shape]) -> list[Flaw]:
    families: dict[int | None, list[Area]] = defaultdict(list)
    for area in areas:
        families[area.parent_id].append(area)
    parents: Iterable[Area | None] = [None, *sorted(areas, key=_depth)]
    flaws = [
        flaw
        for parent in parents
        for flaw in _family(parent, families[parent.id if parent else None], shapes)
    ]
    return flaws


def _depth(area: Area) -> int:
    return LEVELS.index(area.level)


def _family(parent: Area | None, members: list[Area], shapes: dict[int, Shape]) -> list[Flaw]:
    drawn = [area for area in members if area.id in shapes]
    undrawn = [Flaw(kind="undrawn", areas=(area,)) for area in members if area.id not in shapes]
    above = shapes.get(parent.id) if parent else None
    found = faults(above, [shapes[area.id] for area in drawn])
    return [*undrawn, *(_flaw(fault, parent, drawn) for fault in found)]


def _flaw(fault: Fault, parent: Area | None, drawn: list[Area]) -> Flaw:
    about = [drawn[number] for number in fault.numbers]
    if fault.kind in ("outside", "hole") and parent is not None:
        about.append(parent)
    return Flaw(kind=fault.kind, areas=tuple(about), square_metres=fault.square_metres, at=fault.at)
