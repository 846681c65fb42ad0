"""Divisions open, are renamed, end and are succeeded; points are found on any day."""

from datetime import date, timedelta
from typing import Any

import pytest

from core.testing import make_viewer
from liuhe import Area, BadInput, Conflict, Forbidden, NotSignedIn
from plugins.places.actions import (
    Opening,
    Site,
    ancestors,
    close_division,
    create_compound,
    create_division,
    create_point,
    draw_division,
    foresee,
    locate,
    rename_division,
    succeed,
    tie_succession,
    today,
)
from plugins.places.models import Division, Succession
from tests.factories import only

FIRST, LATER = date(2021, 4, 9), date(2024, 1, 1)


def square(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


async def test_the_deepest_area_that_holds_the_point_is_found(ground: Any) -> None:
    found = [await locate(longitude, 30.05) for longitude in (120.05, 120.15, 120.3)]
    assert found == [ground.west, ground.east, None]


async def test_a_point_on_the_shared_edge_lies_in_the_eastern_one(ground: Any) -> None:
    assert await locate(120.1, 30.05) == ground.east


async def test_finding_a_point_costs_one_query(ground: Any, count_queries: Any) -> None:
    with count_queries() as queries:
        await locate(120.05, 30.05)
    assert len(queries) == 1, queries


async def test_what_an_area_lies_in_comes_in_one_query(ground: Any, count_queries: Any) -> None:
    with count_queries() as queries:
        found = await ancestors(ground.west)
    assert found == [ground.district, ground.street]
    assert len(queries) == 1, queries
    assert await ancestors(ground.district) == []


async def test_a_split_grid_keeps_its_history(ground: Any) -> None:
    whole = square(120, 30, 120.1, 30.1)
    grid = await ground.open(ground.west, "330105003001001", "第一网格", polygon=whole)
    halves = [
        Opening(
            code=f"33010500300100{number}",
            name=f"第{number}网格",
            level="grid",
            parent=ground.west,
            polygon=square(120 + west, 30, 120.05 + west, 30.1),
        )
        for number, west in ((2, 0.0), (3, 0.05))
    ]
    left, right = await succeed(ground.admin, [grid], halves, kind="split", on=LATER)

    before = LATER - timedelta(days=1)
    assert [await locate(120.02, 30.05, day) for day in (before, LATER)] == [grid, left]
    assert [await locate(120.07, 30.05, day) for day in (before, LATER)] == [grid, right]
    ended = await Area.get(id=grid.id)
    assert (ended.valid_to, ended.path) == (LATER, grid.path)
    ties = (
        await Succession.filter(predecessor_id=grid.id)
        .order_by("id")
        .values_list("successor_id", "kind", "on")
    )
    assert list(ties) == [(left.id, "split", LATER), (right.id, "split", LATER)]


async def test_an_area_may_be_merged_into_one_that_stands_already(ground: Any) -> None:
    await succeed(
        ground.admin,
        [ground.west, ground.east],
        [Opening(code="330105003003", name="运河社区", level="community", parent=ground.street)],
        kind="merge",
        on=LATER,
    )
    merged = await Area.get(code="330105003003")
    assert (merged.valid_from, merged.path) == (LATER, f"{ground.street.path}{merged.id}.")
    assert await Succession.filter(successor_id=merged.id).count() == 2


async def test_nothing_is_changed_when_one_part_of_a_change_is_refused(ground: Any) -> None:
    wrong = Opening(code="999", name="运河社区", level="community", parent=ground.street)
    with pytest.raises(BadInput):
        await succeed(ground.admin, [ground.west, ground.east], [wrong], kind="merge", on=LATER)
    assert await Area.filter(valid_to__isnull=False).count() == 0
    assert await Succession.all().count() == 0


async def test_a_rename_keeps_the_area_and_its_former_name(ground: Any) -> None:
    await rename_division(ground.admin, ground.west, "运河社区", on=LATER)
    renamed = await Area.get(id=ground.west.id)
    assert (renamed.name, renamed.code, renamed.valid_to) == ("运河社区", "330105003001", None)
    tie = await Succession.get(predecessor_id=renamed.id)
    assert (tie.successor_id, tie.kind, tie.former_name) == (renamed.id, "rename", "长征桥社区")


async def test_an_area_ends_after_those_in_it(ground: Any) -> None:
    with pytest.raises(Conflict, match="下级"):
        await close_division(ground.admin, ground.street, on=LATER)
    for community in (ground.west, ground.east):
        await close_division(ground.admin, community, on=LATER)
    await close_division(ground.admin, ground.street, on=LATER)
    assert await locate(120.05, 30.05) is None
    with pytest.raises(Conflict, match="已于"):
        await close_division(ground.admin, ground.street, on=LATER)


async def test_a_code_is_free_again_when_its_area_has_ended(ground: Any) -> None:
    again = Opening(code="330105003001", name="新社区", level="community", parent=ground.street)
    with pytest.raises(BadInput) as refused:
        await create_division(ground.admin, again, on=LATER)
    assert (refused.value.field, refused.value.reason) == ("code", "taken")
    await close_division(ground.admin, ground.west, on=LATER)
    assert (await create_division(ground.admin, again, on=LATER)).code == "330105003001"


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("name", {"name": " "}),
        ("code", {"code": "330105003"}),
        ("parent", {"code": "330106003009"}),
        ("parent", {"parent": None}),
        ("kind", {"kind": "999"}),
        ("polygon", {"polygon": {"type": "Point"}}),
    ],
)
async def test_a_wrong_opening_names_the_field(
    ground: Any, field: str, change: dict[str, Any]
) -> None:
    good: dict[str, Any] = {
        "code": "330105003009",
        "name": "某社区",
        "level": "community",
        "parent": ground.street,
    }
    with pytest.raises(BadInput) as refused:
        await create_division(ground.admin, Opening(**{**good, **change}), on=LATER)
    assert refused.value.field == field


async def test_only_those_who_may_edit_there_change_divisions(ground: Any) -> None:
    dispatcher = await make_viewer("dispatcher", "dispatcher", area=ground.street)
    other = await make_viewer("other", "admin", area=ground.east)
    for who in (dispatcher, other):
        with pytest.raises(Forbidden):
            await rename_division(who, ground.west, "运河社区", on=LATER)
    with pytest.raises(NotSignedIn):
        await close_division(None, ground.west, on=LATER)


@only("sqlite")
async def test_no_act_reaches_ground_that_is_anothers(ground: Any) -> None:
    """Pages ask before, for their forms; whoever calls an act is asked by the act."""
    other = await make_viewer("other", "admin", area=ground.east)
    west, east, smaller = ground.west, ground.east, square(120, 30, 120.05, 30.1)
    grid = Opening(code="330105003001001", name="第一网格", level="grid", parent=west)
    site = Site(name="某小区", kind="residential", longitude=120.05, latitude=30.05)
    acts = {
        "create": lambda: create_division(other, grid, on=LATER),
        "draw": lambda: draw_division(other, west, smaller),
        "rename": lambda: rename_division(other, west, "运河社区", on=LATER),
        "close": lambda: close_division(other, west, on=LATER),
        "succeed": lambda: succeed(other, [east], [west], kind="transfer", on=LATER),
        "tie": lambda: tie_succession(other, east, west),
        "foresee": lambda: foresee(other, [east, west]),
        "compound": lambda: create_compound(other, site),
        "point": lambda: create_point(other, name="门口", longitude=120.05, latitude=30.05),
    }
    before = [dict(row) for row in await Area.all().order_by("id").values()]
    for act in acts.values():
        with pytest.raises(Forbidden):
            await act()
    assert [dict(row) for row in await Area.all().order_by("id").values()] == before


async def test_a_new_district_is_for_who_keeps_the_whole_one(ground: Any) -> None:
    new = Opening(code="330199000000", name="某区", level="district")
    street = await make_viewer("other", "admin", area=ground.street)
    with pytest.raises(Forbidden):
        await create_division(street, new, on=LATER)
    assert (await create_division(ground.admin, new, on=LATER)).parent_id is None


async def test_another_polygon_moves_what_is_found(ground: Any) -> None:
    await draw_division(ground.admin, ground.west, square(120, 30, 120.05, 30.1))
    assert await locate(120.07, 30.05) == ground.street
    drawn = await Division.get(area_id=ground.west.id)
    assert (drawn.west, drawn.east) == (120, 120.05)


async def test_a_compound_is_put_where_it_lies(ground: Any) -> None:
    site = Site(name="长征桥花园", kind="residential", longitude=120.05, latitude=30.05)
    compound = await create_compound(ground.admin, site)
    assert (compound.area_id, compound.valid_from) == (ground.west.id, today())
    point = await create_point(
        ground.admin, name="1 幢", longitude=120.05, latitude=30.05, compound=compound
    )
    assert (point.area_id, point.compound_id) == (ground.west.id, compound.id)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("name", {"name": ""}),
        ("kind", {"kind": "palace"}),
        ("longitude", {"longitude": 200.0}),
        ("longitude", {"longitude": 110.0}),  # real, but in no division
        ("households", {"households": -1}),
        ("polygon", {"polygon": {}}),
    ],
)
async def test_a_wrong_compound_names_the_field(
    ground: Any, field: str, change: dict[str, Any]
) -> None:
    good: dict[str, Any] = {
        "name": "长征桥花园",
        "kind": "residential",
        "longitude": 120.05,
        "latitude": 30.05,
    }
    with pytest.raises(BadInput) as refused:
        await create_compound(ground.admin, Site(**{**good, **change}))
    assert refused.value.field == field
