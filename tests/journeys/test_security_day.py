"""A day of the administrators of security, with an identity provider in the district."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pyotp
import pytest

from tests import provider as real
from tests.journeys.conftest import PASSWORD, Household, Moving
from tests.journeys.test_in_browser import PHONE, WIDE, Desk, desk

OWN = "自己的 新密码 78"


@pytest.fixture(scope="module")
def idp() -> Iterator[real.House]:
    """At another site than ours: cookies that stay at home are not sent on the way back."""
    with real.running("localhost") as idp:
        yield idp


@pytest.fixture(scope="module")
async def office(move_in: Moving, idp: real.House) -> AsyncIterator[Household]:
    """A household of its own: wrong passwords are typed here."""
    provider = {
        "LIUHE_OIDC_ISSUER": idp.issuer,
        "LIUHE_OIDC_CLIENT_ID": real.CLIENT,
        "LIUHE_OIDC_CLIENT_SECRET": real.SECRET,
        "LIUHE_OIDC_LABEL": "政务统一登录",
    }
    async with move_in("--no-video", **provider) as running:
        idp.client.redirects.add(f"{running.url}/admin/login/oidc/back")
        yield running


@pytest.fixture(params=[WIDE, PHONE], ids=["1440", "390"])
def size(request: pytest.FixtureRequest) -> dict[str, int]:
    return dict(request.param)


@asynccontextmanager
async def stranger(chromium: Any, office: Household, size: dict[str, int]) -> AsyncIterator[Desk]:
    """A browser in which nobody has signed in."""
    context = await chromium.new_context(viewport=size, locale="zh-CN")
    try:
        yield Desk(await context.new_page(), office)
    finally:
        await context.close()


async def press(one: Desk, name: str) -> None:
    """A button in the page, and "yes" where it asks first."""
    await one.page.locator("main").get_by_role("button", name=name, exact=True).first.click()
    asked = one.page.locator("dialog[open]")
    await one.page.wait_for_timeout(200)
    if await asked.count():
        await asked.get_by_role("button").last.click()
    await one.page.wait_for_load_state("load")


async def test_a_day_of_security(chromium: Any, office: Household, size: dict[str, int]) -> None:
    username = f"xin{size['width']}"
    async with desk(chromium, office, "security", size) as security:
        page = security.page
        number, start = await new_account(security, username)
        await security.check()
        await page.get_by_role("link", name="下一步：给岗位").click()
        await security.check()
        await give_post(security)
        await page.get_by_text("长征桥社区 · 社区网格员").first.wait_for()

        async with stranger(chromium, office, size) as fresh:
            secret = await first_day(fresh, username, start)
            await arrange_deputy(security, number)
            await press(security, "重置第二道验证")
            await page.get_by_text("没有开启").wait_for()
            assert secret
            await fresh.open("/admin/me")
            assert "/admin/login" in fresh.page.url  # what was open has ended

        await wrong_passwords(office, username)
        await security.open("/admin/people/paused")
        await security.check()
        row = page.locator("tr", has_text=username).first
        await row.get_by_role("button").click()
        await page.locator("dialog[open]").get_by_role("button").last.click()
        await page.get_by_text("已解除").wait_for()

        await security.open(f"/admin/people/{number}")
        await press(security, "停用账号")
        await page.get_by_text("已停用").first.wait_for()
        await security.check()


async def new_account(security: Desk, username: str) -> tuple[int, str]:
    page = security.page
    await security.open("/admin/people")
    await security.check()
    await page.get_by_role("link", name="新的账号").click()
    await security.check()
    await page.get_by_label("姓名").fill("辛小雨")
    await page.get_by_label("账号", exact=True).fill(username)
    await press(security, "建立账号")
    start = await page.locator("code.strong").inner_text()
    link = await page.get_by_role("link", name="下一步：给岗位").get_attribute("href")
    found = re.search(r"\d+$", str(link))
    assert found is not None
    return int(found[0]), start


async def give_post(security: Desk) -> None:
    page = security.page
    await page.locator("#f-role").select_option("grid")
    value = await page.locator("#f-area option", has_text="长征桥社区").first.get_attribute("value")
    await page.locator("#f-area").select_option(value)
    await page.locator("#f-valid_until").fill("2099-12-31")
    await press(security, "给这个岗位")


async def first_day(fresh: Desk, username: str, start: str) -> str:
    """A password of one's own, then a second factor."""
    page = fresh.page
    await fresh.open("/admin/login")
    await page.get_by_label("账号", exact=True).fill(username)
    await page.locator("input[name=password]").fill(start)
    await page.get_by_role("button", name="登录", exact=True).click()
    await page.wait_for_url("**/admin/login/password**")
    await fresh.check()
    await page.locator("input[name=new]").fill(OWN)
    await page.locator("input[name=again]").fill(OWN)
    await page.get_by_role("button", name="保存并登录").click()
    await page.wait_for_url("**/admin/")
    await fresh.open("/admin/me/factor")
    found = re.search(r"secret=([A-Z2-7]+)", await page.content())
    assert found is not None
    await page.locator("input[name=old]").fill(OWN)
    await page.locator("input[name=code]").fill(pyotp.TOTP(found[1]).now())
    await press(fresh, "开启")
    await page.get_by_text("恢复码").first.wait_for()
    return found[1]


async def arrange_deputy(security: Desk, number: int) -> None:
    page = security.page
    await security.open(f"/admin/people/{number}")
    away = page.locator("#f-stands_in_for")
    value = await away.locator("option", has_text="桥西社区").first.get_attribute("value")
    await away.select_option(value)
    await press(security, "安排代班")
    problem = page.locator("#deputy-until")
    assert await problem.evaluate("one => one.matches(':invalid')")  # the last day is asked for
    await problem.fill("2099-01-31")
    await press(security, "安排代班")
    await page.get_by_text("（代）").first.wait_for()
    await security.check()


async def wrong_passwords(office: Household, username: str) -> None:
    async with httpx2.AsyncClient(timeout=30) as client:
        for _ in range(10):
            given = {"username": username, "password": "not-the-one"}
            answer = await client.post(f"{office.url}/auth/token", json=given)
        assert answer.status_code in (401, 429)


async def test_a_unit_is_closed_by_the_system(
    chromium: Any, office: Household, size: dict[str, int]
) -> None:
    name = f"临时队 {size['width']}"
    async with desk(chromium, office, "admin", size) as admin:
        page = admin.page
        await admin.open("/admin/units")
        await admin.check()
        await page.get_by_role("link", name="新的单位").click()
        await page.get_by_label("名称").fill(name)
        await page.get_by_label("代号").fill(f"linshi-{size['width']}")
        await page.locator("#f-area").select_option(index=1)
        await admin.check()
        await press(admin, "加上")
        await page.get_by_role("link", name=name).click()
        await page.get_by_label("在用").uncheck()
        await admin.check()
        await press(admin, "保存")
        row = page.locator("tr", has_text=name)
        assert "已停用" in await row.inner_text()


async def test_signing_in_at_the_provider_from_the_login_page(
    chromium: Any, office: Household, idp: real.House, size: dict[str, int]
) -> None:
    idp.reset()
    idp.wait["ask"] = 0.0  # a page of its own with a button, as providers have
    idp.users["grid"] = real.User("u-grid", {"preferred_username": "grid"})
    async with stranger(chromium, office, size) as grid:
        page = grid.page
        await grid.open("/admin/cases/?tab=all")
        await grid.check()
        await page.get_by_role("link", name="政务统一登录").click()
        await page.wait_for_url(f"{idp.issuer}/**")
        await page.get_by_role("button", name="继续").click()
        await page.wait_for_url("**/admin/cases/?tab=all")
        await page.get_by_role("heading", name="案件").first.wait_for()
        await grid.open("/admin/me")
        await page.get_by_text("通过政务统一登录").first.wait_for()


async def test_a_second_factor_is_asked_for_on_the_way_back_from_another_site(
    chromium: Any, office: Household, idp: real.House
) -> None:
    """The cookie of the door must outlive a way back that another site began."""
    idp.reset()
    idp.wait["ask"] = 0.0
    idp.users["grid"] = real.User("u-handler", {"preferred_username": "handler"})
    async with desk(chromium, office, "handler", WIDE) as handler:
        await handler.open("/admin/me/factor")
        found = re.search(r"secret=([A-Z2-7]+)", await handler.page.content())
        assert found is not None
        await handler.page.locator("input[name=old]").fill(PASSWORD)
        await handler.page.locator("input[name=code]").fill(pyotp.TOTP(found[1]).now())
        await press(handler, "开启")
    async with stranger(chromium, office, WIDE) as handler:
        await handler.open("/admin/login/oidc")
        await handler.page.get_by_role("button", name="继续").click()
        await handler.page.wait_for_url("**/admin/login/code**")
        await handler.page.get_by_label("验证码").wait_for()


async def test_a_provider_that_refuses_is_told_in_words_and_the_form_is_there(
    chromium: Any, office: Household, idp: real.House, size: dict[str, int]
) -> None:
    idp.reset()
    idp.sign = idp.signed_by_another
    async with stranger(chromium, office, size) as grid:
        await grid.open("/admin/login/oidc")
        await grid.page.get_by_text("凭证不对").wait_for()
        await grid.page.get_by_label("账号", exact=True).fill("grid")
        await grid.page.locator("input[name=password]").fill(PASSWORD)
        await grid.page.get_by_role("button", name="登录", exact=True).click()
        await grid.page.wait_for_url("**/admin/")
