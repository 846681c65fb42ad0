"""The figures of the demo district: they add up, and lead down to their cases."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.journeys.client import Officer, wait_for
from tests.journeys.conftest import Household
from tests.journeys.test_in_browser import PHONE, WIDE, desk

INDICATORS = "{ indicators { code by } }"
TABLE = """query ($code: String!, $month: String!, $by: FigureBy!) {
  figures(code: $code, month: $month, by: $by) { closedAt
    total { numerator denominator } figures { numerator denominator } } }"""
ROWS = """query ($code: String!, $month: String!) {
  figureRows(code: $code, month: $month, first: 100) {
    totalCount edges { node { counts thing { id } } } } }"""


def last_months() -> list[str]:
    """This month and the two before, the earliest first."""
    today = datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai"))
    numbers = [today.year * 12 + today.month - 1 - back for back in (2, 1, 0)]
    return [f"{number // 12}-{number % 12 + 1:02d}" for number in numbers]


def test_every_figure_is_the_sum_of_its_parts_and_of_the_cases_behind_it(
    household: Household,
) -> None:
    supervisor = Officer(household, "supervisor")
    codes = supervisor.ask(INDICATORS)["indicators"]
    assert len(codes) == 10
    *past, current = last_months()
    wait_until_counted(supervisor)
    some = 0
    for month in (*past, current):
        for one in codes:
            where = {"code": one["code"], "month": month}
            totals = []
            for by in one["by"]:
                table = supervisor.ask(TABLE, by=by, **where)["figures"]
                totals.append(pair(table["total"]))
                assert summed(table["figures"]) == totals[0], (where, by)
            rows = supervisor.ask(ROWS, **where)["figureRows"]
            nodes = [edge["node"] for edge in rows["edges"]]
            assert (sum(node["counts"] for node in nodes), rows["totalCount"]) == totals[0], where
            assert all(node["thing"]["id"] for node in nodes)
            some += totals[0][1]
    assert some > 100


def pair(figure: dict[str, int]) -> tuple[int, int]:
    return figure["numerator"], figure["denominator"]


def wait_until_counted(supervisor: Officer) -> None:
    """A household that has just started counts its months in the background, the last one last."""
    code = supervisor.ask(INDICATORS)["indicators"][-1]["code"]
    month = last_months()[-1]

    def counted() -> Any:
        return supervisor.ask(TABLE, code=code, month=month, by="ALL")["figures"]

    wait_for(counted, 120)


def summed(figures: list[dict[str, int]]) -> tuple[int, int]:
    pairs = [pair(figure) for figure in figures]
    return sum(one for one, _ in pairs), sum(one for _, one in pairs)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1440", "390"])
async def test_a_figure_is_clicked_down_to_a_case(
    chromium: Any, household: Household, size: dict[str, int]
) -> None:
    month = last_months()[1]
    wait_until_counted(Officer(household, "supervisor"))
    async with desk(chromium, household, "supervisor", size) as one:
        await one.open(f"/admin/figures/?month={month}")
        await one.check()
        await one.page.get_by_role("link", name="按期处置率").first.click()
        await one.page.get_by_role("heading", name="近 12 个月").wait_for()
        await one.check()
        await one.page.get_by_text("看趋势的数").click()
        await one.check()
        await one.page.get_by_role("link", name="背后的事情", exact=True).click()
        await one.page.get_by_role("link", name="没有算上的").wait_for()
        await one.check()
        await one.page.locator("tbody .title a").first.click()
        await one.page.wait_for_url("**/admin/cases/*")
        await one.open(f"/admin/figures/cases.signed/why?month={month}")
        await one.check()
        await one.open("/admin/figures/months")
        await one.check()
        await one.open("/admin/figures/objections")
        await one.page.get_by_text("没有经过派遣，请核对").wait_for()  # of the demo
        await one.check()
        await one.page.get_by_role("link", name="已答复").click()
        await one.page.get_by_role("link", name="和物业公司一起去办").click()
        await one.page.get_by_text("案件只记在主办单位名下").wait_for()
        await one.check()
