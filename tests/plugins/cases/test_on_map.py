"""The map's layers: what the viewer may see, in the box, and no more than is said."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from core.people import open_session
from liuhe import Area, MapBox, Person, Viewer
from plugins.cases.models import Case
from plugins.cases.pages.on_map import look
from plugins.places.actions import draw_division
from plugins.places.pages import map as map_pages
from web.app import build_app
from web.graphql.building import build_schema
from web.session import COOKIE

CITY = MapBox(west=120, south=30, east=120.2, north=30.2)
BOX = "120,30,120.2,30.2"


def square(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


@pytest.fixture
async def ground(place: Any) -> Any:
    """The district drawn, with a case in each street; the far one has no position of its own."""
    for area, shape in (
        (place.district, square(120, 30, 120.2, 30.1)),
        (place.street, square(120, 30, 120.1, 30.1)),
        (place.community, square(120, 30, 120.1, 30.1)),
    ):
        await draw_division(place.admin, await Area.get(id=area.id), shape)
    far = await Area.filter(code__startswith="330105004").order_by("code")
    for area in far:
        await draw_division(place.admin, area, square(120.1, 30, 120.2, 30.1))
    await place.open(title="近处的", longitude=120.05, latitude=30.05)
    await place.open(title="远处的", viewer=place.far_grid, area_id=place.elsewhere.id)
    return place


async def titles(viewer: Viewer, box: MapBox = CITY, most: int = 10) -> list[str]:
    return sorted(point.title for point in (await look(viewer, box, most)).points)


async def test_each_sees_the_cases_that_the_list_would_show(ground: Any) -> None:
    assert await titles(ground.supervisor) == ["近处的", "远处的"]
    assert await titles(ground.dispatcher) == ["近处的"]
    assert await titles(ground.far_dispatcher) == ["远处的"]
    assert await titles(ground.handler) == []
    assert await titles(ground.resident) == []


async def test_a_case_without_a_position_stands_in_the_middle_of_its_area(ground: Any) -> None:
    [point] = (await look(ground.far_dispatcher, CITY, 10)).points
    assert (point.longitude, point.latitude) == pytest.approx((120.15, 30.05))
    assert "在小河社区" in point.meta
    west = MapBox(west=120, south=30, east=120.1, north=30.1)
    assert await titles(ground.supervisor, west) == ["近处的"]


async def test_what_is_finished_is_not_shown(ground: Any) -> None:
    await Case.filter(title="近处的").update(stage="closed")
    assert await titles(ground.supervisor) == ["远处的"]


async def test_only_so_many_are_given_and_all_are_counted(ground: Any) -> None:
    found = await look(ground.supervisor, CITY, 1)
    assert (found.total, len(found.points)) == (2, 1)


async def test_more_cases_cost_no_more_queries(ground: Any, count_queries: Any) -> None:
    seen = []
    for _ in (1, 2):
        with count_queries() as queries:
            await look(ground.supervisor, CITY, 10)
        seen.append(len(queries))
        await ground.open(title="又一件", longitude=120.06, latitude=30.05)
    assert seen[0] == seen[1]


Open = Callable[[str], Any]


@pytest.fixture
async def as_(ground: Any) -> AsyncIterator[Open]:
    """`async with as_("dispatcher") as client:` a signed-in browser."""
    app = build_app(ground.kernel, build_schema(ground.kernel))

    @asynccontextmanager
    async def opened(username: str) -> AsyncIterator[httpx2.AsyncClient]:
        token, _ = await open_session(await Person.get(username=username), "browser")
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://testserver", cookies={COOKIE: token}
        ) as client:
            yield client

    yield opened
    await app.state.hub.close()


async def test_the_page_draws_and_lists_what_the_viewer_sees(as_: Open) -> None:
    async with as_("dispatcher") as client:
        text = (await client.get("/admin/places/map")).text
        assert ("近处的" in text, "远处的" in text, text.count("<title>近处的</title>")) == (
            True,
            False,
            1,
        )
        none = (await client.get("/admin/places/map?chosen=1")).text
        assert ("近处的" in none, "勾选上面的图层" in none) == (False, True)
        assert (await client.get("/admin/places/map?place=99")).status_code == 404
        assert (await client.get("/admin/places/map?place=x")).status_code == 404


async def test_a_layer_is_asked_for_and_says_when_it_is_cut(
    as_: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_pages, "MOST", 1)
    async with as_("supervisor") as client:
        answer = await client.get(f"/admin/places/map/layers/cases?box={BOX}")
    data = answer.json()
    assert data["words"] == "地图上显示 1 个，一共 2 个，放大可看全部"
    [one] = data["features"]
    assert one["properties"]["href"].startswith("/admin/cases/")
    assert "no-store" in answer.headers["cache-control"]


async def test_a_layer_without_the_permission_is_not_there(as_: Open) -> None:
    async with as_("auditor") as client:
        assert 'value="cases"' not in (await client.get("/admin/places/map")).text
        answer = await client.get(f"/admin/places/map/layers/cases?box={BOX}")
        assert (answer.status_code, "近处的" in answer.text) == (404, False)
        listed = await client.get(f"/admin/places/map/list?chosen=1&layer=cases&box={BOX}")
        assert "近处的" not in listed.text
        units = await client.get(f"/admin/places/map/layers/units?box={BOX}")
        assert len(units.json()["features"]) == 2


async def test_divisions_come_by_level_and_are_not_sent_twice(as_: Open) -> None:
    async with as_("resident") as client:
        path = f"/admin/places/map/divisions.geojson?level=street&box={BOX}"
        first = await client.get(path)
        names = [one["properties"]["name"] for one in first.json()["features"]]
        assert names == ["湖墅街道", "小河街道"]
        again = await client.get(path, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        beside = await client.get(path.replace(BOX, "121,30,122,31"))
        assert json.loads(beside.text)["features"] == []


@pytest.mark.parametrize(
    "path",
    [
        "divisions.geojson?level=street&box=1,2,3",
        "divisions.geojson?level=street&box=nan,1,2,3",
        "divisions.geojson?level=street&box=121,30,120,31",
        f"divisions.geojson?level=village&box={BOX}",
        "layers/cases?box=",
        "list?box=a,b,c,d",
    ],
)
async def test_a_wrong_question_is_refused(as_: Open, path: str) -> None:
    async with as_("dispatcher") as client:
        assert (await client.get(f"/admin/places/map/{path}")).status_code == 422


async def test_nobody_asks_without_signing_in(as_: Open) -> None:
    async with as_("dispatcher") as client:
        client.cookies.clear()
        for path in ("map", f"map/layers/cases?box={BOX}", "export.geojson"):
            answer = await client.get(f"/admin/places/{path}")
            assert (answer.status_code in (302, 303, 401), "近处的" in answer.text) == (True, False)
