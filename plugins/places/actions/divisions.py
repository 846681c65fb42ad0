"""Opening, drawing, renaming, ending and succeeding divisions.

What was stays: an area that ends keeps its row, its path and all that happened in it; what
follows it is a new row, tied to it by a succession.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tortoise.expressions import Q

from liuhe import Area, BadInput, Conflict, Viewer, atomic, create_area, demand, demand_held
from plugins.places.actions.finding import today
from plugins.places.models import Division, Succession
from plugins.places.permissions import AREA
from plugins.places.rules.codes import KINDS, code_problem, nesting_problem, succession_problem
from plugins.places.rules.shapes import Shape
from plugins.places.rules.validity import shape_problem


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


@atomic
async def create_division(who: Viewer | None, opening: Opening, *, on: date) -> Area:
    """A new area that stands from `on`."""
    parent = await _locked(opening.parent) if opening.parent else None
    if parent is None:
        demand_held(who, "places.edit")
    else:
        demand(who, "places.edit", parent, AREA)
    _check(opening, parent, on)
    if await Area.filter(_standing_from(on), code=opening.code).exists():
        raise BadInput("这个代码已经有区划在用。", field="code", reason="taken")
    area = await create_area(
        code=opening.code,
        name=opening.name.strip(),
        level=opening.level,
        parent=parent,
        valid_from=on,
    )
    await Division.of(area, opening.polygon, kind=opening.kind, note=opening.note).save()
    return area


@atomic
async def draw_division(who: Viewer | None, area: Area, polygon: Shape) -> None:
    """Give the area another polygon."""
    demand(who, "places.edit", area, AREA)
    _check_shape(polygon)
    row = await Division.get_or_none(area_id=area.id) or Division.of(area, None)
    row.draw(polygon)
    await row.save()


@atomic
async def rename_division(who: Viewer | None, area: Area, name: str, *, on: date) -> Area:
    """Another name from `on`; the former one stays on record."""
    demand(who, "places.edit", area, AREA)
    area = await _locked(area)
    _check_name(name)
    if on > today() or not area.stood(on):
        raise BadInput("更名日期要在区划存续期间，不晚于今天。", field="on", reason="date")
    await Succession.create(
        predecessor=area, successor=area, on=on, kind="rename", former_name=area.name
    )
    area.name = name.strip()
    await area.save(update_fields=["name"])
    return area


@atomic
async def close_division(who: Viewer | None, area: Area, *, on: date) -> Area:
    """End the area: `on` is the first day without it. Nothing may stand below it any more."""
    demand(who, "places.edit", area, AREA)
    area = await _locked(area)
    if area.valid_to is not None:
        raise Conflict(f"{area.name}已于 {area.valid_to} 撤销。")
    if on <= area.valid_from:
        raise BadInput("撤销日期要晚于设立日期。", field="on", reason="date")
    if await Area.filter(_standing_from(on), parent_id=area.id).exists():
        raise Conflict(f"{area.name}下面还有区划，请先处理下级。")
    area.valid_to = on
    await area.save(update_fields=["valid_to"])
    return area


@atomic
async def succeed(
    who: Viewer | None,
    predecessors: Sequence[Area],
    successors: Sequence[Opening | Area],
    *,
    kind: str,
    on: date,
) -> list[Area]:
    """End areas and let others take their place: "split", "merge" or "transfer".

    Successors are opened, or stand already (the new parents of what was moved before). Work from
    the bottom up: an area ends last, after those below it.
    """
    if problem := succession_problem(kind, len(predecessors), len(successors)):
        raise BadInput(problem, field="kind", reason="kind")
    ended = [await close_division(who, area, on=on) for area in predecessors]
    followed = [await _follower(who, one, on) for one in successors]
    await Succession.bulk_create(
        [
            Succession(predecessor=before, successor=after, on=on, kind=kind)
            for before in ended
            for after in followed
        ]
    )
    return followed


async def _follower(who: Viewer | None, one: Opening | Area, on: date) -> Area:
    if isinstance(one, Opening):
        return await create_division(who, one, on=on)
    demand(who, "places.edit", one, AREA)
    if not one.stood(on):
        raise BadInput(f"{one.name}在 {on} 不存在。", field="successors", reason="date")
    return one


async def _locked(area: Area) -> Area:
    """The row as it is now, kept from others until the end of the transaction."""
    return await Area.filter(id=area.id).select_for_update().get()


def _standing_from(day: date) -> Q:
    """Areas that stand on `day` or are to stand later."""
    return Q(valid_to__isnull=True) | Q(valid_to__gt=day)


def _check(opening: Opening, parent: Area | None, on: date) -> None:
    _check_name(opening.name)
    if problem := code_problem(opening.code, opening.level):
        raise BadInput(problem, field="code", reason="code")
    if opening.kind and opening.kind not in KINDS:
        raise BadInput("没有这个城乡分类代码。", field="kind", reason="unknown")
    if opening.polygon is not None:
        _check_shape(opening.polygon)
    _check_parent(opening, parent, on)


def _check_parent(opening: Opening, parent: Area | None, on: date) -> None:
    if parent is None:
        if opening.level != "district":
            raise BadInput("请选择上级。", field="parent", reason="required")
        return
    if problem := nesting_problem(opening.code, opening.level, parent.code, parent.level):
        raise BadInput(problem, field="parent", reason="nesting")
    if not parent.stood(on):
        raise BadInput(f"{parent.name}在 {on} 不存在。", field="parent", reason="date")


def _check_name(name: str) -> None:
    if not 1 <= len(name.strip()) <= 60:
        raise BadInput("名称要有 1 到 60 个字。", field="name", reason="length")


def _check_shape(polygon: object) -> None:
    if problem := shape_problem(polygon):
        raise BadInput(problem, field="polygon", reason="shape")
