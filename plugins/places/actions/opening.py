"""What a division that is to be opened looks like, and how its rows are written."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from liuhe import Area, create_area
from plugins.places.models import Division, FormerShape
from plugins.places.rules.shapes import Shape


@dataclass(frozen=True, kw_only=True)
class Opening:
    """A division to be opened."""

    code: str
    name: str
    level: str
    parent: Area | None = None
    polygon: Shape | None = None
    kind: str = ""
    note: str = ""


async def write_area(opening: Opening, *, on: date) -> Area:
    """The area and its division, without asking anything."""
    area = await create_area(
        code=opening.code,
        name=opening.name.strip(),
        level=opening.level,
        parent=opening.parent,
        valid_from=on,
    )
    await Division.of(area, opening.polygon, kind=opening.kind, note=opening.note).save()
    return area


async def write_shape(area: Area, polygon: Shape, *, on: date | None) -> None:
    """From `on` this is the shape, and the one before stays on record; None: it always was.

    A first drawing counts from the beginning: nothing else was ever known.
    """
    row = await Division.get_or_none(area_id=area.id) or Division.of(area, None)
    begun = row.drawn_from or area.valid_from
    if on is not None and on > begun and row.polygon is not None:
        await FormerShape(**former_of(row), valid_to=on).save()
        row.drawn_from = on
    row.draw(polygon)
    await row.save()


def former_of(row: Division) -> dict[str, Any]:
    names = ("area_id", "polygon", "west", "south", "east", "north")
    return {name: getattr(row, name) for name in names} | {"valid_from": row.drawn_from}
