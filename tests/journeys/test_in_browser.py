"""One matter through the pages in a real browser, by those whose turn it is; axe on each page."""

import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from PIL import Image

from tests.journeys.client import Officer, photo, wait_for
from tests.journeys.conftest import PASSWORD, Household

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
}
WEIGHT = 300_000  # bytes of scripts and styles that one page may load
PATIENCE = 20_000  # milliseconds


class Desk:
    """One signed-in person at a browser, with what went wrong in it."""

    def __init__(self, page: Any, household: Household) -> None:
        self.page = page
        self.url = household.url
        self.problems: list[str] = []
        self.weight = 0
        page.set_default_timeout(PATIENCE)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("request", self._request)

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning") and "status of 4" not in message.text:
            self.problems.append(message.text)

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.problems.append(f"outside request: {request.url}")

    async def sign_in(self, username: str) -> None:
        await self.page.goto(f"{self.url}/admin/login")
        await self.page.get_by_label("账号", exact=True).fill(username)
        await self.page.locator("input[name=password]").fill(PASSWORD)
        await self.page.get_by_role("button", name="登录").click()
        await self.page.wait_for_url("**/admin/")

    async def open(self, path: str) -> None:
        await self.page.goto(self.url + path)
        await self.page.wait_for_load_state("load")

    async def check(self) -> None:
        """No accessibility violation, nothing wrong in the console, no sideways scrolling."""
        found = await Axe().run(self.page, options=RULES)
        assert found.violations_count == 0, found.generate_report()
        assert self.problems == []
        width = await self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert width <= 0, f"{self.page.url} scrolls sideways by {width} px"


@asynccontextmanager
async def desk(
    chromium: Any, household: Household, username: str, size: dict[str, int]
) -> AsyncIterator[Desk]:
    context = await chromium.new_context(
        viewport=size, locale="zh-CN", timezone_id="Asia/Shanghai", has_touch=size is PHONE
    )
    try:
        one = Desk(await context.new_page(), household)
        await one.sign_in(username)
        yield one
    finally:
        await context.close()


@pytest.fixture(params=[WIDE, PHONE], ids=["1440", "390"])
def size(request: pytest.FixtureRequest) -> dict[str, int]:
    return dict(request.param)


async def test_a_case_goes_its_whole_way_through_the_pages(
    chromium: Any, household: Household, size: dict[str, int], tmp_path: Path
) -> None:
    title = f"井盖松动 {size['width']}"
    picture = tmp_path / "photo.jpg"
    picture.write_bytes(photo())

    async with desk(chromium, household, "grid", size) as grid:
        await grid.check()
        await report(grid, title, picture)
        case = grid.page.url.removeprefix(household.url)

    async with desk(chromium, household, "dispatcher", size) as dispatcher:
        await dispatcher.open(case)
        await dispatcher.check()
        await act(dispatcher, "受理")
        await choose_unit(dispatcher, "小河街道综合行政执法队")
        await act(dispatcher, "派遣")

    async with desk(chromium, household, "handler", size) as handler:
        await handler.open(case)
        await act(handler, "签收")
        await handler.page.locator("#next textarea[name=note]").fill("已更换井盖，周边已清理")
        await handler.page.locator("#next input[type=file]").set_input_files(picture)
        await handler.check()
        await act(handler, "反馈")

    async with desk(chromium, household, "grid", size) as grid:
        await grid.open(case)
        await grid.page.locator("#next textarea[name=note]").fill("现场看过")
        await act(grid, "核查")

    async with desk(chromium, household, "dispatcher", size) as dispatcher:
        await dispatcher.open(case)
        await dispatcher.page.locator("#next textarea[name=note]").fill("办结")
        await act(dispatcher, "结案")

    async with desk(chromium, household, "grid", size) as grid:
        await grid.open(case)
        await grid.page.locator("#next input[name=rating]").last.check(force=True)
        await act(grid, "评价")
        await grid.page.get_by_text("全部办完").first.wait_for(state="attached")
        await grid.check()


async def test_a_small_matter_is_put_right_on_the_spot_and_closed_by_the_dispatcher(
    chromium: Any, household: Household, size: dict[str, int], tmp_path: Path
) -> None:
    picture = tmp_path / "photo.jpg"
    picture.write_bytes(photo())
    async with desk(chromium, household, "grid", size) as grid:
        await fill_report(grid, f"单车倒在盲道上 {size['width']}", picture)
        after = grid.page.locator("input[name=afterFileIds]")
        assert not await after.is_visible()
        await grid.page.get_by_label("我已现场处置").check()
        await after.set_input_files(picture)
        await grid.page.locator("textarea[name=handledNote]").fill("已扶起归位")
        await grid.check()
        await grid.page.locator("main form").get_by_role("button", name="上报").click()
        await grid.page.get_by_text("等派单员核查结案").first.wait_for()
        await grid.check()
        case = grid.page.url.removeprefix(household.url)
    async with desk(chromium, household, "dispatcher", size) as dispatcher:
        await dispatcher.open(case)
        await dispatcher.check()
        await act(dispatcher, "核查结案")
        await dispatcher.page.get_by_text("这件案件已经办完。").wait_for()


async def test_a_case_in_phases_shows_each_and_its_limits_are_the_administrators(
    chromium: Any, household: Household, size: dict[str, int]
) -> None:
    async with desk(chromium, household, "admin", size) as admin:
        await admin.open("/admin/cases/?tab=all&type=0402")
        await admin.page.get_by_role("link", name="自来水管爆裂").first.click()
        await admin.page.get_by_role("heading", name="分段处置").wait_for()
        assert await admin.page.get_by_text("还没开始").count() == 1
        await admin.check()
        await admin.open("/admin/cases/types")
        await admin.check()
        await admin.page.get_by_role("link", name="0403 燃气管破裂").click()
        await admin.page.locator("input[name=phaseName3]").fill("恢复路面")
        await admin.check()
        await admin.page.get_by_role("button", name="保存").click()
        await admin.page.get_by_text("恢复路面 5 工作日").wait_for()


async def report(grid: Desk, title: str, picture: Path) -> None:
    await fill_report(grid, title, picture)
    page = grid.page
    await grid.check()
    await page.locator("main form").get_by_role("button", name="上报").click()
    await page.wait_for_url(re.compile(r"/admin/cases/\d+$"))
    await page.get_by_role("heading", name=title).wait_for()


async def fill_report(grid: Desk, title: str, picture: Path) -> None:
    await grid.open("/admin/cases/new")
    page = grid.page
    await page.locator("select[name=typeCode]").select_option(index=1)
    await page.locator("input[name=title]").fill(title)
    await page.locator("select[name=areaId]").select_option(index=1)
    await page.locator("input[name=address]").fill("桥头路口")
    await page.locator("input[name=fileIds]").set_input_files(picture)


async def choose_unit(dispatcher: Desk, name: str) -> None:
    choice = dispatcher.page.locator("#next select[name=unitId]")
    value = await choice.locator("option", has_text=name).first.get_attribute("value")
    await choice.select_option(value)


async def act(one: Desk, word: str) -> None:
    """Press the one obvious button, whose name has `word`, and see the page move on."""
    button = one.page.locator("#next .form-end button")
    assert word in await button.inner_text()
    async with one.page.expect_response(lambda answer: answer.request.method == "POST") as done:
        await button.click()
    answer = await done.value
    assert answer.status < 400, f"{word}: {answer.status} {await answer.text()}"
    await one.page.wait_for_timeout(300)


PAGES = {
    "admin": [
        *("/admin/", "/admin/cases/", "/admin/video/", "/admin/plugins", "/admin/jobs"),
        *("/admin/dispatch/", "/admin/dispatch/new", "/admin/dispatch/1", "/admin/dispatch/1/end"),
    ],
    "grid": ["/admin/cases/", "/admin/places/", "/admin/cases/new", "/admin/nowhere"],
    "dispatcher": [
        "/admin/dispatch/queue",
        "/admin/city_eye/",
        "/admin/video/1",
        "/admin/video/1/zones",
        "/admin/video/models",
    ],
    "handler": ["/admin/", "/admin/cases/", "/admin/dispatch/roster", "/admin/dispatch/roster/2"],
    "security": [f"/admin/register{part}" for part in ("", "/holds", "/assessments")],
    "auditor": ["/admin/register/certificates", "/admin/audit"],
    "supervisor": ["/admin/cases/1/readers"],
}


@pytest.mark.parametrize("username", PAGES)
async def test_every_page_is_accessible_light_and_keeps_to_itself(
    chromium: Any, household: Household, username: str, size: dict[str, int]
) -> None:
    async with desk(chromium, household, username, size) as one:
        for path in PAGES[username]:
            await one.open(path)
            await one.check()
            assert await weight(one) <= WEIGHT, path


TABLES = ("/admin/cases/?tab=all", "/admin/video/1", "/admin/figures/")
SQUEEZED = """() => {
  const all = what => [...document.querySelectorAll(what)];
  return all('.table-wrap').some(one => one.scrollWidth > one.clientWidth)
    || all('.table td[data-label]:not(.num)').some(one => one.clientWidth < 70);
}"""


@pytest.mark.parametrize("width", [1280, 1200, 1024])
async def test_tables_are_read_without_sliding_on_a_small_desktop(
    chromium: Any, household: Household, width: int
) -> None:
    """No column is pushed out of sight, and none so narrow that one character stands in a line."""
    async with desk(chromium, household, "admin", {"width": width, "height": 800}) as one:
        for path in TABLES:
            await one.open(path)
            assert not await one.page.evaluate(SQUEEZED), path


async def weight(one: Desk) -> int:
    """Bytes of scripts and styles that the present page has, uncompressed."""
    return int(
        await one.page.evaluate(
            """performance.getEntriesByType('resource')
               .filter(entry => ['script', 'link', 'css'].includes(entry.initiatorType))
               .reduce((sum, entry) => sum + entry.decodedBodySize, 0)"""
        )
    )


async def test_the_login_page_explains_a_wrong_password(
    chromium: Any, household: Household, size: dict[str, int]
) -> None:
    page = await chromium.new_page(viewport=size)
    one = Desk(page, household)
    await one.open("/admin/login")
    await one.check()
    await page.get_by_label("账号", exact=True).fill("grid")
    await page.locator("input[name=password]").fill("not-the-password")
    await page.get_by_role("button", name="登录").click()
    await page.get_by_text("账号或密码不对").wait_for()
    await one.check()
    await page.close()


async def test_a_case_page_shows_a_colleagues_step_without_being_reloaded(
    chromium: Any, household: Household
) -> None:
    grid, dispatcher = Officer(household, "grid"), Officer(household, "dispatcher")
    case = open_case(grid)
    number = int(case["number"][-5:])
    async with desk(chromium, household, "grid", WIDE) as one:
        await one.open("/admin/cases/?tab=all")
        await one.page.get_by_role("link", name="护栏松动").first.click()
        await one.page.get_by_role("heading", name="护栏松动").wait_for()
        dispatcher.do("acceptCase", "case { id }", caseId=case["id"])
        await one.page.locator("li[data-state=now]", has_text="派遣").wait_for()
    assert number > 0


async def test_a_second_click_on_a_button_does_nothing(chromium: Any, household: Household) -> None:
    """One's own step must not come back as "somebody was quicker"."""
    number = int(open_case(Officer(household, "grid"))["number"][8:])
    async with desk(chromium, household, "dispatcher", WIDE) as one:
        await one.open(f"/admin/cases/{number}")
        sent: list[str] = []
        one.page.on("request", lambda ask: sent.append(ask.url) if ask.method == "POST" else None)
        await one.page.locator("#next .form-end button").dblclick()
        await one.page.locator("li[data-state=now]", has_text="派遣").wait_for()
        await one.page.wait_for_timeout(500)
        assert len(sent) == 1
        assert one.problems == []


def open_case(grid: Officer) -> dict[str, Any]:
    text = "query($f: PlaceFilter) { places(filter: $f) { edges { node { id } } } }"
    found = grid.ask(text, f={"search": "长征桥社区", "level": "COMMUNITY"})
    area = found["places"]["edges"][0]["node"]["id"]
    given = {"title": "护栏松动", "typeCode": "0499", "areaId": area}
    return dict(grid.do("openCase", "case { id number }", **given)["case"])


async def test_an_uploaded_picture_appears_on_the_page_once_it_is_blurred(
    chromium: Any, household: Household, tmp_path: Path
) -> None:
    picture = tmp_path / "photo.jpg"
    picture.write_bytes(photo())
    async with desk(chromium, household, "grid", WIDE) as grid:
        await report(grid, "树枝折断", picture)
        image = grid.page.locator("main img[src^='/files/']").first
        await image.wait_for(timeout=60_000)
        address = await image.get_attribute("src")
    officer = Officer(household, "grid")
    content = wait_for(lambda: officer.get(str(address)).content)
    assert Image.open(io.BytesIO(content)).format == "JPEG"
