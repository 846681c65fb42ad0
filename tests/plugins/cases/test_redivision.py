"""Ground that is divided anew leaves the figures of cases as they were.

The second part plays a re-division like Hangzhou's of April 2021, on squares made up here. Which
district became which, and the day, are this test's own data and vouch for nothing.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from core.kernel import Kernel
from liuhe import Area, Viewer
from liuhe.testing import make_viewer
from plugins.cases.actions import open_case
from plugins.cases.actions.moment import pretend
from plugins.cases.models import Case
from plugins.places.actions import (
    Opening,
    Part,
    create_division,
    foresee,
    locate,
    redivide,
    tie_succession,
)
from web.graphql.building import build_schema
from web.graphql.context import Caller, Context
from web.graphql.nodes import global_id
from web.hub import Hub

LONG_AGO, CHANGED = date(2010, 1, 1), date(2021, 4, 9)
BEFORE = CHANGED - timedelta(days=1)


def square(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


COUNT = """query ($filter: CaseFilter) { cases(filter: $filter) { totalCount
  edges { node { title } } } }"""


@dataclass
class City:
    kernel: Kernel
    schema: Any

    async def ask(self, viewer: Viewer, query: str, **variables: Any) -> dict[str, Any]:
        context = Context(kernel=self.kernel, hub=Hub(), caller=Caller(viewer))
        result = await self.schema.execute(query, variables, context)
        assert not result.errors, result.errors
        return dict(result.data or {})

    async def count(self, viewer: Viewer, area: Area, month: date) -> int:
        after = (month + timedelta(days=32)).replace(day=1)
        begins, ends = (f"{day.isoformat()}T00:00:00+08:00" for day in (month, after))
        wanted = {
            "areaId": global_id("Place", area.id),
            "openedFrom": begins,
            "openedTo": ends,
        }
        return int((await self.ask(viewer, COUNT, filter=wanted))["cases"]["totalCount"])


@pytest.fixture
async def city(kernel_on: Any) -> AsyncIterator[City]:
    async with kernel_on(["cases"]) as kernel:
        yield City(kernel, build_schema(kernel))


async def opened(
    admin: Viewer | None, code: str, name: str, level: str, parent: Area | None, shape: Any
) -> Area:
    opening = Opening(code=code, name=name, level=level, parent=parent, polygon=shape)
    return await create_division(admin, opening, on=LONG_AGO)


async def report(who: Viewer, longitude: float, day: date, number: int = 0) -> Any:
    at = datetime(day.year, day.month, day.day, 4, number % 60, tzinfo=UTC)
    with pretend(at):
        return await open_case(
            who, title="人行道上有垃圾", type_code="0102", longitude=longitude, latitude=30.05
        )


async def keeper() -> Viewer:
    """An administrator who may open the first district of all."""
    return await make_viewer("keeper", "admin")


MONTHS = (date(2023, 11, 1), date(2023, 12, 1), date(2024, 1, 1), date(2024, 2, 1))


async def test_a_split_grid_keeps_every_old_figure_true(city: City) -> None:
    admin = await keeper()
    district = await opened(
        admin, "330105000000", "拱墅区", "district", None, square(120, 30, 120.4, 30.1)
    )
    admin = await make_viewer("admin", "admin", area=district)
    street = await opened(
        admin, "330105003000", "小河街道", "street", district, square(120, 30, 120.4, 30.1)
    )
    community = await opened(
        admin, "330105003001", "长征桥社区", "community", street, square(120, 30, 120.4, 30.1)
    )
    grids = [
        await opened(
            admin,
            f"33010500300100{number}",
            f"第{number}网格",
            "grid",
            community,
            square(120 + west, 30, 120.2 + west, 30.1),
        )
        for number, west in ((1, 0.0), (2, 0.2))
    ]
    dispatcher = await make_viewer("dispatcher", "dispatcher", area=street)
    member = await make_viewer("member", "grid", area=grids[0])
    for number in range(12):  # of the closed months; also on the last day before the change
        day = (date(2023, 11, 7), date(2023, 12, 31))[number % 2]
        await report(member if number % 3 else dispatcher, 120.02 + number % 4 * 0.05, day, number)

    old = [district, street, community, *grids]
    figures = {
        (area.id, month): await city.count(dispatcher, area, month)
        for area in old
        for month in MONTHS
    }
    assert sum(figures.values()) > 0

    foreseen = await foresee(admin, [grids[0]])
    assert foreseen.staying == {"cases": await Case.filter(area_id=grids[0].id).count()}
    changed = date(2024, 1, 1)
    left, right = await redivide(
        admin,
        [grids[0]],
        [
            Part(code="330105003001003", name="第三网格", polygon=square(120, 30, 120.1, 30.1)),
            Part(code="330105003001004", name="第四网格", polygon=square(120.1, 30, 120.2, 30.1)),
        ],
        on=changed,
    )
    again = {
        (area.id, month): await city.count(dispatcher, area, month)
        for area in old
        for month in MONTHS
    }
    assert again == figures

    new = [await report(dispatcher, longitude, changed) for longitude in (120.02, 120.12, 120.22)]
    assert [case.area_id for case in new] == [left.id, right.id, grids[1].id]
    january = MONTHS[2]
    counted = [
        await city.count(dispatcher, area, january)
        for area in (grids[0], left, right, grids[1], community, street)
    ]
    assert counted == [0, 1, 1, 1, 3, 3]
    late = await report(dispatcher, 120.02, date(2023, 12, 30))  # reported now, of then
    assert late.area_id == grids[0].id


# ------------------------------------------------------------------ the districts of April 2021


DISTRICTS = {
    "330103000000": ("下城区", square(120.0, 30, 120.1, 30.1)),
    "330105000000": ("拱墅区", square(120.1, 30, 120.2, 30.1)),
    "330102000000": ("上城区", square(120.2, 30, 120.3, 30.1)),
    "330104000000": ("江干区", square(120.3, 30, 120.5, 30.1)),
    "330110000000": ("余杭区", square(120.5, 30, 120.7, 30.1)),
}
QIAOSI = square(120.62, 30, 120.66, 30.1)


async def test_the_districts_are_divided_anew(city: City) -> None:
    root = await keeper()
    before: dict[str, Area] = {}
    for code, (name, shape) in DISTRICTS.items():
        before[name] = await opened(root, code, name, "district", None, shape)
    admins = {
        name: await make_viewer(f"admin-{area.code}", "admin", area=area)
        for name, area in before.items()
    }
    qiaosi = await opened(
        admins["余杭区"], "330110007000", "乔司街道", "street", before["余杭区"], QIAOSI
    )
    grid = await make_viewer("grid", "grid", area=before["余杭区"])
    reported = await report(grid, 120.64, date(2020, 6, 1))
    assert reported.area_id == qiaosi.id

    await change(admins, before, "下城区", "拱墅区", to=[("330105000000", "拱墅区", None)])
    await change(
        admins,
        before,
        "上城区",
        "江干区",
        to=[
            ("330102000000", "上城区", square(120.2, 30, 120.4, 30.1)),
            ("330114000000", "钱塘区", square(120.4, 30, 120.5, 30.1)),
        ],
    )
    west, linping = await change(
        admins,
        before,
        "余杭区",
        to=[
            ("330110000000", "余杭区", square(120.5, 30, 120.6, 30.1)),
            ("330113000000", "临平区", square(120.6, 30, 120.7, 30.1)),
        ],
    )

    async def name_at(longitude: float, day: date) -> str:
        area = await locate(longitude, 30.05, day)
        return area.name if area else ""

    points = (120.05, 120.15, 120.25, 120.35, 120.45, 120.55, 120.64, 120.68)
    assert [await name_at(x, BEFORE) for x in points] == [
        "下城区", "拱墅区", "上城区", "江干区", "江干区", "余杭区", "乔司街道", "余杭区",
    ]  # fmt: skip
    assert [await name_at(x, CHANGED) for x in points] == [
        "拱墅区", "拱墅区", "上城区", "上城区", "钱塘区", "余杭区", "临平区", "临平区",
    ]  # fmt: skip

    rows = await Area.filter(code="330110000000").order_by("valid_from")
    assert [(row.id, row.valid_from, row.valid_to) for row in rows] == [
        (before["余杭区"].id, LONG_AGO, CHANGED),
        (west.id, CHANGED, None),
    ]

    await followed_both_ways(city, grid)
    await counted_then_and_found_now(city, grid, before["余杭区"], qiaosi, linping)


async def change(
    admins: dict[str, Viewer],
    before: dict[str, Area],
    *names: str,
    to: list[tuple[str, str, Any]],
) -> list[Area]:
    """As one who may edit all of the districts that it is about."""
    grants = tuple(grant for name in names for grant in admins[name].grants)
    first = admins[names[0]]
    everybody = Viewer(person_id=first.person_id, username="both", name="both", grants=grants)
    root = await make_viewer(f"root-{names[0]}", "admin")
    opener = Viewer(
        person_id=root.person_id,
        username="root",
        name="root",
        grants=(*everybody.grants, *root.grants),
    )
    parts = [Part(code=code, name=name, polygon=shape) for code, name, shape in to]
    return await redivide(opener, [before[name] for name in names], parts, on=CHANGED)


KIN = """{ places(filter: {level: DISTRICT, at: "%s"}) { edges { node { name
  successors { kindLabel place { name } } predecessors { place { name } } } } } }"""


async def followed_both_ways(city: City, viewer: Viewer) -> None:
    def kin(data: dict[str, Any], way: str) -> dict[str, list[str]]:
        nodes = [edge["node"] for edge in data["places"]["edges"]]
        return {node["name"]: [one["place"]["name"] for one in node[way]] for node in nodes}

    then = await city.ask(viewer, KIN % BEFORE)
    now = await city.ask(viewer, KIN % CHANGED)
    assert kin(then, "successors") == {
        "上城区": ["上城区"],
        "下城区": ["拱墅区"],
        "江干区": ["上城区", "钱塘区"],
        "拱墅区": ["拱墅区"],
        "余杭区": ["余杭区", "临平区"],
    }
    assert kin(now, "predecessors") == {
        "上城区": ["上城区", "江干区"],
        "拱墅区": ["下城区", "拱墅区"],
        "余杭区": ["余杭区"],
        "临平区": ["余杭区", "乔司街道"],
        "钱塘区": ["江干区"],
    }


async def counted_then_and_found_now(
    city: City, viewer: Viewer, yuhang: Area, qiaosi: Area, linping: Area
) -> None:
    """The case of 2020 stays with the district of then; its street leads to the new one."""
    assert await city.count(viewer, yuhang, date(2020, 6, 1)) == 1
    assert await city.count(viewer, linping, date(2020, 6, 1)) == 0
    admin = await make_viewer("linping", "admin", area=linping)
    both = Viewer(
        person_id=admin.person_id,
        username="linping",
        name="linping",
        grants=(*admin.grants, *(await make_viewer("of-then", "admin", area=yuhang)).grants),
    )
    opening = Opening(
        code="330113007000", name="乔司街道", level="street", parent=linping, polygon=QIAOSI
    )
    new = await create_division(admin, opening, on=CHANGED)
    await tie_succession(both, await Area.get(id=qiaosi.id), new)
    query = """query ($id: ID!) { place(id: $id) { name parent { name }
        predecessors { place { id name parent { name validTo } } } } }"""
    place = (await city.ask(viewer, query, id=global_id("Place", new.id)))["place"]
    [past] = [one["place"] for one in place["predecessors"]]
    assert (place["parent"]["name"], past["parent"]) == (
        "临平区",
        {"name": "余杭区", "validTo": CHANGED.isoformat()},
    )
    found = await city.ask(viewer, COUNT, filter={"areaId": past["id"]})
    assert [edge["node"]["title"] for edge in found["cases"]["edges"]] == ["人行道上有垃圾"]
