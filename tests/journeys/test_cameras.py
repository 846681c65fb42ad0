"""Looking after cameras in a browser, on a desktop and on a phone; axe on each page."""

import os
from typing import Any

import pytest

from tests.journeys.conftest import Household
from tests.journeys.test_in_browser import PHONE, WIDE, desk


async def shot(one: Any, name: str, size: dict[str, int]) -> None:
    """For people to look at: only where somebody names a folder for them."""
    if folder := os.environ.get("LIUHE_TEST_PICTURES"):
        await one.page.screenshot(path=f"{folder}/{name}-{size['width']}.png", full_page=True)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1440", "390"])
async def test_how_cameras_do_is_seen_at_a_glance(
    chromium: Any, household: Household, size: dict[str, int]
) -> None:
    async with desk(chromium, household, "admin", size) as one:
        page = one.page
        await one.open("/admin/video/")
        await one.check()
        await shot(one, "cameras", size)
        await page.get_by_role("link", name="小河路桥头").first.click()
        await page.get_by_role("heading", name="运行状况").wait_for()
        chart = page.get_by_role("heading", name="过去一天")
        for _ in range(30):  # the eyes speak every ten seconds
            if await chart.count():
                break
            await page.wait_for_timeout(1000)
            await page.reload()
        await page.get_by_text("看每小时的数").click()
        await page.get_by_role("table", name="每小时的运行状况").wait_for()
        await one.check()
        await shot(one, "camera", size)
        await page.get_by_role("link", name="修改").click()
        await page.get_by_text("现在是 clip:campus").wait_for()
        await one.check()
        await shot(one, "camera-form", size)
        await one.open("/admin/video/find")
        await page.get_by_role("heading", name="还没有允许查找的网段").wait_for()
        await one.check()
