"""A day of each role in the browser, on a desktop and on a phone; axe on each page on the way."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.journeys.client import Officer
from tests.journeys.conftest import Household
from tests.journeys.test_by_hand import area_id, unit_id
from tests.journeys.test_in_browser import PHONE, WIDE, Desk, act, desk

OTHER = "区环卫所"
LATER = (datetime.now(UTC) + timedelta(days=90)).strftime("%Y-%m-%dT10:00")
FOCUS = "document.activeElement.closest('dialog') && document.activeElement.name"


@pytest.fixture(params=[WIDE, PHONE], ids=["1440", "390"])
def size(request: pytest.FixtureRequest) -> dict[str, int]:
    return dict(request.param)


class Matter:
    """A case of the day, brought along through the API where others have to act."""

    def __init__(self, household: Household, title: str) -> None:
        self.grid, self.dispatcher = Officer(household, "grid"), Officer(household, "dispatcher")
        self.handler = Officer(household, "handler")
        given = {"title": title, "typeCode": "0499", "areaId": area_id(self.grid)}
        case = self.grid.do("openCase", "case { id number }", **given)["case"]
        self.id, self.number, self.title = str(case["id"]), str(case["number"]), title
        self.path = f"/admin/cases/{int(self.number[8:])}"

    def dispatched(self) -> None:
        unit = unit_id(self.dispatcher)
        self.dispatcher.do("dispatchCase", "case { id }", caseId=self.id, unitId=unit)

    def accepted(self) -> None:
        self.dispatcher.do("acceptCase", "case { id }", caseId=self.id)

    def returned(self) -> None:
        self.handler.do("returnCase", "case { id }", caseId=self.id, reason="不归我们管")


async def aside(one: Desk, name: str, **fields: str) -> None:
    """One of the other actions by keyboard: it opens at its first field, and Enter sends it."""
    page = one.page
    await page.locator("#case-next details summary").first.click()
    await page.locator(f"#case-next [data-opens=move-{name}]").press("Enter")
    box = page.locator(f"#move-{name}")
    assert await page.evaluate(FOCUS) in fields
    for field, value in fields.items():
        place = box.locator(f"[name={field}]")
        if await place.evaluate("one => one.tagName") == "SELECT":
            await place.select_option(label=value)
        else:
            await place.fill(value)
    async with page.expect_response(lambda answer: answer.request.method == "POST") as done:
        await box.locator("button[type=submit]").press("Enter")
    assert (await done.value).status < 400
    await box.wait_for(state="hidden")  # gone, or there for another time


async def waiting_at_menu(one: Desk, entry: str) -> int:
    """The number beside a menu entry; on a phone it stands in the bar."""
    found = one.page.locator("nav[aria-label=主菜单]:visible a", has_text=entry).first
    number = found.locator(".count")
    return (
        int("".join(filter(str.isdigit, await number.inner_text()))) if await number.count() else 0
    )


async def test_a_day_with_more_time_asked_and_refused_and_a_pause(
    chromium: Any, household: Household, size: dict[str, int]
) -> None:
    matter = Matter(household, f"护栏歪斜 {size['width']}")
    async with desk(chromium, household, "dispatcher", size) as dispatcher:
        await dispatcher.open(matter.path)
        matter.accepted()
        matter.dispatched()
        await dispatcher.page.get_by_text("这件案件刚刚有变化").wait_for()
        await dispatcher.check()
        await dispatcher.page.get_by_role("link", name="看最新情况").click()
        await dispatcher.page.get_by_role("heading", name="等小河街道综合行政执法队签收").wait_for()

        async with desk(chromium, household, "handler", size) as handler:
            await handler.open(matter.path)
            await act(handler, "签收")
            await aside(handler, "request_extension", until=LATER, reason="等护栏到货")
            await handler.check()

        await dispatcher.open("/admin/")
        await dispatcher.check()
        await dispatcher.page.get_by_role("heading", name="待答复延期").wait_for()
        await dispatcher.open(matter.path)
        await dispatcher.page.get_by_text(f"申请延到 {LATER.replace('T', ' ')}").wait_for()
        assert await dispatcher.page.get_by_text("等护栏到货").first.is_visible()
        await dispatcher.page.locator("#next input[value=no]").check(force=True)
        await dispatcher.page.locator("#next textarea[name=note]").fill("仓库有货")
        await dispatcher.check()
        before = await waiting_at_menu(dispatcher, "案件")
        await act(dispatcher, "答复")
        await dispatcher.page.wait_for_timeout(500)
        assert await waiting_at_menu(dispatcher, "案件") == before - 1
        await aside(dispatcher, "suspend", reason="等雨停")
        await dispatcher.page.get_by_role("heading", name="可以办了就恢复").wait_for()
        await dispatcher.check()
        await act(dispatcher, "恢复办理")
        await dispatcher.page.get_by_text("已恢复办理").wait_for()


async def test_a_day_of_the_supervisor(
    chromium: Any, household: Household, size: dict[str, int]
) -> None:
    """What units hand back three times comes to the supervisor by itself."""
    matter = Matter(household, f"三不管的线缆 {size['width']}")
    matter.accepted()
    matter.dispatched()
    matter.returned()
    matter.dispatched()
    matter.returned()
    matter.dispatched()
    async with desk(chromium, household, "handler", size) as handler:
        await handler.open(matter.path)
        await aside_to_list(handler, matter)
    async with desk(chromium, household, "supervisor", size) as supervisor:
        page = supervisor.page
        await supervisor.check()
        await page.get_by_role("link", name=matter.title).first.click()
        await page.get_by_role("heading", name="督办这件案件").wait_for()
        await page.locator("#next textarea[name=note]").fill("由环卫所牵头，今天办完")
        await page.locator("#next select").select_option(label=OTHER)
        await supervisor.check()
        await act(supervisor, "督办")
        await page.get_by_text("意见写进了经过").wait_for()
        await page.get_by_role("link", name="谁看过这件案件").click()
        await supervisor.check()
    async with desk(chromium, household, "dispatcher", size) as dispatcher:
        await dispatcher.open(matter.path)
        chosen = dispatcher.page.locator("#next select[name=unitId] option:checked")
        assert OTHER in await chosen.inner_text()
        await act(dispatcher, "派遣")
        await dispatcher.page.get_by_text(f"已派遣给{OTHER}").wait_for()


async def aside_to_list(handler: Desk, matter: Matter) -> None:
    """Handing back leads to the list, for the case is no longer one's own."""
    page = handler.page
    await page.locator("#case-next details summary").first.click()
    await page.locator("#case-next [data-opens=move-return]").click()
    await page.locator("#return-reason").fill("也不归我们管")
    await handler.check()
    await page.locator("#move-return button[type=submit]").click()
    await page.get_by_text("已退回派单员").wait_for()
    assert page.url.endswith("/admin/cases/")
    await handler.check()


async def test_a_dispatcher_calls_three_units(
    chromium: Any, household: Household, size: dict[str, int]
) -> None:
    matter = Matter(household, f"菜场周边乱 {size['width']}")
    matter.accepted()
    matter.dispatched()
    async with desk(chromium, household, "dispatcher", size) as dispatcher:
        page = dispatcher.page
        await dispatcher.open(f"{matter.path}/whistle")
        await page.get_by_label("要大家做什么").fill("上午十点到北门")
        for number, unit in enumerate((OTHER, "市政养护公司", "交警大队拱墅中队")):
            await page.locator(f"select[name=unit{number}]").select_option(label=unit)
        await dispatcher.check()
        await page.get_by_role("button", name="吹哨", exact=True).click()
        await page.get_by_text("3 个单位没办完").wait_for()
        await dispatcher.check()
        await dispatcher.open("/admin/cases/tasks")
        await dispatcher.check()


async def test_a_day_of_the_administrator(
    chromium: Any, household: Household, size: dict[str, int]
) -> None:
    async with desk(chromium, household, "admin", size) as admin:
        page = admin.page
        await page.get_by_role("heading", name="没有做成的后台任务").wait_for()
        await page.get_by_role("heading", name="没有人在岗的单位").wait_for()
        await admin.check()

        await admin.open("/admin/dispatch/new")
        await page.get_by_label("什么事").select_option(index=3)
        chosen = await page.get_by_label("什么事").input_value()
        await page.get_by_label("派给哪个单位").select_option(label="市政养护公司")
        await page.get_by_role("button", name="试算").click()
        await page.get_by_text("现在还什么都没有改").wait_for()
        await admin.check()
        await page.get_by_role("button", name="回去改").click()
        assert await page.get_by_label("什么事").input_value() == chosen

        await admin.open("/admin/cases/calendar")
        await page.get_by_role("link", name="更正一天").click()
        assert await page.evaluate("document.activeElement.id || location.hash") in (
            "f-day",
            "#f-day",
        )
        day = f"{datetime.now(UTC).year + 1}-03-{10 if size['width'] == WIDE['width'] else 11}"
        await page.get_by_label("日期").fill(day)
        await page.locator("label", has_text="休息").click()  # waits until the page stands still
        assert await page.get_by_label("休息").is_checked()
        await page.get_by_label("依据").fill("台风停工")
        await admin.check()
        await page.get_by_role("button", name="记下").click()
        await page.get_by_text("已记下").wait_for()
        await admin.check()


async def test_a_day_of_the_auditor(
    chromium: Any, household: Household, size: dict[str, int]
) -> None:
    matter = Matter(household, f"有人看过 {size['width']}")
    async with desk(chromium, household, "auditor", size) as auditor:
        page = auditor.page
        await page.get_by_role("heading", name="审计的核对").wait_for()
        await auditor.check()
        await auditor.open("/admin/audit")
        if size["width"] == PHONE["width"]:
            await page.locator("details.filters summary").click()
        await page.get_by_label("做了什么").select_option(label="登录")
        await page.get_by_label("关于哪类").select_option(label="账号")
        await page.get_by_role("button", name="查找").click()
        await page.wait_for_url("**action=people.sign_in**")
        await page.get_by_text("通过 网页").first.wait_for()
        await auditor.check()
        await page.locator("#list td a").first.click()
        await page.wait_for_url("**kind=core.Person&key=**")
        await auditor.open("/admin/audit?who=nobody-at-all")
        await page.get_by_role("heading", name="没有找到记录").wait_for()
        await auditor.check()
        for part in ("", "/certificates", "/holds", "/assessments"):
            await auditor.open(f"/admin/register{part}")
            await auditor.check()
        await auditor.open(matter.path)
        assert matter.title not in await page.content()


async def test_a_unit_arranges_its_duty(
    chromium: Any, household: Household, size: dict[str, int]
) -> None:
    async with desk(chromium, household, "handler", size) as handler:
        page = handler.page
        await handler.open("/admin/dispatch/roster")
        await page.get_by_role("link", name="小河街道综合行政执法队").click()
        weeks = 2 if size["width"] == WIDE["width"] else 3
        for _ in range(weeks):
            await page.get_by_role("link", name="下一周").click()
            await page.wait_for_load_state("load")
        assert await page.get_by_text("删掉").count() == 0
        await page.get_by_label("从几点").fill("17:30")
        await page.get_by_label("到几点").fill("09:00")
        await page.get_by_label("谁值班").select_option(index=1)
        await page.get_by_label("哪一天").select_option(index=1)
        await handler.check()
        await page.get_by_role("button", name="排上").click()
        shift = page.get_by_role("button", name="删掉").first
        await shift.wait_for()
        await shift.click()
        await page.locator("#ask").get_by_role("button", name="确定").click()
        await page.wait_for_load_state("load")
        await page.get_by_role("button", name="删掉").first.wait_for(state="detached")
        await handler.check()
