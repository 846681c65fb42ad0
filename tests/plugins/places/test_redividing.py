"""Splitting, merging and transferring: the ground goes on, and what hangs on it goes along."""

from datetime import date, timedelta
from typing import Any

import pytest

from core.audit import AuditRow
from core.facts import FactRow
from core.testing import make_unit, make_viewer
from core.viewers import load_viewer
from liuhe import Area, BadInput, Forbidden, Person, Post, Unit, may
from liuhe import house as running
from plugins.places.actions import (
    Part,
    Site,
    check_ground,
    create_compound,
    create_point,
    foresee,
    free_codes,
    locate,
    redivide,
    today,
)
from plugins.places.models import Compound, Point, Succession
from plugins.places.permissions import AREA
from plugins.places.rules.joining import joined

LATER = date(2024, 1, 1)
BEFORE = LATER - timedelta(days=1)
CODE = "330105003001"


def square(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


WHOLE, LEFT, RIGHT = (
    square(120, 30, 120.1, 30.1),
    square(120, 30, 120.05, 30.1),
    square(120.05, 30, 120.1, 30.1),
)
HALVES = (
    Part(code=f"{CODE}002", name="第二网格", polygon=LEFT),
    Part(code=f"{CODE}003", name="第三网格", polygon=RIGHT),
)


async def whole_grid(ground: Any) -> Area:
    """A grid that fills the community, with a unit, a compound and a point in it."""
    grid: Area = await ground.open(ground.west, f"{CODE}001", "第一网格", polygon=WHOLE)
    await make_unit("wuye", "物业", grid)
    for name, longitude in (("西苑", 120.02), ("东苑", 120.07)):
        site = Site(name=name, kind="residential", longitude=longitude, latitude=30.05)
        await create_compound(ground.admin, site, on=ground.west.valid_from)
    await create_point(ground.admin, name="东门", longitude=120.09, latitude=30.05)
    return grid


async def again(username: str) -> Any:
    """The person as signed in anew: posts are read once a request."""
    return await load_viewer(await Person.get(username=username), running().roster)


async def test_a_split_moves_what_goes_on_and_leaves_nobody_without_sight(ground: Any) -> None:
    grid = await whole_grid(ground)
    await make_viewer("member", "grid", area=grid)
    effect = await foresee(ground.admin, [grid])
    assert (effect.moving, effect.lower, effect.unplaced_posts) == (
        {"岗位": 1, "单位": 1, "小区和场所": 2, "地点": 1},
        [],
        0,
    )
    left, right = await redivide(ground.admin, [grid], HALVES, on=LATER)

    assert [await locate(120.02, 30.05, day) for day in (BEFORE, LATER)] == [grid, left]
    found = await Compound.all().order_by("longitude").values_list("name", "area_id")
    assert list(found) == [("西苑", left.id), ("东苑", right.id)]
    assert (await Point.get(name="东门")).area_id == right.id
    assert (await Unit.get(code="wuye")).area_id == ground.west.id  # above: it served both halves
    member = await again("member")
    seen = [may(member, "places.see", area, AREA) for area in (grid, left, right, ground.east)]
    assert seen == [True, True, True, False]
    flaws = await check_ground(ground.admin, LATER)
    assert [flaw for flaw in flaws if flaw.areas[0].level == "grid"] == []


async def test_posts_go_on_with_their_days(ground: Any) -> None:
    grid = await whole_grid(ground)
    person = await Person.create(username="member", name="甲", password="!")
    old, last, first = date(2022, 1, 1), today() + timedelta(days=9), today() + timedelta(days=1)
    for begins, ends in ((None, old), (None, last), (first, None)):
        await Post.create(
            person=person, role="grid", area=grid, valid_from=begins, valid_until=ends
        )
    left, _ = await redivide(ground.admin, [grid], HALVES, on=LATER)
    new = Post.filter(area_id=left.id).order_by("id").values_list("valid_from", "valid_until")
    assert list(await new) == [(LATER, last), (first, None)]
    assert await Post.filter(area_id=grid.id).count() == 3


async def test_a_merger_gives_nobody_more_ground(ground: Any) -> None:
    one = await ground.open(ground.west, f"{CODE}002", "第二网格", polygon=LEFT)
    other = await ground.open(ground.west, f"{CODE}003", "第三网格", polygon=RIGHT)
    await make_viewer("member", "grid", area=one)
    effect = await foresee(ground.admin, [one, other])
    assert (effect.moving, effect.unplaced_posts) == ({}, 1)
    [both] = await redivide(
        ground.admin,
        [one, other],
        [Part(code=f"{CODE}004", name="第四网格")],
        on=LATER,
    )
    for longitude in (120.02, 120.05, 120.07):
        assert await locate(longitude, 30.05, LATER) == both
    member = await again("member")
    assert [may(member, "places.see", area, AREA) for area in (one, other, both)] == [
        True,
        False,
        False,
    ]


async def test_a_transfer_moves_a_division_to_another_parent(ground: Any) -> None:
    strip = square(120.09, 30, 120.1, 30.1)
    grid = await ground.open(ground.west, f"{CODE}001", "第一网格", polygon=strip)
    await make_viewer("member", "grid", area=grid)
    part = Part(code="330105003002001", name="第一网格", polygon=square(120.1, 30, 120.11, 30.1))
    [new] = await redivide(ground.admin, [grid], [part], on=LATER, under=ground.east)
    assert (new.parent_id, new.path) == (ground.east.id, f"{ground.east.path}{new.id}.")
    assert may(await again("member"), "places.see", new, AREA)


async def test_what_lies_below_ends_too_and_is_succeeded_by_the_part_around_it(
    ground: Any,
) -> None:
    grid = await whole_grid(ground)
    micro = [
        await ground.open(grid, f"{CODE}001{number:02}", f"{number}微网格", polygon=shape)
        for number, shape in enumerate((LEFT, RIGHT), 1)
    ]
    assert [area.id for area in (await foresee(ground.admin, [grid])).lower] == [
        micro[1].id,
        micro[0].id,
    ]
    left, right = await redivide(ground.admin, [grid], HALVES, on=LATER)
    ties = await Succession.filter(predecessor_id__in=[one.id for one in micro]).order_by(
        "predecessor_id"
    )
    assert [(tie.successor_id, tie.kind) for tie in ties] == [
        (left.id, "transfer"),
        (right.id, "transfer"),
    ]
    assert await Area.filter(path__startswith=grid.path, valid_to=None).count() == 0


async def test_nothing_is_done_when_the_parts_do_not_fit(ground: Any) -> None:
    grid = await whole_grid(ground)
    wide = Part(code=f"{CODE}003", name="第三网格", polygon=square(120.04, 30, 120.1, 30.1))
    with pytest.raises(BadInput, match="重叠"):
        await redivide(ground.admin, [grid], [HALVES[0], wide], on=LATER)
    part = Part(code=f"{CODE}003", name="第三网格")
    with pytest.raises(BadInput, match="画出范围"):
        await redivide(ground.admin, [grid], [HALVES[0], part], on=LATER)
    for day in (ground.west.valid_from, today() + timedelta(days=1)):
        with pytest.raises(BadInput) as refused:
            await redivide(ground.admin, [grid], HALVES, on=day)
        assert refused.value.field == "on"
    assert (await Area.get(id=grid.id)).valid_to is None
    assert await Area.filter(level="grid").count() == 1
    assert await Succession.all().count() == 0


async def test_several_become_several_others_by_the_ground_that_they_had(ground: Any) -> None:
    one = await ground.open(ground.west, f"{CODE}002", "第二网格", polygon=LEFT)
    other = await ground.open(ground.west, f"{CODE}003", "第三网格", polygon=RIGHT)
    await make_viewer("member", "grid", area=other)
    wide = Part(code=f"{CODE}004", name="第四网格", polygon=square(120, 30, 120.07, 30.1))
    rest = Part(code=f"{CODE}005", name="第五网格", polygon=square(120.07, 30, 120.1, 30.1))
    new, own = await redivide(ground.admin, [one, other], [wide, rest], on=LATER)
    ties = await Succession.all().order_by("id").values_list("predecessor_id", "successor_id")
    assert list(ties) == [(one.id, new.id), (other.id, new.id), (other.id, own.id)]
    member = await again("member")
    assert [may(member, "places.see", area, AREA) for area in (new, own)] == [False, True]


async def test_a_re_division_is_audited_and_announced(ground: Any) -> None:
    grid = await whole_grid(ground)
    left, right = await redivide(ground.admin, [grid], HALVES, on=LATER)
    row = await AuditRow.filter(action="places.change").order_by("-seq").first()
    assert row is not None
    assert (row.person_id, row.details) == (
        ground.admin.person_id,
        {"change": "split", "on": "2024-01-01", "units": 1, "sites": 3, "posts": 0},
    )
    told = await FactRow.filter(name="places.succeeded").order_by("id")
    assert [(one.payload["area_id"], one.payload["successor_id"]) for one in told] == [
        (grid.id, left.id),
        (grid.id, right.id),
    ]


async def test_free_codes_were_never_given(ground: Any) -> None:
    await whole_grid(ground)
    assert await free_codes(ground.west, "grid", 2) == [f"{CODE}002", f"{CODE}003"]
    assert await free_codes(ground.street, "community", 1) == ["330105003003"]


def test_neighbours_are_joined_into_one_outline() -> None:
    assert joined([LEFT, RIGHT])["type"] == "Polygon"
    [ring] = joined([LEFT, RIGHT])["coordinates"]
    assert {tuple(point) for point in ring} == {
        (120, 30),
        (120.05, 30),
        (120.1, 30),
        (120.1, 30.1),
        (120.05, 30.1),
        (120, 30.1),
    }
    apart = joined([LEFT, square(120.06, 30, 120.1, 30.1)])
    assert (apart["type"], len(apart["coordinates"])) == ("MultiPolygon", 2)


async def test_whoever_keeps_a_part_alone_cannot_divide_it(ground: Any) -> None:
    keeper = await make_viewer("keeper", "admin", area=ground.west)
    part = Part(code="330105003009", name="新社区")
    with pytest.raises(Forbidden):
        await redivide(keeper, [ground.west], [part], on=LATER, under=ground.street)
    assert (await Area.get(id=ground.west.id)).valid_to is None
