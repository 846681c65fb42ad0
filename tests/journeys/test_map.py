"""The map in a real browser: drawn by MapLibre under the strict content policy, or without it."""

import shutil
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.journeys.client import Officer
from tests.journeys.conftest import Household
from tests.journeys.test_in_browser import PHONE, WEIGHT, WIDE, desk

#: A drawing machine in software: WebGL without a graphics card.
SOFTWARE = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader"]
SOFTWARE += ["--enable-unsafe-swiftshader", "--disable-background-networking", "--disable-sync"]
DRAWN = "[data-map][data-ready]"


@pytest.fixture(scope="module")
async def drawing(chromium: Any) -> AsyncIterator[Any]:
    """The same browser with WebGL."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    browser = await chromium.browser_type.launch(executable_path=path, args=SOFTWARE)
    yield browser
    await browser.close()


def report(household: Household, title: str, east: float) -> tuple[float, float]:
    """A case in 长征桥社区, and where it is."""
    grid = Officer(household, "grid")
    query = '{ resolveAddress(text: "长征桥社区服务中心") { longitude latitude } }'
    at = grid.ask(query)["resolveAddress"]
    longitude, latitude = at["longitude"] + east, at["latitude"]
    given = {"title": title, "typeCode": "0499", "longitude": longitude, "latitude": latitude}
    grid.do("openCase", "case { id }", **given)
    return longitude, latitude


LOOK = "({ at, zoom }) => document.querySelector('[data-map]').map.jumpTo({ center: at, zoom })"
POINT = """at => {
  const frame = document.querySelector('[data-map]'), { x, y } = frame.map.project(at);
  const box = frame.getBoundingClientRect();
  return [box.left + x, box.top + y];
}"""
THERE = """at => {
  const { map } = document.querySelector('[data-map]');
  if (!map.getLayer('cases')) return false;
  return map.queryRenderedFeatures(map.project(at), { layers: ['cases'] }).length > 0;
}"""


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1440", "390"])
async def test_a_case_on_the_map_is_clicked_and_opens(
    drawing: Any, household: Household, size: dict[str, int]
) -> None:
    title = f"栏杆歪了 {size['width']}"
    at = report(household, title, 0.0 if size is WIDE else 0.0004)
    async with desk(drawing, household, "dispatcher", size) as one:
        sizes: list[int] = []
        loaded: list[Any] = []
        one.page.on("requestfinished", lambda request: loaded.append(request))
        await one.open("/admin/places/map")
        await one.page.wait_for_selector(DRAWN)
        for request in loaded:
            if "/static/" in request.url and ".svg" not in request.url:
                sizes.append((await request.sizes())["responseBodySize"])
        assert len(sizes) == 7, [request.url for request in loaded]  # with the worker
        assert sum(sizes) < WEIGHT
        await one.check()

        await one.page.evaluate(LOOK, {"at": list(at), "zoom": 18.2})
        await one.page.wait_for_function(THERE, arg=list(at))
        await one.page.locator("#map-list").get_by_text(title).wait_for()
        x, y = await one.page.evaluate(POINT, list(at))
        await one.page.mouse.click(x, y)
        await one.page.get_by_role("heading", name=title).wait_for()
        assert "/admin/cases/" in one.page.url


async def test_layers_are_switched_and_told_in_words(drawing: Any, household: Household) -> None:
    async with desk(drawing, household, "dispatcher", WIDE) as one:
        await one.open("/admin/places/map")
        await one.page.wait_for_selector(DRAWN)
        await one.page.get_by_role("checkbox", name="摄像机").check()
        await one.page.locator("#map-list").get_by_role("heading", name="摄像机").wait_for()
        await one.page.locator("#map-say", has_text="摄像机：").wait_for()
        await one.page.get_by_role("checkbox", name="在办案件").uncheck()
        gone = one.page.locator("#map-list").get_by_role("heading", name="在办案件")
        await gone.wait_for(state="detached")
        await one.page.get_by_role("button", name="放大").focus()
        await one.page.keyboard.press("Enter")
        await one.check()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1440", "390"])
async def test_without_webgl_the_drawing_and_the_lists_stay(
    chromium: Any, household: Household, size: dict[str, int]
) -> None:
    async with desk(chromium, household, "dispatcher", size) as one:
        await one.page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
        await one.open("/admin/places/map?chosen=1&layer=cases&layer=units")
        assert await one.page.locator("[data-map] svg path").count() > 5
        assert await one.page.locator("#map-list").get_by_role("heading").count() == 2
        await one.page.locator("#map-list a").first.click()
        await one.page.wait_for_url("**/admin/cases/*")


PAGES = ["/admin/places/import", "/admin/places/check", "/admin/places/3/edit"]


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1440", "390"])
async def test_the_pages_that_change_the_ground_are_accessible(
    chromium: Any, household: Household, size: dict[str, int]
) -> None:
    async with desk(chromium, household, "admin", size) as one:
        for path in (*PAGES, "/admin/places/3/divide", "/admin/places/3/new", "/admin/places/"):
            await one.open(path)
            await one.check()
