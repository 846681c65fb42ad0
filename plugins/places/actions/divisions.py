"""Opening, drawing, renaming, ending and succeeding divisions.

What was stays: an area that ends keeps its row, its path and all that happened in it; what
follows it is a new row, tied to it by a succession.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from tortoise.expressions import Q

from liuhe import (
    Area,
    BadInput,
    Conflict,
    Viewer,
    announce,
    atomic,
    demand,
    demand_everywhere,
    record,
)
from plugins.places.actions.checking import check_fit, check_name, check_opening, check_shape
from plugins.places.actions.finding import today
from plugins.places.actions.opening import Opening, write_area, write_shape
from plugins.places.facts import DivisionChanged, DivisionSucceeded
from plugins.places.models import Division, Succession
from plugins.places.permissions import AREA, CHANGED
from plugins.places.rules.codes import succession_problem
from plugins.places.rules.fitting import overlaps
from plugins.places.rules.shapes import Shape


@atomic
async def create_division(who: Viewer | None, opening: Opening, *, on: date) -> Area:
    """A new area that stands from `on`."""
    parent = await _locked(opening.parent) if opening.parent else None
    if parent is None:
        demand_everywhere(who, "places.edit")
    else:
        demand(who, "places.edit", parent, AREA)
    check_opening(opening, parent, on)
    if await Area.filter(standing_from(on), code=opening.code).exists():
        raise BadInput("这个代码已经有区划在用。", field="code", reason="taken")
    if await Area.filter(code=opening.code, valid_from=on).exists():
        raise BadInput("同一天已经有过这个代码的区划。", field="code", reason="taken")
    if opening.polygon is not None:
        await check_fit(opening.polygon, parent.id if parent else None, on)
    area = await write_area(replace(opening, parent=parent), on=on)
    await _note(who, "open", area, on)
    return area


@atomic
async def draw_division(
    who: Viewer | None, area: Area, polygon: Shape, *, on: date | None = None
) -> None:
    """Give the area another polygon.

    `on`: the border was moved that day, before it the old shape stays true. Without a day the
    drawing was wrong, and the new one holds as long as the old one was thought to.
    """
    demand(who, "places.edit", area, AREA)
    area = await _locked(area)
    check_shape(polygon)
    if on is not None and (on > today() or not area.stood(on)):
        message = "日期要在区划存续期间，不晚于今天。"
        raise BadInput(message, field="on", reason="date")
    await _check_last_move(area, on)
    last = area.valid_to - timedelta(days=1) if area.valid_to else today()
    await check_fit(polygon, area.parent_id, on or last, own=area.id)
    await write_shape(area, polygon, on=on)
    await _note(who, "draw" if on is None else "move", area, on or area.valid_from)


async def _check_last_move(area: Area, on: date | None) -> None:
    row = await Division.get_or_none(area_id=area.id)
    if on is not None and row is not None and row.drawn_from is not None and on < row.drawn_from:
        message = f"界线在 {row.drawn_from} 调整过，日期不能早于这一天。"
        raise BadInput(message, field="on", reason="date")


@atomic
async def rename_division(who: Viewer | None, area: Area, name: str, *, on: date) -> Area:
    """Another name from `on`; the former one stays on record."""
    demand(who, "places.edit", area, AREA)
    area = await _locked(area)
    check_name(name)
    if on > today() or not area.stood(on):
        raise BadInput("更名日期要在区划存续期间，不晚于今天。", field="on", reason="date")
    if await Succession.filter(predecessor_id=area.id, kind="rename", on__gt=on).exists():
        raise BadInput("这一天以后已经更过名，日期不能更早。", field="on", reason="date")
    await Succession.create(
        predecessor=area, successor=area, on=on, kind="rename", former_name=area.name
    )
    area.name = name.strip()
    await area.save(update_fields=["name"])
    await _note(who, "rename", area, on)
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
    if await Area.filter(standing_from(on), parent_id=area.id).exists():
        raise Conflict(f"{area.name}下面还有区划，请先处理下级。")
    area.valid_to = on
    await area.save(update_fields=["valid_to"])
    await _note(who, "close", area, on)
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
    """End areas and let others take their place: "split", "merge", "transfer", or "regroup" where
    several become several others (each is followed by those whose ground it had).

    Successors are opened, or stand already. Work from the bottom up: an area ends last, after those
    below it.
    """
    if problem := succession_problem(kind, len(predecessors), len(successors)):
        raise BadInput(problem, field="kind", reason="kind")
    ended = [await close_division(who, area, on=on) for area in predecessors]
    followed = [await _follower(who, one, on) for one in successors]
    pairs = [(before, after) for before in ended for after in followed]
    if kind == "regroup":
        pairs = await _on_the_same_ground(pairs)
    await _tie(pairs, kind, on)
    return followed


@atomic
async def tie_succession(
    who: Viewer | None, before: Area, after: Area, *, kind: str = "transfer"
) -> None:
    """Put on record that an area which has ended lives on in one that began no earlier."""
    for area in (before, after):
        demand(who, "places.edit", area, AREA)
    if before.valid_to is None or not after.stood(max(before.valid_to, after.valid_from)):
        raise BadInput("先撤销原来的，接替的要在那以后存续。", field="after", reason="date")
    if await Succession.exists(predecessor_id=before.id, successor_id=after.id):
        raise Conflict("已经登记过了。")
    await _tie([(before, after)], kind, before.valid_to)


async def _tie(pairs: Sequence[tuple[Area, Area]], kind: str, on: date) -> None:
    await Succession.bulk_create(
        [Succession(predecessor=one, successor=other, on=on, kind=kind) for one, other in pairs]
    )
    for before, after in pairs:
        await announce(
            DivisionSucceeded(
                area_id=before.id,
                successor_id=after.id,
                kind=kind,
                on=on,
                area_path=before.path,
            )
        )


async def _on_the_same_ground(pairs: Sequence[tuple[Area, Area]]) -> list[tuple[Area, Area]]:
    """Those that have ground in common; where one is not drawn, nobody can know and it stays."""
    ids = {area.id for pair in pairs for area in pair}
    rows = await Division.filter(area_id__in=list(ids), polygon__isnull=False)
    shapes = {row.area_id: row.polygon for row in rows}
    return [
        (one, other)
        for one, other in pairs
        if one.id not in shapes
        or other.id not in shapes
        or overlaps([shapes[one.id], shapes[other.id]])
    ]


async def _follower(who: Viewer | None, one: Opening | Area, on: date) -> Area:
    if isinstance(one, Opening):
        return await create_division(who, one, on=on)
    demand(who, "places.edit", one, AREA)
    if not one.stood(on):
        raise BadInput(f"{one.name}在 {on} 不存在。", field="successors", reason="date")
    return one


async def _note(who: Viewer | None, change: str, area: Area, on: date) -> None:
    """For the audit, and for neighbours who follow the ground."""
    await record(who, CHANGED, area, details={"change": change, "on": on.isoformat()})
    await announce(DivisionChanged(area_id=area.id, change=change, on=on, area_path=area.path))


async def _locked(area: Area) -> Area:
    """The row as it is now, kept from others until the end of the transaction."""
    return await Area.filter(id=area.id).select_for_update().get()


def standing_from(day: date) -> Q:
    """Areas that stand on `day` or are to stand later."""
    return Q(valid_to__isnull=True) | Q(valid_to__gt=day)
