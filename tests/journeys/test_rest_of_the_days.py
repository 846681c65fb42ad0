"""What else a day brings, in the browser: duplicates, work in parts, objections, new ground."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.journeys.client import Officer, photo
from tests.journeys.conftest import Household
from tests.journeys.test_by_hand import area_id, unit_id
from tests.journeys.test_days import OTHER, Matter, aside
from tests.journeys.test_figures import last_months
from tests.journeys.test_in_browser import PHONE, WIDE, Desk, act, desk

BURST = "0402"  # 现场围护, 修复, 恢复


@pytest.fixture(params=[WIDE, PHONE], ids=["1440", "390"])
def size(request: pytest.FixtureRequest) -> dict[str, int]:
    return dict(request.param)


async def test_a_duplicate_is_merged_and_leads_to_the_case_that_goes_on(
    chromium: Any, household: Household, size: dict[str, int]
) -> None:
    main, twice = [Matter(household, f"{name} {size['width']}") for name in ("井盖响", "井盖很响")]
    main.accepted()
    main.dispatched()
    async with desk(chromium, household, "dispatcher", size) as dispatcher:
        page = dispatcher.page
        await dispatcher.open(twice.path)
        await aside(
            dispatcher, "merge", mainCaseId=f"{main.number} {main.title}", reason="同一个井盖"
        )
        await page.get_by_role("heading", name="已并入另一件案件").wait_for()
        clocks = page.locator("section", has_text="时限").locator("dl.facts").last
        assert await clocks.inner_text() == "受理\n不再计时"  # nobody had accepted it
        await dispatcher.check()
        await page.get_by_role("link", name=main.title).click()
        await page.wait_for_url(f"**{main.path}")
        assert await page.get_by_role("link", name=twice.title).is_visible()
        await aside(dispatcher, "transfer", unitId=OTHER, reason="要洒水车")
        await page.get_by_role("heading", name=f"等{OTHER}签收").wait_for()
        told = await page.locator("section", has_text="时限").locator("dl.facts").last.inner_text()
        assert (
            told.count("不再计时") == 2
        )  # signing and handling of the unit from which it was taken
        await dispatcher.check()


async def test_work_is_done_in_parts_to_the_end(
    chromium: Any, household: Household, size: dict[str, int], tmp_path: Path
) -> None:
    grid, dispatcher = Officer(household, "grid"), Officer(household, "dispatcher")
    given = {"title": f"水管爆裂 {size['width']}", "typeCode": BURST, "areaId": area_id(grid)}
    case = grid.do("openCase", "case { id number }", **given)["case"]
    dispatcher.do("acceptCase", "case { id }", caseId=case["id"])
    dispatcher.do("dispatchCase", "case { id }", caseId=case["id"], unitId=unit_id(dispatcher))
    picture = tmp_path / "photo.jpg"
    picture.write_bytes(photo())
    async with desk(chromium, household, "handler", size) as handler:
        page = handler.page
        await handler.open(f"/admin/cases/{int(case['number'][8:])}")
        await act(handler, "签收")
        for number, name in enumerate(("现场围护", "修复", "恢复"), 1):
            await page.get_by_text(f"现在是第 {number} 段“{name}”，共 3 段。").wait_for()
            await page.locator("#next textarea[name=note]").fill(f"{name}好了")
            await page.locator("#next input[type=file]").set_input_files(picture)
            if number == 2:
                assert await page.get_by_text("还没有照片。").count() == 0
                await handler.check()
            await act(handler, "提交反馈" if number == 3 else "完成这一段")
        await page.get_by_role("heading", name="等网格员核查").wait_for()
        phases = page.locator("section", has_text="分段处置").first
        assert (await phases.inner_text()).count("按时完成") == 3
        await handler.check()


async def test_an_objection_to_a_closed_figure_is_answered_beside_it(
    chromium: Any, household: Household, size: dict[str, int]
) -> None:
    month = last_months()[1]
    words = f"有一件其实按时签收了 {size['width']}"
    async with desk(chromium, household, "handler", size) as handler:
        page = handler.page
        await handler.open(f"/admin/figures/?month={month}&view=published")
        await handler.check()
        await handler.open(f"/admin/figures/cases.signed?month={month}")
        own = page.locator("tr", has_text="小河街道综合行政执法队")
        await own.get_by_role("link", name="为什么").click()
        await page.get_by_text("颜色是").first.wait_for()
        why = page.url.removeprefix(household.url)
        await page.locator("main textarea").fill(words)
        await handler.check()
        await page.locator("main").get_by_role("button", name="提出异议").click()
        await page.get_by_text("异议已提出").wait_for()
    async with desk(chromium, household, "supervisor", size) as supervisor:
        page = supervisor.page
        await page.get_by_role("link", name=words).click()
        await page.get_by_label("支持", exact=False).first.check(force=True)
        await page.locator("textarea[name=answer]").fill("核对过，当时没有算上补录的一件")
        whole = (await page.get_by_text("当时看到").inner_text()).partition("看到 ")[2]
        done, due = whole.partition("（")[0].split("/")
        await page.locator("input[name=numerator]").fill(done)
        await page.locator("input[name=denominator]").fill(
            str(int(due) + (1 if size == WIDE else 2))
        )
        await supervisor.check()
        await page.locator("main form button[type=submit]").click()
        await page.get_by_text("已答复，提出的人看得到。").wait_for()
        await supervisor.check()
    async with desk(chromium, household, "handler", size) as handler:
        await handler.open(why)
        await handler.page.get_by_text("核对过，当时没有算上补录的一件").first.wait_for()
        await handler.check()


async def test_a_grid_is_renamed_from_a_file_and_split_in_two(
    chromium: Any, household: Household, tmp_path: Path
) -> None:
    async with desk(chromium, household, "admin", WIDE) as admin:
        page = admin.page
        got = await page.request.get(f"{household.url}/admin/places/export.geojson")
        grids = [one for one in (await got.json())["features"] if of_level(one, "grid")]
        grid = min(grids, key=lambda one: str(one["properties"]["code"]))
        own = {name: grid["properties"][name] for name in ("code", "level", "parent_code")}
        renamed = {**grid, "properties": {**own, "name": "改名的网格"}}
        wrong = {**grid, "properties": {**own, "code": "330105007001077", "parent_code": "999"}}
        await bring_in(admin, tmp_path, renamed, wrong)
        await page.get_by_text("有 1 项要先改好").wait_for()
        await bring_in(admin, tmp_path, renamed)
        await page.get_by_role("button", name="导入这 1 项").click()
        await page.get_by_text("已导入：1 项有变化").wait_for()
        await admin.check()

        await admin.open("/admin/places/search?q=改名的网格")
        await page.locator("main").get_by_role("link", name="改名的网格").first.click()
        await page.get_by_role("link", name="编辑").click()
        await page.get_by_role("link", name="拆分、合并").click()
        await page.wait_for_load_state("load")
        await page.locator("textarea[name=geojson]").fill(json.dumps(halves(grid)))
        await page.get_by_role("button", name="预览").click()
        await page.wait_for_load_state("load")
        await admin.check()
        await page.locator("main button[type=submit]").last.click()
        await page.get_by_text("东半网格").first.wait_for()
        await admin.check()


def of_level(feature: dict[str, Any], level: str) -> bool:
    return bool(feature["properties"]["level"] == level)


async def bring_in(admin: Desk, folder: Path, *features: dict[str, Any]) -> None:
    path = folder / "divisions.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    await admin.open("/admin/places/import")
    await admin.page.locator("input[type=file]").set_input_files(path)
    await admin.page.get_by_role("button", name="试算").click()
    await admin.page.wait_for_load_state("load")
    await admin.check()


def halves(grid: dict[str, Any]) -> dict[str, Any]:
    """The two sides of the line from the ring's first point to the one opposite."""
    (ring, *_) = grid["geometry"]["coordinates"]
    middle = len(ring) // 2
    sides = {"西半网格": ring[: middle + 1], "东半网格": [*ring[middle:-1], ring[0]]}
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"name": name},
                "geometry": {"type": "Polygon", "coordinates": [[*side, side[0]]]},
            }
            for name, side in sides.items()
        ],
    }


async def test_a_work_order_without_a_type_becomes_a_case(
    chromium: Any, household: Household
) -> None:
    async with desk(chromium, household, "dispatcher", PHONE) as dispatcher:
        page = dispatcher.page
        await page.get_by_role("link", name="两盏路灯不亮").click()
        await page.get_by_label("案件类型").select_option(label="0499 其他突发事件")
        await dispatcher.check()
        await page.get_by_role("button", name="转成案件").click()
        await page.get_by_role("link", name="看案件").click()
        await page.get_by_role("link", name="工单 YS-0002").wait_for()
        await dispatcher.check()


async def test_a_token_is_made_used_and_ended(chromium: Any, household: Household) -> None:
    async with desk(chromium, household, "admin", PHONE) as admin:
        page = admin.page
        await admin.open("/admin/me/tokens/new")
        await page.get_by_label("名称").fill("手机大屏")
        await admin.check()
        await page.get_by_role("button", name="生成令牌").click()
        await page.get_by_text("令牌只显示这一次").wait_for()
        await admin.check()
        token = await page.get_by_label("令牌", exact=True).input_value()
        assert "cases" in ask(household, token)["data"]
        await admin.open("/admin/me")
        row = page.locator("tr", has_text="手机大屏").first
        await row.get_by_role("button", name="停用").click()
        await page.locator("#ask").get_by_role("button", name="确定").click()
        await page.get_by_text("已经失效").wait_for()
        assert ask(household, token)["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


def ask(household: Household, token: str) -> Any:
    return httpx2.post(
        f"{household.url}/graphql",
        json={"query": "{ cases(first: 1) { edges { node { number } } } }"},
        headers={"Authorization": f"Bearer {token}"},
        timeout=20,
    ).json()
