"""吹哨报到 on the pages, without script and with htmx."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plugins.cases import actions
from plugins.cases.actions import Call
from plugins.cases.models import Task
from tests.factories import only
from tests.plugins.cases.conftest import District, picture
from tests.plugins.cases.test_pages import HTMX, Browser, browser  # noqa: F401 - a fixture
from tests.plugins.cases.test_tasks import another, whistled

pytestmark = only("sqlite")
SOON = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")


async def test_the_whole_course_by_plain_forms(place: District, browser: Browser) -> None:  # noqa: F811
    case = await place.at("signed")
    path = f"/admin/cases/{case.id}"
    await browser.as_(place.grid)
    assert f'href="{path}/whistle"' in (await browser.get(path)).text
    shown = (await browser.get(f"{path}/whistle")).text
    assert ("综合执法中队" in shown, "湖墅环卫所" in shown) == (True, False)
    key = re.findall(r'name="key" value="(\w+)"', shown)[0]
    data = {"key": key, "unit0": str(place.other_unit.id), "wanted": "清走", "arriveBy": SOON}
    blown = await browser.post(f"{path}/whistle", data)
    assert (blown.status_code, blown.headers["location"]) == (303, path), blown.text
    photo = {"fileIds": ("b.png", picture(), "image/png")}
    for who, action, more, files, words in (
        (place.other_handler, "sign", {}, None, "待反馈"),
        (place.other_handler, "report", {"note": "清了一半"}, photo, "待认可"),
        (place.grid, "redo", {"reason": "还剩一半"}, None, "待反馈"),
        (place.other_handler, "report", {"note": "都清了"}, None, "待认可"),
        (place.grid, "accept", {}, None, "已认可"),
    ):
        await browser.as_(who)
        target = f"{path}/tasks/1/{action}"
        page = (await browser.get(path)).text
        form = page.split(f'action="{target}"', 1)[1]
        version = re.findall(r'name="version" value="(\d+)"', form)[0]
        answer = await browser.post(target, {"version": version, **more}, files=files)
        assert (answer.status_code, answer.headers["location"]) == (303, path), answer.text
        assert words in (await browser.get(path)).text, action
    assert (await Task.get()).stage == "accepted"


async def test_a_called_unit_finds_one_thing_to_do(place: District, browser: Browser) -> None:  # noqa: F811
    case, _ = await whistled(place)
    await browser.as_(place.other_handler)
    shown = (await browser.get(f"/admin/cases/{case.id}")).text
    assert shown.count("现在请您") == 1
    assert shown.count('class="button primary large"') == 1
    assert "吹哨了，请到场报到" in shown
    await browser.as_(place.handler)
    shown = (await browser.get(f"/admin/cases/{case.id}")).text
    assert "1 个单位没办完" in shown
    assert "请到场报到" not in shown
    assert "/whistle" not in shown


async def test_a_problem_stands_beside_its_field_and_what_was_typed_is_kept(
    place: District,
    browser: Browser,  # noqa: F811
) -> None:
    case, task = await whistled(place)
    await actions.sign_task(place.other_handler, task.id)
    await browser.as_(place.other_handler)
    path = f"/admin/cases/{case.id}/tasks/1/report"
    photo = {"fileIds": ("b.png", picture(), "image/png")}
    answer = await browser.post(path, {"note": ""}, files=photo, headers=HTMX)
    assert (answer.status_code, answer.headers["hx-retarget"]) == (422, "#case")
    assert "请填写说明。" in answer.text
    (kept,) = re.findall(r'name="keptIds" value="([0-9a-f-]{36})"', answer.text)
    answer = await browser.post(path, {"note": "好了", "keptIds": kept}, headers=HTMX)
    assert answer.status_code == 200
    assert "已反馈。等吹哨人认可。" in answer.text
    answer = await browser.post(
        f"/admin/cases/{case.id}/tasks/1/return", {"reason": "我再想想"}, headers=HTMX
    )
    assert answer.status_code == 409
    assert "不能“退回”" in answer.text


async def test_a_whistle_with_a_gap_is_shown_again(place: District, browser: Browser) -> None:  # noqa: F811
    case = await place.at("signed")
    path = f"/admin/cases/{case.id}/whistle"
    await browser.as_(place.dispatcher)
    unit = str(place.other_unit.id)
    for data, words in (
        ({"wanted": "清走"}, "请至少选择一个单位。"),
        ({"unit0": unit, "wanted": ""}, "请写清楚要单位做什么。"),
        ({"unit0": unit, "unit5": unit, "wanted": "清走"}, "同一个单位只能选一次。"),
        ({"unit0": unit, "wanted": "清走", "arriveBy": "2020-01-01T08:00"}, "要晚于现在"),
        ({"unit0": unit, "wanted": "清走", "arriveBy": "x"}, "请选择日期和时间。"),
    ):
        answer = await browser.post(path, data)
        assert (answer.status_code, words in answer.text) == (422, True), words
        assert (
            'value="清走"' in answer.text
            or ">\n清走</textarea>" in answer.text
            or "写清楚" in words
        )
    two, _ = await another(place)
    answer = await browser.post(
        path, {"unit0": unit, "unit4": str(two.id), "wanted4": "维持秩序", "wanted": "清走"}
    )
    assert answer.status_code == 303
    tasks = await Task.all().order_by("number")
    assert [task.wanted for task in tasks] == ["清走", "维持秩序"]


async def test_what_is_not_ones_own_is_refused_or_not_there(
    place: District,
    browser: Browser,  # noqa: F811
) -> None:
    _, officer = await another(place)
    case, _ = await whistled(place)
    for who, path, status in (
        (officer, "", 404),
        (officer, "/whistle", 404),
        (officer, "/evidence", 204),  # nothing new: that it is gone, another part tells
        (place.handler, "/whistle", 403),
        (place.other_handler, "/whistle", 403),
        (place.other_handler, "", 200),
        (place.other_handler, "/evidence", 200),
    ):
        await browser.as_(who)
        answer = await browser.get(f"/admin/cases/{case.id}{path}")
        assert answer.status_code == status, (who.name, path)
        assert (case.title in answer.text) == (status == 200 and path == "")
    await browser.as_(officer)
    assert "不归您办理" in (await browser.get(f"/admin/cases/{case.id}/tasks?mark=1")).text
    listed = (await browser.get("/admin/cases/?tab=all")).text
    home, tasks = (
        (await browser.get("/admin/")).text,
        (await browser.get("/admin/cases/tasks?tab=all")).text,
    )
    assert [case.title in text for text in (listed, home, tasks)] == [False] * 3
    for who, status in ((officer, 404), (place.handler, 403), (place.supervisor, 403)):
        await browser.as_(who)
        answer = await browser.post(f"/admin/cases/{case.id}/tasks/1/sign", {})
        assert answer.status_code == status, who.name
    assert (await browser.post(f"/admin/cases/{case.id}/tasks/9/sign", {})).status_code == 404
    assert (await browser.post(f"/admin/cases/{case.id}/tasks/1/dance", {})).status_code == 404


async def test_giving_a_task_back_leads_to_the_list(place: District, browser: Browser) -> None:  # noqa: F811
    case, _ = await whistled(place)
    await browser.as_(place.other_handler)
    answer = await browser.post(f"/admin/cases/{case.id}/tasks/1/return", {"reason": "不归我们"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/cases/tasks")
    await browser.as_(place.grid)
    shown = (await browser.get(f"/admin/cases/{case.id}")).text
    assert "综合执法中队退回了，请您决定" in shown
    assert "不归我们" in shown


async def test_a_page_that_is_open_learns_of_tasks(place: District, browser: Browser) -> None:  # noqa: F811
    case, task = await whistled(place)
    path = f"/admin/cases/{case.id}/tasks"
    await browser.as_(place.supervisor)
    assert (await browser.get(f"{path}?mark=1")).status_code == 204
    await actions.sign_task(place.other_handler, task.id)
    answer = await browser.get(f"{path}?mark=1")
    assert 'id="case-tasks" hx-swap-oob="true"' in answer.text
    answer = await browser.get(f"{path}?mark=1&filling=1")
    assert "协办刚刚有变化" in answer.text
    assert 'id="case-tasks"' not in answer.text


async def test_the_home_page_and_the_list_show_what_waits(
    place: District,
    browser: Browser,  # noqa: F811
) -> None:
    case, task = await whistled(place)
    link = f"/admin/cases/{case.id}#task-1"
    for act, who, title in (
        (None, place.other_handler, "等我报到"),
        (actions.sign_task(place.other_handler, task.id), place.other_handler, "等我反馈"),
        (actions.report_task(place.other_handler, task.id, note="好了"), place.grid, "等我认可"),
    ):
        if act is not None:
            await act
        await browser.as_(who)
        home = (await browser.get("/admin/")).text
        assert (title in home, link in home) == (True, True), title
        listed = (await browser.get("/admin/cases/tasks")).text
        assert link in listed
        assert "协办任务 1" in (await browser.get("/admin/cases/")).text
    await browser.as_(place.other_handler)
    assert link not in (await browser.get("/admin/cases/tasks?tab=mine")).text
    assert link in (await browser.get("/admin/cases/tasks?tab=open")).text
    await actions.accept_task(place.grid, task.id)
    assert link not in (await browser.get("/admin/cases/tasks?tab=open")).text
    assert link in (await browser.get("/admin/cases/tasks?tab=all")).text
    await browser.as_(place.resident)
    assert (await browser.get("/admin/cases/tasks")).status_code == 403


async def test_the_lists_cost_the_same_with_one_task_and_with_three(
    place: District,
    browser: Browser,  # noqa: F811
    count_queries: Callable[[], Any],
) -> None:
    await browser.as_(place.dispatcher)
    case, _ = await whistled(place)
    counts = []
    for more in (0, 2):
        for number in range(more):
            unit, _ = await another(place, f"单位{number}")
            calls = [Call(unit_id=unit.id)]
            await actions.blow_whistle(place.grid, case.id, calls=calls, wanted="来")
        with count_queries() as queries:
            listed = await browser.get("/admin/cases/tasks?tab=all")
            await browser.get(f"/admin/cases/{case.id}")
        assert listed.text.count('role="rowheader"') == 1 + more
        counts.append(len(queries))
    assert counts[0] == counts[1], counts
    assert counts[0] <= 34, counts


@pytest.mark.parametrize("query", ["tab=no", "after=x", "before=%00"])
async def test_an_address_that_makes_no_sense_is_answered(
    place: District,
    browser: Browser,  # noqa: F811
    query: str,
) -> None:
    await browser.as_(place.dispatcher)
    answer = await browser.get(f"/admin/cases/tasks?{query}")
    assert answer.status_code == (200 if query == "tab=no" else 422)


async def test_a_refused_report_of_the_case_names_who_is_missing(
    place: District,
    browser: Browser,  # noqa: F811
) -> None:
    case, _ = await whistled(place)
    await browser.as_(place.handler)
    photo = {"fileIds": ("b.png", picture(), "image/png")}
    answer = await browser.post(
        f"/admin/cases/{case.id}/submit_handling", {"note": "好了"}, files=photo, headers=HTMX
    )
    assert answer.status_code == 409
    assert "协办还没有办完：综合执法中队（待报到）" in answer.text
