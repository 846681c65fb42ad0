"""A year of earlier cases goes in from a workbook and out again, in a browser."""

import io
import os
from pathlib import Path
from typing import Any

import httpx2
import openpyxl
import pytest

from tests.journeys.conftest import Household
from tests.journeys.test_in_browser import PHONE, WIDE, desk

HEAD = ["原编号", "标题", "案件类型", "区域代码", "上报时间", "结案时间", "处置结果", "当事人民族"]


def workbook(area: str, width: int) -> bytes:
    """Twelve lines, two of them wrong."""
    made = openpyxl.Workbook()
    made.active.append(HEAD)
    for n in range(12):
        row = [
            f"{width}-{n}",
            f"第 {n} 件",
            "0102",
            area,
            "2025-03-01 9:30",
            "2025-03-02",
            "好",
            "某",
        ]
        made.active.append(row)
    made.active["C4"] = "没有这种"
    made.active["G6"] = "=A1"
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


async def shot(one: Any, name: str, size: dict[str, int]) -> None:
    """For people to look at: only where somebody names a folder for them."""
    if folder := os.environ.get("LIUHE_TEST_PICTURES"):
        path = Path(folder) / f"{name}-{size['width']}.png"
        await one.page.screenshot(path=path, full_page=True)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1440", "390"])
async def test_a_workbook_goes_in_and_comes_out(
    chromium: Any, household: Household, size: dict[str, int]
) -> None:
    async with desk(chromium, household, "dispatcher", size) as one:
        page = one.page
        await one.open("/admin/imports")
        await one.check()
        await shot(one, "imports", size)
        await one.open("/admin/imports/cases.history")
        await one.check()
        await shot(one, "upload", size)
        await page.get_by_label("表格文件").set_input_files(
            {"name": "旧.xlsx", "mimeType": "", "buffer": workbook(area(household), size["width"])}
        )
        await page.get_by_role("button", name="上传并检查").click()
        await page.get_by_role("heading", name="有 2 行要改，10 行可以导入").wait_for()
        await page.get_by_text("这一格是公式").wait_for()
        await page.get_by_text("当事人民族").wait_for()
        await one.check()
        await shot(one, "checked", size)
        async with page.expect_download() as loading:
            await page.get_by_role("link", name="下载要改的行（XLSX）").click()
        assert (await loading.value).suggested_filename == "要改的行.xlsx"
        await page.get_by_role("button", name="跳过要改的，导入 10 行").click()
        await page.locator("dialog[open]").get_by_role("button").last.click()
        await page.get_by_text("导入完了").first.wait_for()
        await one.check()
        await shot(one, "done", size)
        await one.open("/admin/cases/?tab=all&q=第 1 件")
        await page.get_by_role("link", name="导出这些案件").click()
        await one.check()
        await shot(one, "export", size)
        await page.get_by_label("为什么要导出").fill("年度检查")
        async with page.expect_download() as loading:
            await page.get_by_role("button", name="下载").click()
        assert (await loading.value).suggested_filename.endswith(".xlsx")
        await one.open("/admin/hotline/")
        await one.check()
        await shot(one, "hotline", size)
        await one.open("/admin/exports")
        await one.check()


def area(household: Household) -> str:
    """The code of a division in which the dispatcher has cases."""
    asked = httpx2.post(
        f"{household.url}/graphql",
        json={"query": "{ cases(first: 1) { edges { node { area { code } } } } }"},
        headers={"authorization": f"Bearer {household.token('dispatcher')}"},
        timeout=20,
    )
    return str(asked.json()["data"]["cases"]["edges"][0]["node"]["area"]["code"])
