"""Splitting, merging and transferring divisions, with all that hangs on them.

What happened stays where it happened: cases keep the area that they had, so no old figure moves.
What goes on moves with the ground: compounds and points to the successor that they lie in, units to
the one successor (or to the level above, if there are several), posts to every successor that has
no other predecessor: it goes on in what took the place of its area alone. Where a successor has the
ground of others too, nobody is given anything: the security officer decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from typing import Any

from tortoise import Tortoise
from tortoise.expressions import Q

from liuhe import (
    Area,
    BadInput,
    Forbidden,
    Post,
    Unit,
    Viewer,
    atomic,
    demand,
    record,
)
from plugins.places.actions.divisions import close_division, succeed
from plugins.places.actions.finding import standing, today
from plugins.places.actions.opening import Opening
from plugins.places.models import Compound, Division, Point, Succession
from plugins.places.permissions import AREA, CHANGED, may_divide
from plugins.places.rules.codes import length, own_part, stem, succession_of
from plugins.places.rules.joining import joined
from plugins.places.rules.shapes import Shape, centroid, contains, grains


@dataclass(frozen=True, kw_only=True)
class Part:
    """A division that takes (a part of) the place of others."""

    code: str
    name: str
    polygon: Shape | None = None


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What a re-division would do. `moving`: what goes to the successors; `staying`: what keeps
    the old area; `lower`: divisions below that would end with it."""

    ending: Sequence[Area]
    lower: Sequence[Area]
    moving: Mapping[str, int] = field(default_factory=dict)
    staying: Mapping[str, int] = field(default_factory=dict)
    unplaced_posts: int = 0


async def foresee(who: Viewer | None, areas: Sequence[Area]) -> Effect:
    """How many posts, units, compounds and points would move, and how many things stay."""
    for area in areas:
        demand(who, "places.edit", area, AREA)
    lower = await _lower(areas)
    ids = [area.id for area in (*areas, *lower)]
    tops = [area.id for area in areas] if len(areas) == 1 else []
    posts = await Post.filter(_post_in_force(), area_id__in=ids).count()
    following = await Post.filter(_post_in_force(), area_id__in=tops).count() if tops else 0
    moving = {
        "岗位": following,
        "单位": await Unit.filter(area_id__in=ids).count(),
        "小区和场所": await Compound.filter(standing(today()), area_id__in=ids).count(),
        "地点": await Point.filter(area_id__in=ids).count(),
    }
    return Effect(
        ending=areas,
        lower=lower,
        moving={name: count for name, count in moving.items() if count},
        staying=await _staying(ids),
        unplaced_posts=posts - following,
    )


@atomic
async def redivide(
    who: Viewer | None,
    areas: Sequence[Area],
    parts: Sequence[Part],
    *,
    on: date,
    under: Area | None = None,
) -> list[Area]:
    """End the areas on `on` and open the parts in their place, in the same parent (or `under`).

    Divisions below end with them and are succeeded by the part that they lie in. Parts of a split
    need a polygon each; one that takes the place of all takes their polygons too, if it has none.
    """
    if not areas or not parts:
        raise BadInput("至少要有一个新的区划。", field="code", reason="required")
    kind = succession_of(len(areas), len(parts))
    _check_day(areas, on)
    parent = under or await _parent(areas)
    if not may_divide(who, parent):
        raise Forbidden()
    lower = await _lower(areas)
    ending = [*lower, *areas]
    shapes = await _shapes(ending)
    parts = [_drawn(part, kind, areas, shapes) for part in parts]
    for area in lower:
        await close_division(who, area, on=on)
    openings = [
        Opening(
            code=part.code,
            name=part.name,
            level=areas[0].level,
            parent=parent,
            polygon=part.polygon,
            kind=await _class_of(areas[0]),
        )
        for part in parts
    ]
    opened = await succeed(who, areas, openings, kind=kind, on=on)
    drawn = [(area, part.polygon) for area, part in zip(opened, parts, strict=True)]
    await _follow_lower(lower, drawn, shapes, on)
    moved = await _move(ending, areas, parent, drawn, on)
    await record(
        who, CHANGED, *ending, *opened, details={"change": kind, "on": on.isoformat(), **moved}
    )
    return opened


async def free_codes(parent: Area, level: str, count: int) -> list[str]:
    """Codes of this level in the parent that were never given, the lowest first."""
    beginning = stem(parent.code, parent.level)
    used: set[Any] = set(
        await Area.filter(code__startswith=beginning, level=level).values_list("code", flat=True)
    )
    digits = len(own_part("0" * length(level), level))
    numbers = (f"{beginning}{number:0{digits}}" for number in range(1, 10**digits))
    every = (number.ljust(length(level), "0") for number in numbers)
    return list(islice((code for code in every if code not in used), count))


def _check_day(areas: Sequence[Area], on: date) -> None:
    if on > today() or any(not area.stood(on) or area.valid_from == on for area in areas):
        message = "日期要在原区划设立以后，不晚于今天；以后的变更，到那一天再办。"
        raise BadInput(message, field="on", reason="date")
    if len({area.level for area in areas}) > 1:
        raise BadInput("只能合并同一级的区划。", field="others", reason="level")


async def _parent(areas: Sequence[Area]) -> Area | None:
    """All lie in one; a merger across parents would not know where it belongs."""
    if len({area.parent_id for area in areas}) > 1:
        message = "只能合并同一个上级里的区划；跨上级的先划转。"
        raise BadInput(message, field="others", reason="parent")
    return await Area.get_or_none(id=areas[0].parent_id) if areas[0].parent_id else None


async def _lower(areas: Sequence[Area]) -> list[Area]:
    """What stands below, the deepest first."""
    inside = Q(*(Q(path__startswith=area.path) for area in areas), join_type="OR")
    found = await Area.filter(standing(today()), inside).order_by("path")
    ids = {area.id for area in areas}
    return [area for area in reversed(found) if area.id not in ids]


async def _shapes(areas: Sequence[Area]) -> dict[int, Shape]:
    rows = await Division.filter(area_id__in=[area.id for area in areas])
    return {row.area_id: row.polygon for row in rows if row.polygon is not None}


async def _class_of(area: Area) -> str:
    row = await Division.get_or_none(area_id=area.id)
    return row.kind if row else ""


def _drawn(part: Part, kind: str, areas: Sequence[Area], shapes: Mapping[int, Shape]) -> Part:
    if part.polygon is not None:
        return part
    if kind in ("split", "regroup"):
        message = f"请给{part.name or '每一块'}画出范围。"
        raise BadInput(message, field="polygon", reason="required")
    known = [shapes[area.id] for area in areas if area.id in shapes]
    if len(known) < len(areas):
        return part
    return replace(part, polygon=known[0] if len(known) == 1 else joined(known))


Drawn = Sequence[tuple[Area, Shape | None]]


def _around(drawn: Drawn, longitude: float, latitude: float) -> Area | None:
    """The part that the point lies in; the only one, where there is one only."""
    if len(drawn) == 1:
        return drawn[0][0]
    point = grains(longitude, latitude)
    return next((area for area, shape in drawn if shape and contains(shape, point)), None)


async def _follow_lower(
    lower: Sequence[Area], drawn: Drawn, shapes: Mapping[int, Shape], on: date
) -> None:
    for area in lower:
        after = _around(drawn, *centroid(shapes[area.id])) if area.id in shapes else None
        if after is not None or len(drawn) == 1:
            await Succession.create(
                predecessor=area, successor=after or drawn[0][0], on=on, kind="transfer"
            )


async def _move(
    ending: Sequence[Area],
    areas: Sequence[Area],
    parent: Area | None,
    drawn: Drawn,
    on: date,
) -> dict[str, int]:
    ids = [area.id for area in ending]
    home = drawn[0][0] if len(drawn) == 1 else parent or drawn[0][0]
    units = await Unit.filter(area_id__in=ids).update(area_id=home.id)
    moved = 0
    for model in (Compound, Point):
        rows: Any = model.filter(area_id__in=ids)
        for row in await (rows.filter(standing(on)) if model is Compound else rows):
            after = _around(drawn, row.longitude, row.latitude)
            if after is not None:
                row.area_id = after.id
                await row.save(update_fields=["area_id"])
                moved += 1
    posts = await _continue_posts([area.id for area in areas], on)
    return {"units": units, "sites": moved, "posts": posts}


def _post_in_force() -> Q:
    return Q(valid_until__isnull=True) | Q(valid_until__gte=today())


async def _continue_posts(ids: Sequence[int], on: date) -> int:
    """The same post over each successor that has no other predecessor; the old one stays, for what
    was begun there."""
    ties = await Succession.filter(predecessor_id__in=list(ids), on=on)
    after = [tie.successor_id for tie in ties]
    own = [tie for tie in ties if after.count(tie.successor_id) == 1]
    made = 0
    for post in await Post.filter(_post_in_force(), area_id__in=list(ids)).order_by("id"):
        begins = max(on, post.valid_from) if post.valid_from else on
        for tie in own:
            if tie.predecessor_id == post.area_id:
                await Post.create(
                    person_id=post.person_id,
                    role=post.role,
                    area_id=tie.successor_id,
                    valid_from=begins,
                    valid_until=post.valid_until,
                    stands_in_for_id=post.stands_in_for_id,
                )
                made += 1
    return made


async def _staying(ids: Sequence[int]) -> dict[str, int]:
    """By plugin, how many rows point at these areas and will go on doing so."""
    counts: dict[str, int] = {}
    apps = Tortoise.apps.apps if Tortoise.apps else {}
    for name in sorted(Area._meta.backward_fk_fields):
        relation: Any = Area._meta.fields_map[name]
        model = relation.related_model
        app = str(model._meta.app)
        # A plugin that is switched off has left its relation behind; its tables may not be there.
        if app in ("core", "places") or model not in apps.get(app, {}).values():
            continue
        count = await model.filter(**{f"{relation.relation_field}__in": list(ids)}).count()
        if count:
            counts[app] = counts.get(app, 0) + count
    return counts
