"""The pages as a browser without script uses them, and what others' pages show."""

import re
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from liuhe.testing import make_unit, make_viewer
from plugins.cases import actions as cases
from plugins.cases.models import Case
from plugins.dispatch import actions
from plugins.dispatch.models import Rule, Shift
from tests.factories import only
from tests.plugins.cases.test_pages import Browser
from tests.plugins.dispatch.conftest import Desk, close
from tests.web.conftest import opened_shell

pytestmark = only("sqlite")
HERE = "/admin/dispatch"


@pytest.fixture
async def browser(desk: Desk) -> AsyncIterator[Browser]:
    async with opened_shell(desk.place.kernel) as shell:
        yield Browser(shell)


def given(desk: Desk, **more: str) -> dict[str, str]:
    known = {
        "type": "event:0102",
        "areaId": str(desk.place.street.id),
        "days": "work",
        "begins": "08:00",
        "ends": "20:00",
        "unitId": str(desk.place.unit.id),
        "mode": "auto",
        "rank": "100",
        "key": "k1",
    }
    return {**known, **more}


async def test_a_rule_is_tried_and_then_saved(desk: Desk, browser: Browser) -> None:
    await desk.accepted()
    await browser.as_(desk.place.admin)
    assert "还没有派遣规则" in (await browser.get(f"{HERE}/")).text
    assert (await browser.get(f"{HERE}/new")).status_code == 200
    tried = await browser.post(f"{HERE}/new", given(desk, do="try"))
    assert tried.status_code == 200
    sentence = "0102 暴露垃圾 · 湖墅街道 · 工作日 08:00–20:00 → 湖墅环卫所（自动）"
    assert sentence in tried.text
    assert "最近 30 天受理的 1 件" in tried.text
    assert not await Rule.exists()
    back = await browser.post(f"{HERE}/new", given(desk, do="back"))
    assert 'name="begins" value="08:00"' in back.text
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', tried.text))
    saved = await browser.post(f"{HERE}/new", {**hidden, "do": "save"})
    assert (saved.status_code, saved.headers["location"]) == (303, f"{HERE}/")
    again = await browser.post(f"{HERE}/new", {**hidden, "do": "save"})
    assert again.status_code == 303
    rule = await Rule.get()
    assert rule.text == sentence
    listed = await browser.get(f"{HERE}/")
    assert sentence.split(" → ")[0] in listed.text


async def test_a_problem_stands_beside_its_field_and_nothing_typed_is_lost(
    desk: Desk, browser: Browser
) -> None:
    await browser.as_(desk.place.admin)
    for more, sentence in (
        ({"unitId": ""}, "请选择派给哪个单位。"),
        ({"type": "event:9999"}, "没有这个案件类型"),
        ({"type": "no sense"}, "没有这个案件类型"),
        ({"ends": "08:00"}, "起止时间相同"),
        ({"areaId": "999999999999999999"}, "没有这个区域"),
        ({"areaId": "x"}, "请填写整数。"),
        ({"validUntil": "soon"}, "请选择日期。"),
        ({"rank": "1.5"}, "请填写整数。"),
    ):
        for do in ("try", "save"):
            answer = await browser.post(f"{HERE}/new", given(desk, do=do, **more))
            assert answer.status_code == 422, more
            assert sentence in answer.text, more
            assert 'name="begins" value="08:00"' in answer.text
    assert not await Rule.exists()


async def test_a_rule_is_changed_and_ended_with_its_history(desk: Desk, browser: Browser) -> None:
    rule = await desk.rule(type_code="0102")
    await desk.accepted()
    await browser.as_(desk.place.admin)
    shown = await browser.get(f"{HERE}/{rule.id}")
    assert 'value="event:0102" selected' in shown.text
    changed = await browser.post(f"{HERE}/{rule.id}", given(desk, do="save"))
    assert changed.status_code == 303
    stale = await browser.post(f"{HERE}/{rule.id}", given(desk, do="save", rank="7"))
    assert stale.status_code == 409
    new = await Rule.get(version=2)
    old = await browser.get(f"{HERE}/{rule.id}")
    assert "第 2 版" in old.text
    assert 'name="unitId"' not in old.text
    tried = await browser.get(f"{HERE}/{new.id}/end")
    assert "停用这条规则" in tried.text
    assert (await browser.post(f"{HERE}/{new.id}/end", {})).status_code == 303
    assert "还没有派遣规则" in (await browser.get(f"{HERE}/")).text
    assert "第 2 版" in (await browser.get(f"{HERE}/?state=ended")).text


async def test_a_rule_that_has_not_begun_still_begins_on_its_day(
    desk: Desk, browser: Browser
) -> None:
    day = datetime.now(actions.zone()).date() + timedelta(days=9)
    rule = await desk.rule(valid_from=day)
    await browser.as_(desk.place.admin)
    assert f'value="{day.isoformat()}"' in (await browser.get(f"{HERE}/{rule.id}")).text


async def test_of_two_menu_entries_only_the_nearest_is_the_current_one(
    desk: Desk, browser: Browser
) -> None:
    await browser.as_(desk.place.dispatcher)
    for path, entry in (("/roster", "值班表"), ("/roster/1", "值班表"), ("/queue", "派遣规则")):
        text = (await browser.get(f"{HERE}{path}")).text
        menu = text[: text.index("<main")]
        current = re.findall(r'aria-current="page"[^>]*>(.*?)</a>', menu, re.DOTALL)
        assert current, path
        assert all(entry in one for one in current), path


async def test_the_queue_holds_what_no_rule_matches_and_leads_to_a_rule(
    desk: Desk, browser: Browser
) -> None:
    case = await desk.accepted()
    await desk.rule(type_code="0505")
    await browser.as_(desk.place.dispatcher)
    queue = await browser.get(f"{HERE}/queue")
    assert case.title in queue.text
    assert "照它建规则" not in queue.text
    assert re.search(r"派遣规则.*?<[^>]*>\s*1\s*<", queue.text, re.DOTALL)
    await browser.as_(desk.place.admin)
    assert f"{HERE}/new?case={case.id}" in (await browser.get(f"{HERE}/queue")).text
    form = await browser.get(f"{HERE}/new?case={case.id}")
    assert 'value="event:0102" selected' in form.text
    assert f'value="{desk.place.street.id}" selected' in form.text
    for nonsense in ("0", "x", "9" * 30, "-1"):
        assert (await browser.get(f"{HERE}/new?case={nonsense}")).status_code == 200
    await desk.rule(type_code="0102")
    assert case.title not in (await browser.get(f"{HERE}/queue")).text


async def test_the_dispatcher_finds_the_unit_chosen_and_reads_why(
    desk: Desk, browser: Browser
) -> None:
    before = await desk.accepted()
    await cases.dispatch_case(
        desk.place.dispatcher, before.id, unit_id=desk.place.other_unit.id
    )  # what history would suggest
    rule = await desk.rule(type_code="0102")
    case = await desk.accepted()
    await browser.as_(desk.place.dispatcher)
    text = (await browser.get(f"/admin/cases/{case.id}")).text
    chosen = f'value="{desk.place.unit.id}" selected>湖墅环卫所（派遣规则 {rule.number}）'
    assert chosen in text
    assert "按规则建议：<b>湖墅环卫所</b>" in text
    await browser.as_(desk.place.grid)  # sees the case, not the rules
    assert "按规则建议" not in (await browser.get(f"/admin/cases/{case.id}")).text
    await actions.end_rule(desk.place.admin, rule.id)
    await browser.as_(desk.place.dispatcher)
    text = (await browser.get(f"/admin/cases/{case.id}")).text
    assert "没有合适的规则，请人工选择单位。" in text
    assert "综合执法中队（上次同类案件）" in text


async def test_a_broken_adviser_does_not_stop_the_dispatcher(
    desk: Desk, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(case_ids: list[int]) -> dict[int, Rule]:
        raise ZeroDivisionError

    monkeypatch.setattr("plugins.dispatch.actions.judging.suggestions", broken)
    case = await desk.accepted()
    await browser.as_(desk.place.dispatcher)
    assert (await browser.get(f"/admin/cases/{case.id}")).status_code == 200


async def test_the_page_of_a_case_names_who_is_on_duty(
    desk: Desk, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def closed(at: datetime) -> bool:
        return False

    monkeypatch.setattr(actions, "in_office_hours", closed)
    case = await desk.place.at("dispatched")
    await browser.as_(desk.place.handler)
    assert "没有人值班" in (await browser.get(f"/admin/cases/{case.id}")).text
    today = datetime.now(actions.zone()).date()
    for day in (today - timedelta(days=1), today):
        await actions.save_shift(
            desk.place.handler,
            unit_id=desk.place.unit.id,
            person_id=desk.place.handler2.person_id,
            day=day,
            begins="00:00",
            ends="00:00",
        )
    text = (await browser.get(f"/admin/cases/{case.id}")).text
    assert "值班的是 <b>handler2 00:00–次日 00:00</b>" in text
    await browser.as_(desk.place.grid)
    assert "handler2" not in (await browser.get(f"/admin/cases/{case.id}")).text


async def test_who_may_not_see_a_units_roster_learns_that_somebody_is_there_and_not_who(
    desk: Desk, browser: Browser
) -> None:
    """A unit of the whole district, as a street's dispatcher sends cases to."""
    place = desk.place
    unit = await make_unit("U9", "区城管局", place.district)
    officer = await make_viewer("night-officer", "handler", unit=unit)
    case = await place.at("accepted")
    await cases.dispatch_case(place.dispatcher, case.id, unit_id=unit.id)
    today = datetime.now(actions.zone()).date()
    for day in (today - timedelta(days=1), today):
        await actions.save_shift(
            officer,
            unit_id=unit.id,
            person_id=officer.person_id,
            day=day,
            begins="00:00",
            ends="00:00",
        )
    for who, named in ((place.dispatcher, False), (officer, True), (place.supervisor, True)):
        await browser.as_(who)
        text = (await browser.get(f"/admin/cases/{case.id}")).text
        assert f"<b>{'night-officer' if named else '一人'} 00:00–次日 00:00</b>" in text
        assert named or "night-officer" not in text


async def test_a_unit_arranges_its_week(desk: Desk, browser: Browser) -> None:
    unit, place = desk.place.unit, desk.place
    await browser.as_(place.handler)
    week = f"{HERE}/roster/{unit.id}"
    monday = datetime.now(actions.zone()).date()
    monday += timedelta(days=7 - monday.weekday())
    data = {
        "day": monday.isoformat(),
        "personId": str(place.handler.person_id),
        "begins": "17:30",
        "ends": "09:00",
        "key": "k",
    }
    wrong = await browser.post(week, {**data, "personId": ""})
    assert (wrong.status_code, "请选择值班的人。" in wrong.text) == (422, True)
    for _ in range(2):
        answer = await browser.post(week, data)
        assert answer.headers["location"] == f"{week}?week={monday.isoformat()}"
    shown = await browser.get(f"{week}?week={monday.isoformat()}")
    assert shown.text.count("空缺") == 6
    assert shown.text.count("handler 17:30–次日 09:00<form") == 1
    after = (monday + timedelta(days=7)).isoformat()
    copied = await browser.post(f"{week}/copy", {"week": after})
    assert copied.headers["location"] == f"{week}?week={after}"
    assert await Shift.all().count() == 2
    shift = await Shift.all().order_by("id").first()
    assert shift is not None
    removed = await browser.post(f"{HERE}/roster/shift/{shift.id}/remove", {"week": after})
    assert removed.status_code == 303
    assert "空缺 7 天" not in (listed := await browser.get(f"{HERE}/roster")).text
    assert "七天都没排" in listed.text
    for nonsense in ("x", "9999-12-31", "0001-01-01"):
        assert (await browser.get(f"{week}?week={nonsense}")).status_code == 200


DOORS = {
    "/": {"admin", "dispatcher", "supervisor", "far_dispatcher"},
    "/queue": {"admin", "dispatcher", "supervisor", "far_dispatcher"},
    "/new": {"admin"},
    "/roster": {
        *("admin", "dispatcher", "supervisor", "far_dispatcher"),
        *("handler", "handler2", "other_handler"),
    },
}


@pytest.mark.parametrize("path", DOORS)
async def test_who_comes_through_which_door(desk: Desk, browser: Browser, path: str) -> None:
    await desk.rule(area_id=desk.place.street.id)
    for name, viewer in desk.place.viewers.items():
        await browser.as_(viewer)
        answer = await browser.get(f"{HERE}{path}")
        assert answer.status_code == (200 if name in DOORS[path] else 403), name
        if answer.status_code == 403:
            assert "湖墅环卫所" not in answer.text


async def test_what_lies_elsewhere_is_in_no_body(desk: Desk, browser: Browser) -> None:
    place = desk.place
    rule = await desk.rule(type_code="0102", area_id=place.street.id)
    whole = await desk.rule(type_code="0505")
    case = await desk.accepted(type_code="0106")
    await browser.as_(place.far_dispatcher)
    bodies = {
        path: await browser.get(f"{HERE}{path}")
        for path in ("/", "/queue", f"/{rule.id}", "/roster", f"/roster/{place.unit.id}")
    }
    assert [answer.status_code for answer in bodies.values()] == [200, 200, 404, 200, 404]
    assert "0505" in bodies["/"].text  # holds in every street
    for path, answer in bodies.items():
        assert case.title not in answer.text, path
        assert "湖墅街道" not in answer.text, path
    rule_of_mine = {"unitId": str(desk.far_unit.id), "days": "any", "mode": "suggest"}
    for path, data in (
        (f"/{whole.id}/end", {}),
        (f"/{whole.id}", {"do": "save", **rule_of_mine}),
        ("/new", {"do": "try", **rule_of_mine}),
    ):
        assert (await browser.post(f"{HERE}{path}", data)).status_code == 403, path
    roster = await browser.post(f"{HERE}/roster/{place.unit.id}", {"day": "2026-12-01"})
    assert roster.status_code in (404, 422)
    assert (await Rule.all().count(), await Shift.all().count()) == (2, 0)


async def test_lists_cost_the_same_with_one_row_and_with_three(
    desk: Desk, browser: Browser, count_queries: Callable[[], Any]
) -> None:
    await browser.as_(desk.place.admin)
    counts: dict[str, list[int]] = {}
    for more in (1, 2):
        for _ in range(more):
            await desk.rule(desk.place.other_unit, type_code="0505")
            await desk.accepted()
        for path in ("/", "/queue", "/?state=ended"):
            with count_queries() as queries:
                assert (await browser.get(f"{HERE}{path}")).status_code == 200
            counts.setdefault(path, []).append(len(queries))
    assert all(one == three for one, three in counts.values()), counts
    assert max(counts["/"]) <= 14, counts


async def test_a_rule_of_a_closed_unit_says_so(desk: Desk, browser: Browser) -> None:
    await desk.rule(desk.place.other_unit)
    await close(desk.place.other_unit)
    await browser.as_(desk.place.admin)
    assert "单位已停用" in (await browser.get(f"{HERE}/")).text


async def test_lists_go_on_page_by_page(desk: Desk, browser: Browser) -> None:
    for rank in range(1, 24):
        await desk.rule(rank=rank)
    await browser.as_(desk.place.admin)
    first = (await browser.get(f"{HERE}/")).text
    assert first.count('role="rowheader"') == 20
    link = re.findall(r'href="(/admin/dispatch/\?after=[^"]+)"', first)[0].replace("&amp;", "&")
    second = (await browser.get(link)).text
    assert second.count('role="rowheader"') == 3
    assert (await browser.get(f"{HERE}/?after=nonsense")).status_code == 422
    assert (await browser.get(f"{HERE}/?q=%00%25")).status_code == 200
    assert await Case.all().count() == 0
