"""Places over GraphQL: filtered, paged, with family and history, in few queries."""

from datetime import date
from typing import Any

import pytest

from core.testing import make_viewer
from liuhe import Area
from plugins.places.actions import Opening, Site, create_compound, rename_division, succeed

FIRST, LATER = date(2021, 4, 9), date(2024, 1, 1)


def names(connection: dict[str, Any]) -> list[str]:
    return [edge["node"]["name"] for edge in connection["edges"]]


LIST = """query ($filter: PlaceFilter) {
  places(filter: $filter) { totalCount edges { node { id name } } }
}"""


async def test_places_come_by_code_and_are_counted(ground: Any, ask: Any) -> None:
    data = await ask(ground.kernel)(ground.admin, LIST)
    assert names(data["places"]) == ["拱墅区", "小河街道", "长征桥社区", "塘河社区"]
    assert data["places"]["totalCount"] == 4


async def test_filters_narrow_the_list(ground: Any, ask: Any) -> None:
    run = ask(ground.kernel)
    everything = (await run(ground.admin, LIST))["places"]["edges"]
    street = next(e["node"]["id"] for e in everything if e["node"]["name"] == "小河街道")
    expected = {
        ("level", "STREET"): ["小河街道"],
        ("parentId", street): ["长征桥社区", "塘河社区"],
        ("within", street): ["小河街道", "长征桥社区", "塘河社区"],
        ("search", "塘河"): ["塘河社区"],
        ("search", "33010500300"): ["小河街道", "长征桥社区", "塘河社区"],
        ("code", "330105003001"): ["长征桥社区"],
        ("at", "2021-04-08"): [],
    }
    found = {
        (key, value): names((await run(ground.admin, LIST, filter={key: value}))["places"])
        for key, value in expected
    }
    assert found == expected


async def test_a_place_tells_what_it_is(ground: Any, ask: Any) -> None:
    query = """{ placeAt(longitude: 120.05, latitude: 30.05) {
        code name level levelLabel validFrom validTo polygon urbanClass urbanClassLabel
        parent { name parent { name parent { name } } } formerNames { name }
    } }"""
    found = (await ask(ground.kernel)(ground.admin, query))["placeAt"]
    assert found == {
        "code": "330105003001",
        "name": "长征桥社区",
        "level": "COMMUNITY",
        "levelLabel": "社区",
        "validFrom": "2021-04-09",
        "validTo": None,
        "polygon": {
            "type": "Polygon",
            "coordinates": [[[120, 30], [120.1, 30], [120.1, 30.1], [120, 30.1], [120, 30]]],
        },
        "urbanClass": None,
        "urbanClassLabel": None,
        "parent": {"name": "小河街道", "parent": {"name": "拱墅区", "parent": None}},
        "formerNames": [],
    }


async def test_history_can_be_followed_both_ways(ground: Any, ask: Any) -> None:
    merged = Opening(code="330105003003", name="运河社区", level="community", parent=ground.street)
    await succeed(ground.admin, [ground.west, ground.east], [merged], kind="merge", on=LATER)
    await rename_division(ground.admin, await Area.get(code=merged.code), "大运河社区", on=LATER)
    query = """{ places(filter: {code: "330105003003"}) { edges { node {
        formerNames { name until }
        predecessors { kindLabel on place { name successors { place { name } } } }
    } } } }"""
    data = await ask(ground.kernel)(ground.admin, query)
    node = data["places"]["edges"][0]["node"]
    assert node["formerNames"] == [{"name": "运河社区", "until": "2024-01-01"}]
    assert node["predecessors"] == [
        {
            "kindLabel": "合并",
            "on": "2024-01-01",
            "place": {"name": name, "successors": [{"place": {"name": "大运河社区"}}]},
        }
        for name in ("长征桥社区", "塘河社区")
    ]


CHILDREN = """query ($code: String!, $first: Int, $after: String, $last: Int, $before: String) {
  places(filter: {code: $code}) { edges { node {
    children(first: $first, after: $after, last: $last, before: $before) {
      totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      edges { cursor node { name } }
    }
  } } }
}"""


async def test_children_can_be_walked_in_both_directions(ground: Any, ask: Any) -> None:
    for number in (3, 4, 5):
        await ground.open(ground.street, f"33010500300{number}", f"{number}")
    run = ask(ground.kernel)

    async def page(**window: Any) -> dict[str, Any]:
        data = await run(ground.admin, CHILDREN, code="330105003000", **window)
        return dict(data["places"]["edges"][0]["node"]["children"])

    first = await page(first=2)
    assert (names(first), first["totalCount"]) == (["长征桥社区", "塘河社区"], 5)
    second = await page(first=2, after=first["pageInfo"]["endCursor"])
    assert names(second) == ["3", "4"]
    assert second["pageInfo"]["hasNextPage"] is second["pageInfo"]["hasPreviousPage"] is True
    back = await page(last=2, before=second["pageInfo"]["startCursor"])
    assert names(back) == names(first)
    assert back["pageInfo"]["hasPreviousPage"] is False
    assert names(await page(last=1)) == ["5"]
    assert names(await page(first=0)) == []


async def test_compounds_are_found_by_place_kind_and_name(ground: Any, ask: Any) -> None:
    for name, kind, longitude in (
        ("长征桥花园", "residential", 120.02),
        ("塘河市场", "market", 120.15),
    ):
        site = Site(name=name, kind=kind, longitude=longitude, latitude=30.05)
        await create_compound(ground.admin, site)
    run = ask(ground.kernel)
    query = """query ($filter: CompoundFilter) { compounds(filter: $filter) {
        edges { node { name kindLabel place { name } } } } }"""
    markets = await run(ground.admin, query, filter={"kind": "market"})
    assert markets["compounds"]["edges"] == [
        {"node": {"name": "塘河市场", "kindLabel": "市场商圈", "place": {"name": "塘河社区"}}}
    ]
    inside = """{ places(filter: {level: COMMUNITY}) {
        edges { node { compounds { edges { node { name } } } } } } }"""
    found = (await run(ground.admin, inside))["places"]["edges"]
    assert [names(edge["node"]["compounds"]) for edge in found] == [["长征桥花园"], ["塘河市场"]]


async def test_the_compounds_of_more_places_cost_no_more_queries(
    ground: Any, ask: Any, count_queries: Any
) -> None:
    for number, longitude in enumerate((120.02, 120.03, 120.15)):
        site = Site(name=f"小区{number}", kind="other", longitude=longitude, latitude=30.05)
        await create_compound(ground.admin, site)
    run = ask(ground.kernel)
    query = """query ($first: Int, $after: String) { places(first: $first) { edges { node { name
        compounds(first: 2, after: $after) { totalCount pageInfo { endCursor hasNextPage }
            edges { node { name place { name } } } } } } } }"""
    seen, pages = [], []
    for first in (1, 4):
        with count_queries() as queries:
            pages.append((await run(ground.admin, query, first=first))["places"]["edges"])
        seen.append(len(queries))
    assert seen[0] == seen[1]
    shown = {e["node"]["name"]: e["node"]["compounds"] for e in pages[1]}
    assert [one["totalCount"] for one in shown.values()] == [3, 3, 2, 1]
    assert names(shown["长征桥社区"]) == ["小区0", "小区1"]
    after = shown["拱墅区"]["pageInfo"]["endCursor"]
    rest = (await run(ground.admin, query, first=1, after=after))["places"]["edges"][0]["node"]
    assert (names(rest["compounds"]), rest["compounds"]["pageInfo"]["hasNextPage"]) == (
        ["小区2"],
        False,
    )


ADDRESS = """query ($text: String!, $at: Date) {
  resolveAddress(text: $text, at: $at) { name longitude place { name } }
}"""


async def test_an_address_and_a_level_are_asked_for(ground: Any, ask: Any) -> None:
    site = Site(name="塘河市场", kind="market", longitude=120.15, latitude=30.05)
    await create_compound(ground.admin, site)
    run = ask(ground.kernel)
    assert await run(ground.admin, ADDRESS, text="塘河市场 12 号摊位") == {
        "resolveAddress": {"name": "塘河市场", "longitude": 120.15, "place": {"name": "塘河社区"}}
    }
    assert await run(ground.admin, ADDRESS, text="没有这里") == {"resolveAddress": None}
    query = "{ placeAt(longitude: 120.15, latitude: 30.05, level: STREET) { name } }"
    assert await run(ground.admin, query) == {"placeAt": {"name": "小河街道"}}


async def test_the_check_of_the_ground_is_asked_for(ground: Any, ask: Any) -> None:
    query = "{ groundFlaws { kind sentence squareMetres places { name } } }"
    assert (await ask(ground.kernel)(ground.admin, query))["groundFlaws"] == [
        {
            "kind": "undrawn",
            "sentence": "拱墅区还没有画范围。",
            "squareMetres": 0,
            "places": [{"name": "拱墅区"}],
        }
    ]


IMPORT = """mutation ($input: ImportDivisionsInput!) { importDivisions(input: $input) {
  done warnings lines { number code changes problem } errors { field message }
} }"""


async def test_divisions_are_imported_after_a_dry_run(ground: Any, ask: Any) -> None:
    run = ask(ground.kernel)
    polygon = {
        "type": "Polygon",
        "coordinates": [[[120, 30], [120.1, 30], [120.1, 30.1], [120, 30.1], [120, 30]]],
    }
    grid = {"code": "330105003001001", "name": "第一网格", "level": "网格"}
    feature = {"type": "Feature", "properties": grid, "geometry": polygon}
    given = {"geojson": {"type": "FeatureCollection", "features": [feature]}}
    new = {"number": 1, "code": grid["code"], "changes": ["new"], "problem": None}
    tried = await run(ground.admin, IMPORT, input=given)
    assert tried["importDivisions"] == {
        "done": False,
        "warnings": [],
        "lines": [new],
        "errors": [],
    }
    assert not await Area.filter(level="grid").exists()
    done = await run(ground.admin, IMPORT, input={**given, "dryRun": False})
    assert done["importDivisions"]["done"] is True
    again = await run(ground.admin, IMPORT, input={**given, "dryRun": False})
    assert again["importDivisions"]["lines"] == [{**new, "changes": []}]
    wrong = await run(ground.admin, IMPORT, input={"geojson": []})
    assert wrong["importDivisions"]["errors"][0]["field"] == "file"


async def test_more_places_cost_no_more_queries(ground: Any, ask: Any, count_queries: Any) -> None:
    query = """query ($first: Int) { places(first: $first, filter: {level: COMMUNITY}) { totalCount
        edges { node {
            name polygon urbanClassLabel parent { name parent { name } } formerNames { name }
            successors { place { name } } predecessors { place { name } }
            children { totalCount edges { node { name polygon } } }
        } }
    } }"""
    third = await ground.open(ground.street, "330105003003", "3")
    for parent in (ground.west, ground.east, third):
        await ground.open(parent, f"{parent.code}001", "第一网格")
    run = ask(ground.kernel)
    seen = []
    for first in (1, 3):
        with count_queries() as queries:
            data = await run(ground.admin, query, first=first)
        assert len(data["places"]["edges"]) == first
        seen.append(len(queries))
    assert seen[0] == seen[1]


@pytest.mark.parametrize("role", ["resident", "handler", "grid", "auditor"])
async def test_every_role_sees_the_ground(ground: Any, ask: Any, role: str) -> None:
    somebody = await make_viewer("somebody", role)
    data = await ask(ground.kernel)(somebody, LIST)
    assert data["places"]["totalCount"] == 4


async def test_somebody_without_any_post_sees_nothing(ground: Any, ask: Any) -> None:
    nobody = await make_viewer("nobody", "nothing")
    data = await ask(ground.kernel)(nobody, LIST)
    assert data["places"] == {"totalCount": 0, "edges": []}


async def test_a_place_is_a_node(ground: Any, ask: Any) -> None:
    run = ask(ground.kernel)
    street = (await run(ground.admin, LIST, filter={"level": "STREET"}))["places"]["edges"][0]
    query = "query ($id: ID!) { node(id: $id) { ... on Place { name } } place(id: $id) { name } }"
    assert await run(ground.admin, query, id=street["node"]["id"]) == {
        "node": {"name": "小河街道"},
        "place": {"name": "小河街道"},
    }
