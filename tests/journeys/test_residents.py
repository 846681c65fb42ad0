"""A resident with a telephone and no account, and the officers in between; axe on each page."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.journeys.client import Officer, photo, wait_for
from tests.journeys.conftest import Household
from tests.journeys.test_by_hand import unit_id
from tests.journeys.test_in_browser import PHONE, WIDE, Desk, desk

TEXT = "桥头的垃圾桶倒了两天"
#: In 长征桥社区 of the invented district.
HERE = {"longitude": 120.1291, "latitude": 30.3190}


@asynccontextmanager
async def telephone(chromium: Any, household: Household, **more: Any) -> AsyncIterator[Desk]:
    """A phone that lets itself be located; with `java_script_enabled=False` one without script."""
    context = await chromium.new_context(
        viewport=PHONE,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        has_touch=True,
        geolocation=HERE,
        permissions=["geolocation"],
        **more,
    )
    try:
        yield Desk(await context.new_page(), household)
    finally:
        await context.close()


async def choose(resident: Desk) -> None:
    """The street, then the community in it."""
    await resident.page.get_by_label("街道", exact=True).select_option(label="小河街道")
    await resident.page.locator("select[name=areaId]").select_option(label="长征桥社区")


async def send(resident: Desk, name: str) -> None:
    async with resident.page.expect_navigation():
        await resident.page.get_by_role("button", name=name).click()


async def test_a_resident_goes_the_whole_way_with_a_telephone_and_a_code(
    chromium: Any, household: Household, tmp_path: Path
) -> None:
    picture = tmp_path / "photo.jpg"
    picture.write_bytes(photo())
    async with telephone(chromium, household) as resident:
        page = resident.page
        await resident.open("/residents/")
        await resident.check()
        await page.get_by_label("是什么事").select_option(label="垃圾没人清")
        await page.get_by_label("说一说").fill(TEXT)
        await page.locator("input[type=file]").set_input_files(picture)
        await page.get_by_role("button", name="使用我的位置").click()
        await page.locator("[data-located]", has_text=re.compile("您在|没认出")).wait_for()
        await choose(resident)
        await page.get_by_text("想要电话答复").click()
        await page.get_by_label("电话号码").fill("138 0013 8000")
        await resident.check()
        await send(resident, "发出")
        code = await page.locator(".code-line").inner_text()
        await resident.check()
        await page.get_by_role("link", name="看看办得怎样").click()
        await page.get_by_role("heading", name="已经收到").wait_for()
        await resident.check()

        dispatcher = Officer(household, "dispatcher")
        case = find_case(dispatcher)
        dispatcher.do("acceptCase", "case { id }", caseId=case)
        await ask(chromium, household, case)
        await page.reload()
        await page.get_by_label("答复").fill("靠河的那一边")
        await resident.check()
        await send(resident, "发出答复")

        await see_the_answer(chromium, household, case)
        handle(household, dispatcher, case)
        await resident.page.reload()
        await page.get_by_text("提交评价").wait_for()
        await page.get_by_label("一般").check(force=True)
        await resident.check()
        await send(resident, "提交评价")
        await page.get_by_text("没有解决，要求重新办").click()
        await page.get_by_label("哪里没有解决").fill("又倒了")
        await resident.check()
        await send(resident, "要求重新办")
        await page.get_by_role("heading", name="已经受理").wait_for()
        await wait_for_picture(resident)

    async with telephone(chromium, household) as another:  # scans the code
        await another.open(f"/residents/track#{code}")
        await another.page.wait_for_url("**/residents/mine")
        await another.page.get_by_text("又倒了").wait_for()
        await another.page.get_by_role("button", name="退出").click()
        await another.page.wait_for_url("**/residents/track")
        await another.check()


def find_case(dispatcher: Officer) -> str:
    text = "query($f: CaseFilter) { cases(filter: $f) { edges { node { id } } } }"
    found = dispatcher.ask(text, f={"search": TEXT})["cases"]["edges"]
    return str(found[0]["node"]["id"])


def handle(household: Household, dispatcher: Officer, case: str) -> None:
    handler, grid = Officer(household, "handler"), Officer(household, "grid")
    dispatcher.do("dispatchCase", "case { id }", caseId=case, unitId=unit_id(dispatcher))
    handler.do("signCase", "case { id }", caseId=case)
    after = handler.upload(photo("after"))
    done = {"caseId": case, "note": "已扶正并清扫", "fileIds": [after]}
    handler.do("submitHandling", "case { id }", **done)
    grid.do("verifyCase", "case { id }", caseId=case)
    dispatcher.do("closeCase", "case { id }", caseId=case, note="办结")


async def open_case(one: Desk) -> None:
    await one.open("/admin/cases/?tab=all")
    await one.page.get_by_role("link", name=TEXT).first.click()
    await one.page.get_by_role("heading", name="上报的居民").wait_for()


async def ask(chromium: Any, household: Household, case: str) -> None:
    async with desk(chromium, household, "dispatcher", WIDE) as one:
        await open_case(one)
        await one.page.get_by_text("问一问居民").click()
        await one.page.get_by_label("要问什么").fill("桥的哪一边？")
        await one.check()
        await one.page.get_by_role("button", name="发出").click()
        await one.page.get_by_text("居民还没有答复").wait_for()


async def see_the_answer(chromium: Any, household: Household, case: str) -> None:
    async with desk(chromium, household, "dispatcher", PHONE) as one:
        await one.page.get_by_role("heading", name="居民已答复").wait_for()
        await one.check()
        await open_case(one)
        await one.page.get_by_text("靠河的那一边").wait_for()
        await one.page.get_by_role("button", name="查看联系方式").click()
        await one.page.get_by_role("link", name="13800138000").wait_for()
        await one.check()


async def wait_for_picture(resident: Desk) -> None:
    """Blurred by the eyes, and only then there."""
    image = resident.page.locator("img[src^='/residents/pictures/']").first
    for _ in range(60):
        if await image.count():
            break
        await resident.page.wait_for_timeout(1_000)
        await resident.page.reload()
    await image.wait_for()
    await resident.check()


async def test_without_script_everything_still_works(chromium: Any, household: Household) -> None:
    async with telephone(chromium, household, java_script_enabled=False) as resident:
        page = resident.page
        await resident.open("/residents/")
        assert not await page.get_by_role("button", name="使用我的位置").is_visible()
        await page.get_by_label("是什么事").select_option(label="路上积水")
        await page.get_by_label("说一说").fill("桥洞下面积水")
        await page.get_by_label("在哪里").select_option(label="长征桥社区")
        await send(resident, "发出")
        code = await page.locator(".code-line").inner_text()
        await resident.open("/residents/track")
        await page.get_by_label("查询码").fill(code)
        await send(resident, "查看")
        await page.get_by_text("不用办了，撤回").click()
        await page.get_by_label("为什么撤回").fill("退了")
        await page.locator("form[action$=withdraw] button").click()
        await page.get_by_role("heading", name="已经撤回").wait_for()


async def test_a_clerks_pages_are_accessible(chromium: Any, household: Household) -> None:
    for size in (WIDE, PHONE):
        async with desk(chromium, household, "grid", size) as clerk:
            for path in ("", "new", "code", "poster"):
                await clerk.open(f"/admin/residents/{path}")
                await clerk.check()
            await clerk.open("/residents/notice")
            await clerk.check()


async def test_a_code_outlives_a_restart_of_the_server(household: Household) -> None:
    """Codes, limits and forms are kept in the database or under the key of the house."""
    with httpx2.Client(base_url=household.url, timeout=20) as resident:
        page = resident.get("/residents/").text
        key = re.search(r'name="key" value="([^"]+)"', page)
        area = re.search(r'<option value="(\d+)">长征桥社区', page)
        assert key
        assert area
        server = household.child("serve")
        server.terminate()
        server.wait(30)
        wait_for(lambda: _ready(household))
        given = {"key": key.group(1), "matter": "road", "text": "路面塌了", "areaId": area.group(1)}
        assert resident.post("/residents/", data=given).status_code == 303
        assert "路面塌了" in resident.get("/residents/mine").text


def _ready(household: Household) -> bool:
    try:
        return httpx2.get(f"{household.url}/readyz", timeout=5).status_code == 200
    except httpx2.HTTPError:
        return False
