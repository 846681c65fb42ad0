"""The pages as a browser without script and as htmx use them."""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.people import Person, open_session
from liuhe import Viewer
from plugins.cases import actions
from plugins.cases.models import Case, Step, Task
from tests.factories import only
from tests.plugins.cases.conftest import District, picture
from tests.web.conftest import Shell, opened_shell
from web.session import COOKIE

pytestmark = only("sqlite")
LATER = (datetime.now(UTC) + timedelta(days=60)).strftime("%Y-%m-%dT%H:%M")
HTMX = {"hx-request": "true"}


@dataclass
class Browser:
    """One client that can be different people in turn."""

    shell: Shell

    async def as_(self, viewer: Viewer) -> None:
        token, _ = await open_session(await Person.get(id=viewer.person_id), "browser")
        self.shell.client.cookies.clear()
        self.shell.client.cookies.set(COOKIE, token)

    async def get(self, path: str, **more: Any) -> Any:
        return await self.shell.client.get(path, **more)

    async def post(self, path: str, data: dict[str, Any], **more: Any) -> Any:
        data = {"csrf": self.shell.csrf(), **data}
        return await self.shell.client.post(path, data=data, **more)


@pytest.fixture
async def browser(place: District) -> AsyncIterator[Browser]:
    async with opened_shell(place.kernel) as shell:
        yield Browser(shell)


async def test_each_role_finds_the_list_and_a_case(place: District, browser: Browser) -> None:
    case = await place.at("signed")
    for who in ("admin", "supervisor", "dispatcher", "grid", "handler"):
        await browser.as_(getattr(place, who))
        listed = await browser.get("/admin/cases/?tab=all")
        assert (listed.status_code, case.title in listed.text) == (200, True), who
        shown = await browser.get(f"/admin/cases/{case.id}")
        assert (shown.status_code, case.number in shown.text) == (200, True), who
        assert ("现在请您" in shown.text) == (who == "handler"), who


async def test_whoever_sees_no_cases_at_all_gets_no_list(place: District, browser: Browser) -> None:
    for who in (place.auditor, place.security):
        await browser.as_(who)
        assert (await browser.get("/admin/cases/")).status_code == 403


async def test_what_is_not_mine_to_see_is_not_found(place: District, browser: Browser) -> None:
    case = await place.open()
    await browser.as_(place.far_grid)
    for path in ("", "/evidence", "/fresh?version=0"):
        answer = await browser.get(f"/admin/cases/{case.id}{path}")
        assert case.title not in answer.text
    assert (await browser.get(f"/admin/cases/{case.id}")).status_code == 404
    answer = await browser.post(f"/admin/cases/{case.id}/accept", {})
    assert answer.status_code == 404


async def test_a_page_of_the_list_costs_the_same_with_one_row_and_with_three(
    place: District, browser: Browser, count_queries: Callable[[], Any]
) -> None:
    await browser.as_(place.dispatcher)
    await place.open()
    counts = []
    for more in (0, 2):
        for _ in range(more):
            await place.open()
        with count_queries() as queries:
            answer = await browser.get("/admin/cases/?tab=all")
        assert answer.text.count('role="rowheader"') == 1 + more
        counts.append(len(queries))
    assert counts[0] == counts[1], counts
    assert counts[0] <= 16, counts


async def test_a_case_costs_the_same_with_many_steps(
    place: District, browser: Browser, count_queries: Callable[[], Any]
) -> None:
    await browser.as_(place.supervisor)
    counts = []
    for stage in ("dispatched", "verified"):
        case = await place.at(stage)
        await browser.get(f"/admin/cases/{case.id}")  # the audit is told of its pictures once
        with count_queries() as queries:
            await browser.get(f"/admin/cases/{case.id}")
        counts.append(len(queries))
    assert counts[0] == counts[1], counts
    assert counts[0] <= 12, counts


async def test_the_whole_loop_by_plain_forms(place: District, browser: Browser) -> None:
    await browser.as_(place.grid)
    opened = await browser.post(
        "/admin/cases/new",
        {
            "title": "绿地里有垃圾",
            "typeCode": "0106",
            "areaId": str(place.community.id),
            "source": "officer",
        },
        files={"fileIds": ("a.png", picture(), "image/png")},
    )
    assert opened.status_code == 303, opened.text
    path = opened.headers["location"]
    assert "待受理" in (await browser.get(path)).text
    photo = {"fileIds": ("b.png", picture(), "image/png")}
    for who, action, data, files in (
        (place.dispatcher, "accept", {}, None),
        (place.dispatcher, "dispatch", {"unitId": str(place.unit.id)}, None),
        (place.handler, "sign", {}, None),
        (place.handler, "submit_handling", {"note": "已清理"}, photo),
        (place.grid, "verify", {}, None),
        (place.dispatcher, "close", {"note": "办结"}, None),
        (place.grid, "rate", {"rating": "4"}, None),
    ):
        await browser.as_(who)
        page = await browser.get(path)
        version = re.findall(r'name="version" value="(\d+)"', page.text)[0]
        answer = await browser.post(f"{path}/{action}", {"version": version, **data}, files=files)
        assert (answer.status_code, answer.headers["location"]) == (303, path), answer.text
    case = await Case.get(id=int(path.rsplit("/", 1)[1]))
    assert (case.stage, case.rating, case.version) == ("rated", 4, 8)


async def test_after_a_move_htmx_gets_the_case_and_a_sentence_what_follows(
    place: District, browser: Browser
) -> None:
    case = await place.at("accepted")
    await browser.as_(place.dispatcher)
    answer = await browser.post(
        f"/admin/cases/{case.id}/dispatch", {"unitId": str(place.unit.id)}, headers=HTMX
    )
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<div id="case">')
    assert "已派遣给湖墅环卫所。等对方签收。" in answer.text


async def test_a_problem_stands_beside_its_field_and_what_was_typed_is_kept(
    place: District, browser: Browser
) -> None:
    case = await place.at("signed")
    await browser.as_(place.handler)
    path = f"/admin/cases/{case.id}/submit_handling"
    photo = {"fileIds": ("b.png", picture(), "image/png")}
    answer = await browser.post(path, {"note": ""}, files=photo, headers=HTMX)
    assert answer.status_code == 422
    assert "请填写说明。" in answer.text
    kept = re.findall(r'name="keptIds" value="([0-9a-f-]{36})"', answer.text)
    assert len(kept) == 1
    answer = await browser.post(path, {"note": "清走了" * 400, "keptIds": kept[0]}, headers=HTMX)
    assert "最多 1000 个字。" in answer.text
    assert "清走了清走了" in answer.text
    answer = await browser.post(path, {"note": "清走了", "keptIds": kept[0]}, headers=HTMX)
    assert answer.status_code == 200
    assert "照片正在打码" in answer.text


async def test_a_form_of_the_other_actions_comes_first_when_it_has_a_problem(
    place: District, browser: Browser
) -> None:
    case = await place.at("dispatched")
    await browser.as_(place.handler)
    answer = await browser.post(f"/admin/cases/{case.id}/return", {"reason": ""}, headers=HTMX)
    assert answer.status_code == 422
    assert answer.text.index("退回的理由") < answer.text.index("其他操作")


async def test_whoever_comes_too_late_reads_what_has_happened(
    place: District, browser: Browser
) -> None:
    case = await place.at("dispatched")
    await browser.as_(place.handler2)
    await actions.sign_case(place.handler, case.id)
    answer = await browser.post(
        f"/admin/cases/{case.id}/sign", {"version": str(case.version)}, headers=HTMX
    )
    assert (answer.status_code, answer.headers["hx-retarget"]) == (409, "#case")
    assert "handler已在" in answer.text
    assert "处置完了，反馈结果" in answer.text


async def test_handing_a_case_back_leads_to_the_list(place: District, browser: Browser) -> None:
    case = await place.at("dispatched")
    await browser.as_(place.handler)
    answer = await browser.post(f"/admin/cases/{case.id}/return", {"reason": "不归我们"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/cases/")


async def test_a_page_that_is_open_learns_of_changes_but_keeps_what_is_being_typed(
    place: District, browser: Browser
) -> None:
    case = await place.at("signed")
    await browser.as_(place.supervisor)
    path = f"/admin/cases/{case.id}/fresh"
    assert (await browser.get(f"{path}?version={case.version}")).status_code == 204
    answer = await browser.get(f"{path}?version=1")
    assert 'id="case-next" hx-swap-oob="true"' in answer.text
    await browser.as_(place.handler)
    answer = await browser.get(f"{path}?version=1&filling=1")
    assert "这件案件刚刚有变化" in answer.text
    assert 'id="case-next"' not in answer.text


async def test_a_unit_does_not_read_which_resident_reported(
    place: District, browser: Browser
) -> None:
    case = await place.open(viewer=place.resident)
    await place.go(case, "accepted")
    await place.go(case, "dispatched")
    for who, seen in ((place.handler, False), (place.dispatcher, True)):
        await browser.as_(who)
        answer = await browser.get(f"/admin/cases/{case.id}")
        assert ("<dd>resident</dd>" in answer.text) == seen
        assert ("上报居民" in answer.text) != seen


async def test_the_home_page_lists_what_waits_for_me(place: District, browser: Browser) -> None:
    case = await place.at("dispatched")
    await browser.as_(place.handler)
    home = (await browser.get("/admin/")).text
    assert "待签收" in home
    assert f"/admin/cases/{case.id}" in home
    await browser.as_(place.far_dispatcher)
    assert f"/admin/cases/{case.id}" not in (await browser.get("/admin/")).text


async def test_only_those_who_may_report_get_the_form(place: District, browser: Browser) -> None:
    for who, status in (("grid", 200), ("resident", 200), ("handler", 403), ("admin", 403)):
        await browser.as_(getattr(place, who))
        assert (await browser.get("/admin/cases/new")).status_code == status, who


async def test_a_report_with_a_gap_is_shown_again(place: District, browser: Browser) -> None:
    await browser.as_(place.resident)
    answer = await browser.post(
        "/admin/cases/new", {"title": "路灯不亮", "typeCode": "", "areaId": ""}, headers=HTMX
    )
    assert answer.status_code == 422
    assert 'value="路灯不亮"' in answer.text


@pytest.mark.parametrize("query", ["stage=nothing", "unit=x", "area=9", "tab=no", "type=000000"])
async def test_an_address_that_makes_no_sense_still_shows_a_list(
    place: District, browser: Browser, query: str
) -> None:
    await browser.as_(place.dispatcher)
    assert (await browser.get(f"/admin/cases/?{query}")).status_code == 200


@pytest.mark.slow
async def test_the_demo_shows_every_stage_and_each_timeline_replays(kernel_on: Any) -> None:
    from plugins.cases.models import flow_of
    from plugins.cases.plugin import add_demo
    from plugins.cases.rules import Mark, Stage
    from plugins.cases.seeds.telling import STORIES
    from plugins.places.plugin import add_demo as add_ground

    async with kernel_on(["cases"]):
        await add_ground().make()
        for _ in range(2):  # the second time adds nothing
            await add_demo().make()
        cases = await Case.all()
        assert len(cases) == len(STORIES)
        assert {case.stage for case in cases} == set(Stage)
        assert {mark for case in cases for mark in case.marks} == set(Mark)
        assert any(case.supervised_at for case in cases)
        assert {t.stage for t in await Task.all()} == {"called", "signed", "reported"}
        for case in cases:
            steps = await Step.filter(case_id=case.id).order_by("seq")
            flow = flow_of(case)
            assert flow.replay(step.action for step in steps) == case.stage
            assert [step.at for step in steps] == sorted(step.at for step in steps)


async def test_the_side_exits_by_plain_forms(place: District, browser: Browser) -> None:
    case, main = await place.at("signed"), await place.at("accepted")
    path = f"/admin/cases/{case.id}"
    for who, action, data, words in (
        (place.handler, "request_extension", {"until": "2099-01-01", "reason": "缺料"}, None),
        (place.handler, "request_extension", {"until": LATER, "reason": "缺料"}, "申请延期中"),
        (place.dispatcher, "decide_extension", {"granted": "no", "note": "有料"}, "不同意"),
        (place.dispatcher, "suspend", {"reason": "等天晴"}, "已挂起"),
        (place.dispatcher, "resume", {}, "处置中"),
        (place.supervisor, "supervise", {"note": "请今天办完"}, "督办"),
        (place.dispatcher, "merge", {"mainCaseId": str(main.id), "reason": "同一件"}, "已并案"),
    ):
        await browser.as_(who)
        assert f'action="{path}/{action}"' in (await browser.get(path)).text, action
        answer = await browser.post(f"{path}/{action}", data)
        assert answer.status_code == (303 if words else 422), answer.text
        if words:
            assert words in (await browser.get(path)).text, action
    assert main.number in (await browser.get(path)).text
    assert case.number in (await browser.get(f"/admin/cases/{main.id}")).text


async def test_pictures_of_a_case_that_went_elsewhere_are_not_asked_for_again(
    place: District, browser: Browser
) -> None:
    """The notice that it is gone comes from `fresh`; this one would be an error out of nowhere."""
    case = await place.at("dispatched")
    await browser.as_(place.handler)
    await actions.return_case(place.handler, case.id, reason="不归我们管")
    assert (await browser.get(f"/admin/cases/{case.id}/evidence")).status_code == 204
    assert "不归您办理" in (await browser.get(f"/admin/cases/{case.id}/fresh?version=1")).text


async def test_whoever_answers_an_extension_reads_until_when_and_why(
    place: District, browser: Browser
) -> None:
    case = await place.at("signed")
    await browser.as_(place.handler)
    given = {"until": LATER, "reason": "等配件到货"}
    await browser.post(f"/admin/cases/{case.id}/request_extension", given)
    await browser.as_(place.dispatcher)
    shown = (await browser.get(f"/admin/cases/{case.id}")).text
    form = shown[shown.index("现在请您") : shown.index('name="granted"')]
    assert f"湖墅环卫所申请延到 {LATER.replace('T', ' ')}" in form
    assert "等配件到货" in form


async def test_more_time_is_not_offered_for_what_is_late(place: District, browser: Browser) -> None:
    case = await place.at("signed")
    await browser.as_(place.handler)
    path = f"/admin/cases/{case.id}"
    assert f"{path}/request_extension" in (await browser.get(path)).text
    await Case.filter(id=case.id).update(due_at=datetime.now(UTC) - timedelta(minutes=1))
    late = (await browser.get(path)).text
    assert f"{path}/submit_handling" in late
    assert f"{path}/request_extension" not in late


async def test_the_home_page_counts_apart_what_is_others_to_do(
    place: District, browser: Browser
) -> None:
    late = await place.at("dispatched")
    await Case.filter(id=late.id).update(due_at=datetime.now(UTC) - timedelta(days=1))
    await place.open()
    await browser.as_(place.dispatcher)
    assert "有 1 件事等着您。另有 1 件请留意。" in (await browser.get("/admin/")).text
    await browser.as_(place.supervisor)
    assert "现在没有等您办的事。另有 1 件请留意。" in (await browser.get("/admin/")).text


async def test_what_i_might_do_besides_is_not_what_i_am_asked_to_do(
    place: District, browser: Browser
) -> None:
    case = await place.at("signed")
    await browser.as_(place.dispatcher)
    shown = (await browser.get(f"/admin/cases/{case.id}")).text
    assert "现在请您" not in shown
    assert "其他操作" in shown
    await actions.suspend_case(place.dispatcher, case.id, reason="等天晴")
    shown = (await browser.get(f"/admin/cases/{case.id}")).text
    assert shown.index("现在请您") < shown.index("恢复办理")
    await browser.as_(place.handler)
    shown = (await browser.get(f"/admin/cases/{case.id}")).text
    assert "已挂起，时限暂停" in shown
    assert "现在请您" not in shown
