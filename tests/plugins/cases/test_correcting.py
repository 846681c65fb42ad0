"""The district's corrections of the calendar: from when they count, and the page."""

from datetime import UTC, date, datetime, timedelta

import pytest

from liuhe import BadInput, Forbidden
from plugins.cases import actions
from plugins.cases.models import CalendarDay, Case, Clock
from tests.factories import only
from tests.plugins.cases.conftest import District
from tests.plugins.cases.test_pages import Browser, browser  # noqa: F401 - a fixture

FRIDAY = datetime(2026, 11, 6, 1, 0, tzinfo=UTC)  # 9:00 in China


async def dispatched(place: District, at: datetime) -> Clock:
    """The handling clock of a case that may take one working day."""
    with actions.pretend(at):
        case = await place.open(type_code="0106")
        await place.go(case, "accepted")
        await place.go(case, "dispatched")
    return await Clock.get(case_id=case.id, kind="handle")


async def test_a_corrected_day_counts_for_clocks_that_start_afterwards(place: District) -> None:
    before = await dispatched(place, FRIDAY)
    with actions.pretend(FRIDAY + timedelta(minutes=1)):
        await actions.correct_day(
            place.admin, day=date(2026, 11, 9), works=False, note="台风停工一天"
        )
    after = await dispatched(place, FRIDAY + timedelta(minutes=2))
    assert before.due_at == FRIDAY + timedelta(days=3)
    assert after.due_at == FRIDAY + timedelta(days=4, minutes=2)
    assert (await Clock.get(id=before.id)).due_at == before.due_at
    assert "规则第 2 版" in after.rule


@only("sqlite")
async def test_a_correction_is_taken_back_by_another_and_both_stay(place: District) -> None:
    day = date(2026, 11, 9)
    with actions.pretend(FRIDAY):
        await actions.correct_day(place.admin, day=day, works=False, note="错了")
        await actions.correct_day(place.admin, day=day, works=None, note="撤销")
        assert (await actions.calendar_as_of(FRIDAY)).works(day)
    assert await CalendarDay.all().count() == 2


@only("sqlite")
async def test_only_an_administrator_corrects_and_only_what_lies_ahead(place: District) -> None:
    with actions.pretend(FRIDAY):
        for who in (place.dispatcher, place.supervisor, place.grid, place.handler):
            with pytest.raises(Forbidden):
                await actions.correct_day(who, day=date(2026, 11, 9), works=False, note="台风")
        for day, note, field in (
            (date(2026, 11, 5), "台风", "day"),
            (date(2036, 11, 5), "台风", "day"),
            (None, "台风", "day"),
            (date(2026, 11, 9), " ", "note"),
            (date(2026, 11, 9), "长" * 101, "note"),
        ):
            with pytest.raises(BadInput) as caught:
                await actions.correct_day(place.admin, day=day, works=False, note=note)
            assert caught.value.field == field
    assert await CalendarDay.all().count() == 0


@only("sqlite")
async def test_the_page_shows_the_year_and_takes_a_correction(
    place: District,
    browser: Browser,  # noqa: F811
) -> None:
    await browser.as_(place.admin)
    shown = await browser.get("/admin/cases/calendar?year=2026")
    assert "10 月 10 日（周六）" in shown.text
    assert "国庆节调休" in shown.text
    day = datetime.now(UTC).date() + timedelta(days=40)
    given = {"day": day.isoformat(), "counts": "rest", "note": "停水停电"}
    answer = await browser.post("/admin/cases/calendar", given)
    assert answer.status_code == 303, answer.text
    shown = await browser.get(answer.headers["location"])
    assert "停水停电" in shown.text
    answer = await browser.post("/admin/cases/calendar", {**given, "counts": "", "note": "记着"})
    assert answer.status_code == 422
    assert "请选择这一天怎么算。" in answer.text
    assert "记着" in answer.text
    await browser.as_(place.dispatcher)
    assert (await browser.get("/admin/cases/calendar")).status_code == 403
    refused = await browser.post("/admin/cases/calendar", {"counts": ""})
    assert (refused.status_code, "停水停电" in refused.text) == (403, False)
    assert "工作日历" not in (await browser.get("/admin/cases/")).text


@only("sqlite")
async def test_times_are_kept_in_whole_seconds(place: District) -> None:
    case = await place.at("dispatched")
    stored = await Case.get(id=case.id)
    assert stored.opened_at.microsecond == 0
    assert all(clock.due_at.microsecond == 0 for clock in await Clock.filter(case_id=case.id))
