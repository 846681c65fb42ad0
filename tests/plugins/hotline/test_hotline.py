"""12345 热线工单: in by task number, on as cases, back with a ground, out with what came of it."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.audit import AuditRow
from core.exchange.batches import ImportBatch, ImportProblem
from core.exchange.exporting import make_export
from core.exchange.starting import start_import
from core.exchange.uploading import upload
from liuhe import BadInput, Conflict, Forbidden, NotFound, Viewer, find_personal
from liuhe.testing import a_night, make_viewer
from plugins.cases.actions import (
    accept_case,
    merge_case,
    reject_case,
    reopen_case,
    withdraw_case,
)
from plugins.cases.models import Case, Clock, Step
from plugins.hotline import actions
from plugins.hotline.actions.importing import NOT_HERE
from plugins.hotline.actions.mapping import Opened
from plugins.hotline.models import TypeRule, WorkOrder
from plugins.hotline.rules import title_of, type_for
from tests.plugins.cases.conftest import District
from tests.plugins.cases.test_sheets import browsing, table, work


def order(number: int, **given: Any) -> dict[str, Any]:
    known = {
        "任务号": f"GD{number:04d}",
        "受理时间": "2025-03-01 09:30",
        "诉求类别": "投诉",
        "一级类型": "市容环境",
        "二级类型": "垃圾",
        "三级类型": "",
        "诉求内容": "路口的垃圾三天没人收",
        "街道": "湖墅街道",
        "社区": "仓基社区",
        "地址": "湖墅南路 12 号",
        "办结时间": "",
        "办理结果": "",
        "来电人": "王某",
        "来电号码": "138 0000 1234",
    }
    return {**known, **given}


async def brought(
    place: District, *lines: dict[str, Any], viewer: Viewer | None = None
) -> ImportBatch:
    viewer = viewer or place.dispatcher
    batch = await upload(viewer, "hotline.orders", table(*lines), "工单.csv")
    await work(place)
    await start_import(viewer, batch.id, skip_wrong=True)
    await work(place)
    return await ImportBatch.get(id=batch.id)


async def mapped(place: District) -> None:
    await actions.map_type(place.chief, ("市容环境", "", ""), "0102")


async def test_an_order_of_a_known_type_becomes_a_case_that_waits_and_is_timed_from_now(
    place: District,
) -> None:
    await mapped(place)
    before = datetime.now(UTC) - timedelta(seconds=2)
    await brought(place, order(1))
    case = await Case.get(source_ref="GD0001")
    assert (case.source, case.stage) == ("hotline", "reported")
    assert case.title == "垃圾：路口的垃圾三天没人收"
    [clock] = await Clock.filter(case_id=case.id)
    assert clock.started_at >= before
    found = await WorkOrder.get(task_num="GD0001")
    assert (found.state, found.case_id) == ("open", case.id)
    assert found.told_at == datetime(2025, 3, 1, 1, 30, tzinfo=UTC)


async def test_an_order_of_an_unknown_type_waits_for_a_person(place: District) -> None:
    await brought(place, order(1), order(2, 办结时间="2025-03-02 10:00", 办理结果="已清"))
    assert await Case.all().count() == 0
    assert await WorkOrder.filter(state="unmapped").count() == 2
    await mapped(place)
    assert await actions.open_mapped(place.dispatcher) == Opened(done=2)
    stages = dict(await Case.all().values_list("source_ref", "stage"))
    assert stages == {"GD0001": "reported", "GD0002": "closed"}
    assert await actions.open_mapped(place.dispatcher) == Opened()


async def test_a_click_goes_on_with_all_that_wait_part_by_part(
    place: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugins.hotline.actions.mapping.AT_ONCE", 3)
    done = [order(n, 办结时间="2025-03-02 10:00") for n in range(8)]
    await brought(place, *done, order(8), order(9, 一级类型="别的"))
    await mapped(place)
    assert await actions.open_mapped(place.dispatcher) == Opened(done=9)
    assert await WorkOrder.filter(state="unmapped").count() == 1
    assert await Case.filter(stage="closed").count() == 8


async def test_one_order_can_be_given_a_type_of_its_own(place: District) -> None:
    await brought(place, order(1))
    found = await WorkOrder.get(task_num="GD0001")
    with pytest.raises(BadInput, match="请选择案件类型"):
        await actions.choose_type(place.dispatcher, found.id, "9999")
    admin = await make_viewer("keeper", "admin", area=place.district)
    with pytest.raises(Forbidden):  # sees it, and makes no cases
        await actions.choose_type(admin, found.id, "0102")
    await actions.choose_type(place.dispatcher, found.id, "0102")
    with pytest.raises(Conflict):
        await actions.choose_type(place.dispatcher, found.id, "0102")
    assert await Case.filter(source_ref="GD0001").count() == 1


async def test_what_was_finished_is_history_with_its_own_times(place: District) -> None:
    await mapped(place)
    await brought(place, order(1, 办结时间="2025-03-02 10:00", 办理结果="已清扫"))
    case = await Case.get(source_ref="GD0001")
    assert (case.flow, case.stage) == ("archive", "closed")
    assert case.closed_at == datetime(2025, 3, 2, 2, tzinfo=UTC)
    assert not await Clock.filter(case_id=case.id).exists()
    assert (await WorkOrder.get(task_num="GD0001")).state == "settled"


async def test_a_known_task_number_is_brought_up_to_date_and_never_doubled(
    place: District,
) -> None:
    await mapped(place)
    await brought(place, order(1), order(2))
    again = await brought(place, order(1), order(2, 督办催办="催办"), order(3))
    assert again.made == {"same": 1, "changed": 1, "new": 1}
    assert (await WorkOrder.get(task_num="GD0002")).marks == "催办"
    assert await Case.all().count() == 3
    assert await WorkOrder.all().count() == 3


THERE = {"街道": "小河街道", "社区": "小河社区"}


@pytest.mark.parametrize(
    "given", [{"诉求内容": "我的", "来电人": "李某"}, {}], ids=["other", "as it"]
)
@pytest.mark.parametrize("forgotten", [False, True])
async def test_the_order_of_another_street_is_not_taken_over_by_its_number(
    place: District, given: dict[str, str], forgotten: bool
) -> None:
    await mapped(place)
    await brought(place, order(1))
    if forgotten:
        await WorkOrder.all().update(forgotten_at=datetime.now(UTC))
    before = dict(await WorkOrder.get())
    again = await brought(
        place, order(1, **THERE, **given), order(2, **THERE), viewer=place.far_dispatcher
    )
    assert again.made == {"wrong": 1, "new": 1}
    [told] = await ImportProblem.filter(batch_id=again.id)
    assert (told.column, told.sentence) == ("task_num", NOT_HERE)
    assert dict(await WorkOrder.get(task_num="GD0001")) == before
    assert [one["任务号"] for one in await out(place, place.far_dispatcher)] == ["GD0002"]
    with pytest.raises(NotFound):
        await actions.read_caller(place.far_dispatcher, before["id"], "看看")
    async with browsing(place, place.far_dispatcher) as client:
        page = (await client.get(f"/admin/imports/batches/{again.id}")).text
        assert NOT_HERE in page
        assert "三天没人收" not in page


async def test_who_has_both_streets_moves_an_order_from_one_to_the_other(place: District) -> None:
    await brought(place, order(1))
    again = await brought(place, order(1, **THERE), viewer=place.chief)
    assert again.made == {"changed": 1}
    assert (await WorkOrder.get()).area_id == place.elsewhere.id
    gone = await brought(place, order(1), order(2))
    assert gone.made == {"wrong": 1, "new": 1}


@pytest.mark.parametrize(
    ("given", "column"),
    [
        ({"任务号": ""}, "task_num"),
        ({"诉求类别": "吐槽"}, "rec_type"),
        ({"社区": "小河社区", "街道": ""}, "community"),
        ({"受理时间": "2099-01-01"}, "create_time"),
        ({"办结时间": "2024-01-01"}, "finish_time"),
    ],
)
async def test_a_mistake_is_told_by_its_column(
    place: District, given: dict[str, str], column: str
) -> None:
    batch = await upload(place.dispatcher, "hotline.orders", table(order(1, **given)), "工单.csv")
    await work(place)
    assert [one.column for one in await ImportProblem.filter(batch_id=batch.id)] == [column]


async def test_what_is_not_our_duty_goes_back_with_its_ground(place: District) -> None:
    await mapped(place)
    await brought(place, order(1), order(2))
    first = await WorkOrder.get(task_num="GD0001")
    with pytest.raises(BadInput, match="依据"):
        await actions.return_order(place.dispatcher, first.id, "  ")
    basis = "《城市道路管理条例》第六条，归市政管理局"
    await actions.return_order(place.dispatcher, first.id, basis)
    case = await Case.get(source_ref="GD0001")
    assert case.stage == "rejected"
    second = await WorkOrder.get(task_num="GD0002")
    await accept_case(place.dispatcher, second.case_id or 0)
    with pytest.raises(Conflict):
        await actions.return_order(place.dispatcher, second.id, basis)
    assert (await WorkOrder.get(task_num="GD0002")).state == "open"
    assert await AuditRow.exists(action="hotline.returned")


async def test_an_order_tells_what_became_of_its_case(place: District) -> None:
    await mapped(place)
    await brought(place, order(1), order(2), order(3))
    first, second, third = await Case.all().order_by("source_ref")

    async def states() -> list[str]:
        await work(place)
        return [str(one.state) for one in await WorkOrder.all().order_by("task_num")]

    assert await states() == ["open"] * 3
    await reject_case(place.dispatcher, second.id, reason="在地铁站里，归运营公司")
    await merge_case(place.dispatcher, third.id, main_case_id=first.id, reason="同一堆垃圾")
    for stage in ("accepted", "dispatched", "signed", "fed_back", "verified", "closed"):
        await place.go(await Case.get(id=first.id), stage)
    assert await states() == ["settled", "returned", "settled"]
    told = await out(place, place.dispatcher)
    note = await Step.get(case_id=first.id, action="close")
    assert [one["办理结果"] for one in told] == [note.note, "", note.note]
    assert told[1]["退回依据"] == "在地铁站里，归运营公司"
    again = await brought(place, order(1))  # the platform has not heard of it yet
    assert again.made == {"same": 1}
    await reopen_case(place.dispatcher, first.id, reason="又堆上了")
    assert await states() == ["open", "returned", "open"]


async def test_an_order_follows_its_case_through_every_merger(place: District) -> None:
    await mapped(place)
    await brought(place, order(1), order(2), order(3))
    first, second, third = await Case.all().order_by("source_ref")
    await merge_case(place.dispatcher, first.id, main_case_id=second.id, reason="同一堆垃圾")
    await merge_case(place.dispatcher, second.id, main_case_id=third.id, reason="还是那一堆")
    await work(place)
    assert [str(one.state) for one in await WorkOrder.all()] == ["open"] * 3
    for stage in ("accepted", "dispatched", "signed", "fed_back", "verified", "closed"):
        await place.go(await Case.get(id=third.id), stage)
    await work(place)
    note = await Step.get(case_id=third.id, action="close")
    told = await out(place, place.dispatcher)
    assert [one["办理状态"] for one in told] == ["已办结"] * 3
    assert [one["办理结果"] for one in told] == [note.note] * 3
    assert [bool(one["办结时间"]) for one in told] == [True] * 3
    assert len({one["办结时间"] for one in told}) == 1
    await reopen_case(place.dispatcher, third.id, reason="又堆上了")
    await work(place)
    assert [str(one.state) for one in await WorkOrder.all()] == ["open"] * 3


async def test_an_order_that_waits_is_announced_and_its_case_names_it(place: District) -> None:
    await brought(place, order(1))
    found = await WorkOrder.get()
    async with browsing(place, place.dispatcher) as client:
        home = (await client.get("/admin/")).text
        assert "热线工单待对应类型" in home
        assert f'href="/admin/hotline/{found.id}"' in home
        given = {"csrf": client.csrf, "type": "0102"}
        await client.post(f"/admin/hotline/{found.id}/type", data=given)
        assert "热线工单待对应类型" not in (await client.get("/admin/")).text
        case = await Case.get()
        assert "工单 GD0001" in (await client.get(f"/admin/cases/{case.id}")).text
        assert "退回的依据" in (await client.get(f"/admin/hotline/{found.id}")).text
        await accept_case(place.dispatcher, case.id)
        assert "退回的依据" not in (await client.get(f"/admin/hotline/{found.id}")).text
    async with browsing(place, place.grid) as client:
        assert "GD0001" not in (await client.get(f"/admin/cases/{case.id}")).text
        assert "热线工单待对应类型" not in (await client.get("/admin/")).text


async def test_what_the_platform_has_finished_goes_on_here_until_its_case_ends(
    place: District,
) -> None:
    await mapped(place)
    await brought(place, order(1), order(2))
    done = order(1, 办结时间="2025-03-02 10:00", 办理结果="平台回访满意")
    assert (await brought(place, done)).made == {"changed": 1}
    case = await Case.get(source_ref="GD0001")
    for stage in ("reported", "accepted"):
        found = await WorkOrder.get(task_num="GD0001")
        assert (found.state, case.stage) == ("open", stage)
        async with browsing(place, place.dispatcher) as client:
            home = (await client.get("/admin/")).text
            assert "热线平台有变化的工单" in home
            listed = (await client.get("/admin/hotline/?state=news")).text
            assert "平台已办结" in listed
            assert "GD0002" not in listed
            assert "这里的案件还在办" in (await client.get(f"/admin/hotline/{found.id}")).text
            assert "平台已办结" in (await client.get(f"/admin/cases/{case.id}")).text
        if stage == "reported":
            case = await accept_case(place.dispatcher, case.id)
            await work(place)
    assert await Clock.filter(case_id=case.id, stopped_at=None).count() == 1
    await withdraw_case(place.dispatcher, case.id, reason="平台已办结")
    await work(place)
    assert (await WorkOrder.get(task_num="GD0001")).state == "settled"
    async with browsing(place, place.dispatcher) as client:
        assert "热线平台有变化的工单" not in (await client.get("/admin/")).text


async def test_what_was_sent_back_and_comes_again_waits_for_a_person(place: District) -> None:
    await mapped(place)
    await brought(place, order(1))
    found = await WorkOrder.get()
    first = found.case_id
    await actions.return_order(place.dispatcher, found.id, "归市政")
    assert (await brought(place, order(1))).made == {"same": 1}  # it has not heard of it yet
    assert not (await WorkOrder.get()).waits
    for basis in ("还是归市政", ""):
        await brought(place, order(1, 督办催办=f"催办{basis}"))
        assert (await WorkOrder.get()).waits
        async with browsing(place, place.dispatcher) as client:
            assert "热线平台有变化的工单" in (await client.get("/admin/")).text
            assert "平台又发来" in (await client.get("/admin/hotline/?state=news")).text
            page = (await client.get(f"/admin/hotline/{found.id}")).text
            assert "这件工单退回以后，热线平台又发来了" in page
            assert "这是哪一种案件" in page
            if basis:
                given = {"csrf": client.csrf, "basis": basis}
                await client.post(f"/admin/hotline/{found.id}/return", data=given)
                assert not (await WorkOrder.get()).waits
    await actions.choose_type(place.dispatcher, found.id, "0102")
    found = await WorkOrder.get().select_related("case")
    assert (found.state, found.waits, found.case.stage) == ("open", False, "reported")
    assert found.case_id != first
    [told] = await out(place, place.dispatcher)
    assert (told["办理状态"], told["退回依据"]) == ("已转案件", "")
    await actions.return_order(place.dispatcher, found.id, "查明归市政")
    assert await Case.filter(stage="rejected").count() == 2
    again = await brought(place, order(1, 办结时间="2025-03-09 10:00"))
    assert again.made == {"changed": 1}
    assert not (await WorkOrder.get()).waits  # finished elsewhere: nothing to do


async def test_what_was_finished_and_comes_again_waits_for_a_person(place: District) -> None:
    await mapped(place)
    await brought(place, order(1, 办结时间="2025-03-02 10:00"))
    await brought(place, order(1))
    found = await WorkOrder.get()
    assert (found.state, found.waits) == ("settled", True)
    await actions.choose_type(place.dispatcher, found.id, "0102")
    assert sorted(await Case.all().values_list("stage", flat=True)) == ["closed", "reported"]
    assert (await WorkOrder.get()).waits is False


async def test_orders_that_cannot_become_cases_hold_up_no_other_and_say_why(
    place: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugins.hotline.actions.mapping.AT_ONCE", 2)
    monkeypatch.setattr("plugins.hotline.actions.mapping.SECONDS", -1.0)
    done, light = {"办结时间": "2025-03-02 10:00"}, {"二级类型": "路灯"}
    await brought(place, order(1), order(2, **done), order(3, **light), order(4, **light, **done))
    for kind, code in (("垃圾", "9999"), ("路灯", "0102")):  # the first one has been ended since
        await TypeRule.create(main_type="市容环境", sub_type=kind, type_code=code)
    for went in (Opened(left=2, stuck=2), Opened(done=2, stuck=2), Opened(stuck=2)):
        assert await actions.open_mapped(place.dispatcher) == went
    assert [one.problem[:2] for one in await WorkOrder.all().order_by("id")] == ["没有"] * 2 + [
        ""
    ] * 2
    async with browsing(place, place.chief) as client:
        sent = await client.post("/admin/hotline/types/open", data={"csrf": client.csrf})
        assert "有 2 件转不成" in (await client.get(sent.headers["location"])).text
        stuck = await WorkOrder.get(task_num="GD0001")
        page = (await client.get(f"/admin/hotline/{stuck.id}")).text
        assert "没有转成案件" in page
        assert stuck.problem in page
    with pytest.raises(BadInput):
        await actions.choose_type(place.dispatcher, stuck.id, "9999")
    await actions.choose_type(place.dispatcher, stuck.id, "0102")
    await actions.map_type(place.chief, ("市容环境", "垃圾", ""), "0102")
    assert await actions.open_mapped(place.dispatcher) == Opened(done=1)
    assert await Case.all().count() == 4


async def test_a_finished_order_that_cannot_become_history_on_its_way_in_says_why(
    place: District,
) -> None:
    await TypeRule.create(main_type="市容环境", type_code="9999")
    went = await brought(place, order(1, 办结时间="2025-03-02 10:00"))
    assert went.made == {"new": 1}
    found = await WorkOrder.get()
    assert (found.state, found.problem) == ("unmapped", "没有这种案件类型。")


async def test_who_called_is_sealed_and_read_for_a_reason_only(place: District) -> None:
    await brought(place, order(1))
    found = await WorkOrder.get(task_num="GD0001")
    assert await find_personal("hotline.caller", "phone", "13800001234") == [found.contact_id]
    assert "王某" not in str(dict(found))
    with pytest.raises(BadInput):
        await actions.read_caller(place.dispatcher, found.id, "")
    told = await actions.read_caller(place.dispatcher, found.id, "回访")
    assert told == {"name": "王某", "phone": "13800001234"}
    assert await AuditRow.exists(action="personal.read", purpose="回访")
    for viewer in (place.admin, place.far_dispatcher, place.grid):
        with pytest.raises((Forbidden, NotFound)):
            await actions.read_caller(viewer, found.id, "看看")


async def out(place: District, viewer: Viewer, **asked: str) -> list[dict[str, str]]:
    path = await make_export(viewer, "hotline.orders", "csv", asked, reason="报热线平台")
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))


async def test_results_and_returns_go_out_under_the_same_headings(place: District) -> None:
    await mapped(place)
    lines = [
        order(1, 办结时间="2025-03-02 10:00:00", 办理结果="已清扫", 受理时间="2025-03-01 09:30:00"),
        order(2, 受理时间="2025-03-01 09:30:00"),
    ]
    await brought(place, *lines)
    second = await WorkOrder.get(task_num="GD0002")
    await actions.return_order(place.dispatcher, second.id, "归市政")
    told = await out(place, place.dispatcher)
    for given, got in zip(lines, told, strict=True):
        kept = {name: value for name, value in given.items() if not name.startswith("来电")}
        assert {name: got[name] for name in kept} == kept
    assert [one["办理状态"] for one in told] == ["已办结", "已退回"]
    assert told[1]["退回依据"] == "归市政"
    assert "138" not in str(told)
    assert [one["任务号"] for one in await out(place, place.dispatcher, state="returned")] == [
        "GD0002"
    ]
    assert await out(place, place.far_dispatcher) == []


async def test_after_its_term_an_order_keeps_no_words(place: District) -> None:
    await brought(place, order(1, 受理时间="2020-01-01 09:00"))
    await a_night()
    found = await WorkOrder.get(task_num="GD0001")
    assert (found.event_desc, found.address) == ("", "")
    assert found.forgotten_at is not None
    again = await brought(place, order(1, 受理时间="2020-01-01 09:00"))
    assert again.made == {"same": 1}


async def test_only_the_whole_district_says_what_types_come_to(place: District) -> None:
    with pytest.raises(Forbidden):
        await actions.map_type(place.dispatcher, ("市容环境", "", ""), "0102")


async def test_the_pages_lead_from_the_list_to_a_case(place: District) -> None:
    await brought(place, order(1), order(2))
    found = await WorkOrder.get(task_num="GD0001")
    async with browsing(place, place.chief) as client:
        given = {"csrf": client.csrf}
        listed = (await client.get("/admin/hotline/")).text
        assert "GD0001" in listed
        assert "待对应类型" in listed
        here = f"/admin/hotline/{found.id}"
        one = (await client.get(here)).text
        assert "这是哪一种案件" in one
        assert "王某" not in one
        refused = await client.post(f"{here}/return", data=given)
        assert refused.status_code == 422
        assert "请写明退回的依据" in refused.text
        asked = await client.post(f"{here}/caller", data={**given, "reason": "回访"})
        assert "王某" in asked.text
        await client.post(f"{here}/type", data={**given, "type": "0102", "always": "1"})
        types = (await client.get("/admin/hotline/types")).text
        assert "市容环境 / 垃圾" in types
        await client.post("/admin/hotline/types/open", data=given)
        assert await Case.all().count() == 2
        assert (await client.get("/admin/hotline/999")).status_code == 404
    async with browsing(place, place.far_dispatcher) as client:
        assert "GD0001" not in (await client.get("/admin/hotline/")).text
        assert (await client.get(f"/admin/hotline/{found.id}")).status_code == 404
    async with browsing(place, place.grid) as client:
        assert (await client.get("/admin/hotline/")).status_code == 403


def test_the_finest_rule_counts() -> None:
    known = {("a", "", ""): "1", ("a", "b", ""): "2", ("a", "b", "c"): "3"}
    assert type_for(("a", "b", "c"), known) == "3"
    assert type_for(("a", "b", "x"), known) == "2"
    assert type_for(("a", "x", "c"), known) == "1"
    assert type_for(("x", "b", "c"), known) == ""
    assert title_of("", "", "甲", "") == "甲"
