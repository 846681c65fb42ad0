"""The pages as a browser without script uses them; what one may not see is not in them."""

import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest

from liuhe.testing import make_unit, make_viewer
from plugins.figures.actions import keep_up
from plugins.figures.models import Erratum, Month, Objection, Sheet
from plugins.figures.rules import later, month_text
from tests.audit import audited
from tests.factories import only
from tests.plugins.cases.test_pages import Browser
from tests.plugins.figures.conftest import DAY, DECEMBER, HOUR, NOV, NOVEMBER, Books
from tests.web.conftest import opened_shell

pytestmark = only("sqlite")
HERE = "/admin/figures"
EXPORT = "/exports/figures.table.csv?code=cases.signed&month=2026-11&by=unit"
SIGNED = f"{HERE}/cases.signed"
#: So many signed in time and late, by unit: the first three are too small to be published.
UNITS = ((2, 0), (3, 1), (4, 2), (7, 1), (9, 0))


@pytest.fixture
async def browser(books: Books) -> AsyncIterator[Browser]:
    async with opened_shell(books.place.kernel) as shell:
        yield Browser(shell)


@pytest.fixture
async def closed(books: Books) -> Books:
    """November, closed: five units with few cases and many."""
    at = NOVEMBER + HOUR
    for number, (fine, late) in enumerate(UNITS):
        who = await books.unit(number)
        for count in range(fine + late):
            at += timedelta(minutes=7)
            signs = HOUR if count < fine else DAY + timedelta(seconds=1)
            await books.case(at, who=who, signs=signs)
    await keep_up(DECEMBER + 3 * DAY)
    return books


async def test_figures_lead_to_what_is_behind_them(closed: Books, browser: Browser) -> None:
    await browser.as_(closed.place.admin)
    index = await browser.get(f"{HERE}/?month=2026-11")
    assert "已封账" in index.text
    assert "按时签收 25 / 应签收 29" in index.text
    one = await browser.get(f"{SIGNED}?month=2026-11")
    table = one.text[one.text.index("按单位") :]
    order = list(dict.fromkeys(re.findall(r"联动单位\d\d", table)))
    assert order == [f"联动单位0{number}" for number in (0, 4, 3, 1, 2)]  # by rate
    for words in ("到期的那一秒", "口径（第 1 版）", "办理率三色", "少于 5 件"):
        assert words in one.text
    sheet = await Sheet.get(code="cases.signed", month=NOV)
    key = next(k for k, name in sheet.names["unit"].items() if name == "联动单位03")
    rows = await browser.get(f"{SIGNED}/rows?month=2026-11&by=unit&key={key}&missed=1")
    assert rows.text.count("没有算上</span>") == 1
    due, done = re.findall(r"2026-11-\d\d \d\d:\d\d:\d\d", rows.text)
    assert due[-2:] == "00"
    assert done[-2:] == "01"  # a second late
    why = await browser.get(f"{SIGNED}/why?month=2026-11&by=unit&key={key}")
    assert "颜色是黄：不低于 80%（办理率三色第 1 版）" in why.text
    assert "单位排名第 2 名，共 3 个" in why.text
    assert "/admin/exports/figures.table?month=2026-11" in one.text
    assert "联动单位03,7,8,87.5%,2" in (await browser.get(EXPORT)).text
    assert len(await audited("exports.make")) == 1


async def test_whoever_sees_no_cases_sees_what_is_published_and_no_hidden_number(
    closed: Books, browser: Browser
) -> None:
    await browser.as_(closed.place.auditor)
    for path in (f"{SIGNED}?month=2026-11", f"{EXPORT}&view=published"):
        await browser.as_(closed.place.auditor if path.startswith(HERE) else closed.place.admin)
        text = (await browser.get(path)).text
        assert "86.2%" in text  # the total
        assert "联动单位04" in text
        for hidden in ("66.7%", "75.0%", "联动单位00,2", "联动单位01,3"):
            assert hidden not in text
    published = (await browser.get(f"{EXPORT}&view=published")).text
    told = {line.split(",")[3]: line.split(",")[4:7] for line in published.splitlines()}
    await browser.as_(closed.place.auditor)
    assert (await browser.get(EXPORT)).status_code == 403
    assert told["联动单位04"] == ["9", "9", "100.0%"]
    for number in range(3):
        assert told[f"联动单位0{number}"] == ["不公布", "不公布", "不公布"]
    sheet = await Sheet.get(code="cases.signed", month=NOV)
    key = next(k for k, name in sheet.names["unit"].items() if name == "联动单位01")
    rows = await browser.get(f"{SIGNED}/rows?month=2026-11&by=unit&key={key}")
    assert "件算在里面" not in rows.text
    shown = next(k for k, name in sheet.names["unit"].items() if name == "联动单位04")
    rows = await browser.get(f"{SIGNED}/rows?month=2026-11&by=unit&key={shown}")
    assert "另有 9 件算在里面，您现在无权查看" in rows.text
    assert "人行道上有垃圾" not in rows.text
    why = await browser.get(f"{SIGNED}/why?month=2026-11&by=unit&key={key}")
    assert "少于 5 件的数不公布" in why.text
    assert "提出异议" not in why.text
    for asked in ("whole", "part", "x"):
        answer = await browser.get(f"{SIGNED}?month=2026-11&view={asked}")
        assert "公布" in answer.text
        assert "66.7%" not in answer.text


async def test_whoever_neither_objects_nor_answers_is_not_led_to_objections(
    closed: Books, browser: Browser
) -> None:
    link = f'href="{HERE}/objections"'
    await browser.as_(closed.place.auditor)
    assert link not in (await browser.get(f"{HERE}/?month=2026-11")).text
    told = (await browser.get(f"{HERE}/objections")).text
    assert "异议只给提出的人和答复的人看" in told
    assert "可以提出异议" not in told
    for viewer in (closed.place.handler, closed.place.supervisor):
        await browser.as_(viewer)
        assert link in (await browser.get(f"{HERE}/?month=2026-11")).text


async def test_a_month_that_is_open_is_for_those_who_see_its_cases_only(
    books: Books, browser: Browser
) -> None:
    await books.case(NOVEMBER)
    await keep_up(NOVEMBER + 2 * DAY)
    await browser.as_(books.place.auditor)
    index = await browser.get(f"{HERE}/?month=2026-11")
    assert "还没有公布" in index.text
    assert (await browser.get(f"{SIGNED}/rows?month=2026-11")).status_code == 404
    await browser.as_(books.place.handler)
    index = await browser.get(f"{HERE}/?month=2026-11")
    assert "按时签收 1 / 应签收 1" in index.text
    assert "只算您看得到的事情" in index.text
    await browser.as_(books.place.other_handler)
    assert "按时签收 0 / 应签收 0" in (await browser.get(f"{HERE}/?month=2026-11")).text
    await browser.as_(books.place.resident)
    assert (await browser.get(f"{HERE}/")).status_code == 403


async def test_an_objection_goes_its_way_through_the_pages(closed: Books, browser: Browser) -> None:
    place = closed.place
    sheet = await Sheet.get(code="cases.signed", month=NOV)
    key = next(k for k, name in sheet.names["unit"].items() if name == "联动单位03")
    given = {"month": "2026-11", "by": "unit", "key": key, "once": "o1"}
    await browser.as_(place.admin)
    empty = await browser.post(f"{SIGNED}/why", {**given, "text": " "})
    assert (empty.status_code, "请写明哪里不对。" in empty.text) == (422, True)
    for _ in range(2):
        filed = await browser.post(f"{SIGNED}/why", {**given, "text": "签收时系统坏了"})
        assert filed.status_code == 303
    objection = await Objection.get()
    one = f"{HERE}/objections/{objection.id}"
    assert "自己提出的异议，由别人来答复" in (await browser.get(one)).text
    await browser.as_(place.dispatcher)
    assert (await browser.get(one)).status_code == 404
    await browser.as_(place.supervisor)
    assert "答复 1 条异议" in (await browser.get(f"{HERE}/")).text
    assert "签收时系统坏了" in (await browser.get("/admin/")).text
    answer = {"outcome": "upheld", "answer": "查实了", "numerator": "9", "denominator": "8"}
    wrong = await browser.post(one, answer)
    assert wrong.status_code == 422
    assert "查实了" in wrong.text
    assert "分子不能大于分母" in wrong.text
    done = await browser.post(one, {**answer, "numerator": "8"})
    assert done.status_code == 303
    page = await browser.get(f"{SIGNED}?month=2026-11")
    assert "7/8（87.5%） 应为 8/8（100.0%）：查实了" in page.text
    assert (await Erratum.get()).numerator == 8
    assert len(await audited("figures.erratum")) == 1
    published = await browser.get(f"{SIGNED}?month=2026-11&view=published")
    assert "应为 8/8" in published.text


async def test_months_are_closed_and_checked_on_a_page(
    books: Books, browser: Browser, clock: Callable[..., None]
) -> None:
    await books.case(NOVEMBER)
    clock(DECEMBER + HOUR)
    await keep_up(DECEMBER + HOUR)
    await browser.as_(books.place.dispatcher)
    assert "现在封账" not in (await browser.get(f"{HERE}/months")).text
    assert (await browser.post(f"{HERE}/months", {"month": "2026-11"})).status_code == 403
    await browser.as_(books.place.supervisor)
    assert "现在封账" in (await browser.get(f"{HERE}/months")).text
    assert (await browser.post(f"{HERE}/months", {"month": "2026-11"})).status_code == 303
    assert await Month.filter(month=NOV, closed_at__isnull=False).exists()
    assert "和封账时一字不差" in (await browser.get(f"{HERE}/months?check=2026-11")).text


async def test_every_closed_month_is_on_the_list_however_many_there_are(
    books: Books, browser: Browser
) -> None:
    months = [later(NOV, -count) for count in range(50)]
    await Month.bulk_create([Month(month=month, closed_at=NOVEMBER) for month in months])
    await browser.as_(books.place.auditor)
    page, found = f"{HERE}/months", set[str]()
    for _ in range(3):
        text = (await browser.get(page)).text
        found |= set(re.findall(r"check=(\d{4}-\d\d)", text))
        if link := re.search(r'href="([^"]+months\?after=[^"]+)"', text):
            page = link[1].replace("&amp;", "&")
    assert found == {month_text(month) for month in months}
    chooser = (await browser.get(f"{HERE}/?month=2026-11")).text
    assert f'<option value="{month_text(months[-1])}"' in chooser


async def test_an_address_that_makes_no_sense_is_no_error(closed: Books, browser: Browser) -> None:
    await browser.as_(closed.place.admin)
    for path in (
        "/?month=2026-13",
        "/?month=x",
        "/cases.nothing",
        "/cases.signed/rows?month=2026-11&by=unit&key=x",
        "/cases.signed/rows?month=2026-11&by=unit&key=" + "9" * 40,
        "/cases.registered/rows?month=2026-11&by=unit&key=1",
        "/objections/99",
    ):
        assert (await browser.get(HERE + path)).status_code == 404, path
    for path in ("/cases.signed?month=2026-11&by=x&sort=x&view=x", "/?month=2020-01"):
        assert (await browser.get(HERE + path)).status_code == 200, path


async def test_three_units_cost_as_many_queries_as_one(
    books: Books, browser: Browser, count_queries: Callable[[], Any]
) -> None:
    await browser.as_(books.place.admin)
    costs = []
    for number in range(3):
        unit = await make_unit(f"Q{number}", f"单位{number}", books.place.street)
        handler = await make_viewer(f"q{number}", "handler", unit=unit)
        await books.case(NOVEMBER + number * HOUR, who=(unit, handler))
        await keep_up(NOVEMBER + (10 + number) * DAY)
        for path in ("/", "/cases.signed", "/cases.signed/rows"):
            with count_queries() as queries:
                assert (await browser.get(f"{HERE}{path}?month=2026-11")).status_code == 200
            costs.append(len(queries))
    assert costs[:3] == costs[6:]
