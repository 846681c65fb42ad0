"""Importing, drawing and dividing on pages, as a signed-in administrator's browser does it."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from core.people import open_session
from core.testing import make_viewer
from liuhe import Area, Person
from plugins.places.models import Division
from web.app import build_app
from web.graphql.building import build_schema
from web.session import COOKIE


def square(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


LEFT, RIGHT = square(120, 30, 120.05, 30.1), square(120.05, 30, 120.1, 30.1)


def collection(*features: tuple[dict[str, Any], dict[str, Any]]) -> str:
    listed = [{"type": "Feature", "properties": p, "geometry": g} for p, g in features]
    return json.dumps({"type": "FeatureCollection", "features": listed}, ensure_ascii=False)


class Browser:
    """Posts forms with the token that the page before had."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client
        self.csrf = ""

    async def get(self, path: str) -> str:
        answer = await self.client.get(f"/admin/places{path}")
        assert answer.status_code == 200, answer.text
        if found := re.search(r'name="csrf" value="([^"]+)"', answer.text):
            self.csrf = found[1]
        return str(answer.text)

    async def post(self, path: str, file: str = "", **fields: Any) -> Any:
        files = {"file": ("one.geojson", file.encode())} if file else None
        data = {"csrf": self.csrf, **fields}
        return await self.client.post(f"/admin/places{path}", data=data, files=files)


@pytest.fixture
async def browser(ground: Any) -> AsyncIterator[Browser]:
    token, _ = await open_session(await Person.get(username="admin"), "browser")
    app = build_app(ground.kernel, build_schema(ground.kernel))
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://testserver", cookies={COOKIE: token}
    ) as client:
        yield Browser(client)
    await app.state.hub.close()


GRIDS = collection(
    ({"code": "330105003001001", "name": "第一网格", "level": "grid"}, LEFT),
    ({"code": "330105003001002", "name": "第二网格", "level": "网格"}, RIGHT),
)


async def test_a_file_is_tried_then_imported_then_has_nothing_new(browser: Browser) -> None:
    await browser.get("/import")
    tried = await browser.post("/import", GRIDS, do="check", on="2024-01-01", moved="yes")
    assert "可以导入：2 项会变" in tried.text
    digest = re.search(r'name="digest" value="(\w+)"', tried.text)
    assert digest
    assert not await Area.filter(level="grid").exists()
    given = {"do": "apply", "on": "2024-01-01", "moved": "yes", "digest": digest[1]}
    done = await browser.post("/import", GRIDS, **given)
    assert "已导入：2 项有变化" in done.text
    assert await Area.filter(level="grid").count() == 2
    again = await browser.post("/import", GRIDS, do="check", on="2024-01-01", moved="yes")
    assert "没有变化" in again.text
    assert 'name="digest"' not in again.text


async def test_nothing_is_imported_without_having_been_looked_at(browser: Browser) -> None:
    await browser.get("/import")
    answer = await browser.post("/import", GRIDS, do="apply", on="2024-01-01")
    assert answer.status_code == 422
    assert "再试算一次" in answer.text
    assert not await Area.filter(level="grid").exists()


@pytest.mark.parametrize(
    ("file", "fields", "sentence"),
    [
        ("", {}, "请选择 GeoJSON 文件"),
        ("{", {}, "不是 JSON"),
        (GRIDS, {"on": "昨天"}, "2026-03-01"),
        (GRIDS, {"on": "2999-01-01"}, "不能晚于今天"),
    ],
)
async def test_a_wrong_import_is_told(
    browser: Browser, file: str, fields: dict[str, str], sentence: str
) -> None:
    await browser.get("/import")
    answer = await browser.post("/import", file, **{"do": "check", "on": "2024-01-01", **fields})
    assert (answer.status_code, sentence in answer.text) == (422, True)


async def test_an_export_is_a_file_that_changes_nothing(browser: Browser) -> None:
    await browser.get("/import")
    answer = await browser.client.get("/admin/places/export.geojson?on=2024-01-01")
    assert answer.headers["content-type"] == "application/geo+json"
    assert "divisions-2024-01-01.geojson" in answer.headers["content-disposition"]
    tried = await browser.post("/import", answer.text, do="check", on="2024-01-01")
    assert "没有变化" in tried.text


async def test_the_check_says_what_does_not_fit(browser: Browser) -> None:
    text = await browser.get("/check?on=2024-01-01")
    assert "拱墅区还没有画范围。" in text
    assert "没有问题" in await browser.get("/check?on=2000-01-01")


async def test_a_shape_is_looked_at_before_it_is_kept(browser: Browser, ground: Any) -> None:
    await browser.get(f"/{ground.west.id}/edit")
    path, given = f"/{ground.west.id}/draw", {"since": "wrong", "geojson": json.dumps(LEFT)}
    looked = await browser.post(path, do="preview", **given)
    assert ("保存范围" in looked.text, "stroke-dasharray" in looked.text) == (True, True)
    assert (await Division.get(area_id=ground.west.id)).east == 120.1
    kept = await browser.post(path, do="apply", **given)
    assert kept.status_code == 303
    assert (await Division.get(area_id=ground.west.id)).east == 120.05


@pytest.mark.parametrize(
    ("form", "fields", "sentence"),
    [
        ("draw", {"geojson": ""}, "请贴一个范围"),
        ("draw", {"geojson": "{"}, "不是 JSON"),
        ("draw", {"geojson": GRIDS}, "只能有一个范围"),
        ("draw", {"geojson": json.dumps(square(120, 30, 120.15, 30.1)), "do": "apply"}, "重叠"),
        ("rename", {"name": ""}, "请填写名称"),
        ("rename", {"name": "新名", "on": "2000-01-01"}, "存续期间"),
        ("close", {"on": "2000-01-01"}, "晚于设立日期"),
    ],
)
async def test_a_wrong_form_is_told_beside_its_field(
    browser: Browser, ground: Any, form: str, fields: dict[str, str], sentence: str
) -> None:
    await browser.get(f"/{ground.west.id}/edit")
    answer = await browser.post(f"/{ground.west.id}/{form}", **fields)
    assert (answer.status_code, sentence in answer.text) == (422, True)
    assert await Area.filter(id=ground.west.id, name="长征桥社区", valid_to=None).exists()


async def test_a_division_is_renamed_opened_and_closed(browser: Browser, ground: Any) -> None:
    await browser.get(f"/{ground.west.id}/edit")
    await browser.post(f"/{ground.west.id}/rename", name="运河社区", on="2024-01-01")
    assert "由“长征桥社区”更名" in await browser.get(f"/{ground.west.id}")
    assert 'value="330105003001001"' in await browser.get(f"/{ground.west.id}/new")
    given = {"code": "330105003001001", "name": "第一网格", "on": "2024-01-01"}
    answer = await browser.post(f"/{ground.west.id}/new", json.dumps(LEFT), **given)
    grid = await Area.get(code="330105003001001")
    assert answer.headers["location"] == f"/admin/places/{grid.id}"
    again = await browser.post(f"/{ground.west.id}/new", json.dumps(RIGHT), **given)
    assert (again.status_code, "已经有区划在用" in again.text) == (422, True)
    await browser.post(f"/{grid.id}/close", on="2024-06-01")
    assert not await Area.filter(id=grid.id, valid_to=None).exists()


async def test_a_split_is_foreseen_then_done(browser: Browser, ground: Any) -> None:
    await make_viewer("member", "grid", area=ground.west)
    await browser.get(f"/{ground.west.id}/divide")
    parts = collection(({"name": "东半"}, LEFT), ({}, RIGHT))
    given = {"on": "2024-01-01", "geojson": parts}
    seen = (await browser.post(f"/{ground.west.id}/divide", do="preview", **given)).text
    for words in ("拆分：长征桥社区", "岗位", "330105003003", "330105003004", 'value="东半"'):
        assert words in seen
    assert await Area.filter(level="community").count() == 2
    named = {"name-0": "西苑社区", "name-1": "东苑社区"}
    done = await browser.post(f"/{ground.west.id}/divide", do="apply", **given, **named)
    assert done.status_code == 303
    new = Area.filter(parent_id=ground.street.id, valid_to=None).order_by("code")
    assert list(await new.values_list("code", "name")) == [
        ("330105003002", "塘河社区"),
        ("330105003003", "西苑社区"),
        ("330105003004", "东苑社区"),
    ]


async def test_a_merger_needs_no_drawing(browser: Browser, ground: Any) -> None:
    await browser.get(f"/{ground.west.id}/divide")
    nothing = await browser.post(f"/{ground.west.id}/divide", do="preview", on="2024-01-01")
    assert (nothing.status_code, "要和别的合并" in nothing.text) == (422, True)
    given = {"on": "2024-01-01", "others": [str(ground.east.id)], "name-0": "运河社区"}
    seen = await browser.post(f"/{ground.west.id}/divide", do="preview", **given)
    assert "合并：长征桥社区、塘河社区" in seen.text
    done = await browser.post(f"/{ground.west.id}/divide", do="apply", **given)
    assert done.status_code == 303
    merged = await Area.get(name="运河社区")
    assert (await Division.get(area_id=merged.id)).polygon["type"] == "Polygon"


async def test_a_grid_is_transferred_to_another_community(browser: Browser, ground: Any) -> None:
    edge = square(120.09, 30, 120.1, 30.1)
    grid = await ground.open(ground.west, "330105003001001", "第一网格", polygon=edge)
    await browser.get(f"/{grid.id}/divide")
    given = {"on": "2024-01-01", "under": str(ground.east.id)}
    over = square(120.1, 30, 120.11, 30.1)
    seen = await browser.post(f"/{grid.id}/divide", json.dumps(over), do="preview", **given)
    assert ("划转：第一网格" in seen.text, 'value="330105003002001"' in seen.text) == (True, True)
    done = await browser.post(f"/{grid.id}/divide", json.dumps(over), do="apply", **given)
    assert done.status_code == 303
    assert await Area.filter(code="330105003002001", parent_id=ground.east.id).exists()


@pytest.mark.parametrize("path", ["/import", "/{id}/edit", "/{id}/new", "/{id}/divide"])
async def test_who_may_not_edit_gets_no_form(browser: Browser, ground: Any, path: str) -> None:
    await make_viewer("member", "grid", area=ground.street)
    token, _ = await open_session(await Person.get(username="member"), "browser")
    browser.client.cookies.set(COOKIE, token)
    place = f"/admin/places{path.format(id=ground.west.id)}"
    assert (await browser.client.get(place)).status_code == 403
    assert "/edit" not in await browser.get(f"/{ground.west.id}")


async def test_whoever_keeps_a_part_is_not_led_to_divide_it(browser: Browser, ground: Any) -> None:
    """Its successors would lie in what is not theirs: said before anything is drawn."""
    await make_viewer("keeper", "admin", area=ground.west)
    token, _ = await open_session(await Person.get(username="keeper"), "browser")
    browser.client.cookies.set(COOKIE, token)
    shown = await browser.get(f"/{ground.west.id}/edit")
    assert "/divide" not in shown
    assert "新设" in shown
    place = f"/admin/places/{ground.west.id}/divide"
    assert (await browser.client.get(place)).status_code == 403
    assert (await browser.post(f"/{ground.west.id}/divide", do="preview")).status_code == 403
