"""The side exits: who hears what, what becomes of the clocks."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.facts import FactRow
from liuhe import BadInput, Conflict, Forbidden, NotFound
from plugins.cases import actions
from plugins.cases.models import Case, Clock, Step
from plugins.cases.permissions import waits_for
from plugins.cases.rules import STANDARD
from tests.factories import only
from tests.plugins.cases.conftest import District
from tests.plugins.cases.rated import MISSED, by_unit

MONDAY = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)  # 9:00 in China
HOUR = timedelta(hours=1)


async def at(place: District, stage: str, when: datetime = MONDAY) -> Case:
    with actions.pretend(when):
        return await place.at(stage)


async def clock(case: Case, kind: str) -> Clock:
    return await Clock.filter(case_id=case.id, kind=kind).order_by("-id").first()  # type: ignore[return-value]


async def last(case: Case) -> Step:
    return await Step.filter(case_id=case.id).order_by("-seq").first()  # type: ignore[return-value]


# ------------------------------------------------------------------------------------ extension


async def test_a_granted_extension_moves_the_due_time_and_both_steps_tell(place: District) -> None:
    case = await at(place, "signed")
    due = (await clock(case, "handle")).due_at
    until = due + 2 * HOUR
    with actions.pretend(MONDAY + HOUR):
        case = await actions.request_extension(
            place.handler, case.id, until=until, reason="要等配件"
        )
        assert (case.stage, case.extension_until) == ("signed", until)
        assert (await clock(case, "handle")).due_at == due
        case = await actions.decide_extension(place.dispatcher, case.id, granted=True)
    told = {"from": due.isoformat(), "until": until.isoformat()}
    answered, asked = await Step.filter(case_id=case.id).order_by("-seq").limit(2)
    assert asked.details["extension"] == told
    assert answered.details["extension"] == {**told, "granted": True}
    assert case.extension_until is None
    for kind in ("handle", "feedback"):
        assert (await clock(case, kind)).due_at == until
    assert (await clock(case, "sign")).due_at == MONDAY + 24 * HOUR


@only("sqlite")
async def test_a_refused_extension_changes_no_due_time_and_says_why(place: District) -> None:
    case = await at(place, "signed")
    due = (await clock(case, "handle")).due_at
    with actions.pretend(MONDAY + HOUR):
        await actions.request_extension(place.handler, case.id, until=due + HOUR, reason="要等配件")
        with pytest.raises(BadInput) as caught:
            await actions.decide_extension(place.dispatcher, case.id, granted=False)
        assert caught.value.field == "note"
        await actions.decide_extension(place.dispatcher, case.id, granted=False, note="有备件")
    assert (await clock(case, "handle")).due_at == due
    assert (await last(case)).details["extension"]["granted"] is False
    with pytest.raises(Conflict):
        await actions.decide_extension(place.dispatcher, case.id, granted=True)


@only("sqlite")
async def test_an_extension_is_asked_in_time_once_and_for_later(place: District) -> None:
    case = await at(place, "signed")
    due = (await clock(case, "handle")).due_at
    for when, until, reason in (
        (MONDAY, due, "too_early"),
        (MONDAY, due + timedelta(days=400), "too_far"),
        (MONDAY, (due + HOUR).replace(tzinfo=None), "no_zone"),
        (due + timedelta(seconds=1), due + HOUR, "overdue"),
    ):
        with actions.pretend(when), pytest.raises(BadInput) as caught:
            await actions.request_extension(place.handler, case.id, until=until, reason="缺料")
        assert (caught.value.field, caught.value.reason) == ("until", reason)
    with actions.pretend(due):  # the last second
        await actions.request_extension(place.handler, case.id, until=due + HOUR, reason="缺料")
        with pytest.raises(Conflict, match="申请延期"):
            await actions.request_extension(place.handler2, case.id, until=due + HOUR, reason="x")


@only("sqlite")
async def test_a_request_waits_for_the_dispatcher_until_the_work_is_done(place: District) -> None:
    case = await at(place, "signed")
    with actions.pretend(MONDAY + HOUR):
        until = MONDAY + timedelta(days=3)
        await actions.request_extension(place.handler, case.id, until=until, reason="缺料")
    mine = Case.filter(waits_for(place.dispatcher), id=case.id)
    assert await mine.exists()
    case = await place.go(await Case.get(id=case.id), "fed_back")
    assert case.extension_until is None
    assert not await mine.exists()


# -------------------------------------------------------------------------------------- suspend


async def test_clocks_pause_and_go_on_with_what_was_left(place: District) -> None:
    case = await at(place, "signed")  # 0102: 4 工作时 from 9:00, due at 14:30
    assert (await clock(case, "handle")).due_at == MONDAY + 5.5 * HOUR
    with actions.pretend(MONDAY + HOUR):  # three working hours are left
        case = await actions.suspend_case(place.dispatcher, case.id, reason="等天晴")
    assert case.due_at is None
    paused = await clock(case, "handle")
    assert (paused.left_seconds, paused.late(MONDAY + 100 * HOUR)) == (3 * 3600, False)
    for work in (
        lambda: actions.return_case(place.handler, case.id, reason="不归我们"),
        lambda: place.go(case, "fed_back"),
    ):
        with pytest.raises(Conflict, match="已挂起"):
            await work()
    with actions.pretend(MONDAY + 24 * HOUR + 7.5 * HOUR):  # Tuesday 16:30
        case = await actions.resume_case(place.dispatcher, case.id)
    # One hour on Tuesday, two on Wednesday from 9:00.
    assert case.due_at == MONDAY + 48 * HOUR + 2 * HOUR == (await clock(case, "handle")).due_at
    assert (await clock(case, "handle")).paused_at is None
    assert case.suspended_at is None


@only("sqlite")
async def test_what_was_late_when_it_was_suspended_stays_late(place: District) -> None:
    case = await at(place, "dispatched")
    due = (await clock(case, "handle")).due_at
    with actions.pretend(due + timedelta(seconds=1)):
        await actions.suspend_case(place.dispatcher, case.id, reason="等天晴")
        case = await actions.resume_case(place.dispatcher, case.id)
    assert case.due_at == due


@only("sqlite")
async def test_a_suspended_case_waits_for_nobody_and_is_owed_by_nobody(place: District) -> None:
    case = await at(place, "signed")
    with actions.pretend(MONDAY + HOUR):
        await actions.suspend_case(place.dispatcher, case.id, reason="等天晴")
    assert not await Case.filter(waits_for(place.handler)).exists()
    month = timedelta(days=30)
    assert await by_unit("handled_on_time", MONDAY, MONDAY + month, MONDAY + month) == {}


# ---------------------------------------------------------------------- transfer and withdrawal


async def test_a_transfer_stops_the_old_clocks_and_starts_new_ones(place: District) -> None:
    case = await at(place, "signed")
    with actions.pretend(MONDAY + HOUR):
        case = await actions.transfer_case(
            place.dispatcher, case.id, unit_id=place.other_unit.id, reason="要执法权"
        )
    assert (case.stage, case.unit_id, case.handler_id) == ("dispatched", place.other_unit.id, None)
    clocks = await Clock.filter(case_id=case.id, kind="handle").order_by("id")
    assert [one.stopped_at for one in clocks] == [MONDAY + HOUR, None]
    assert clocks[1].started_at == MONDAY + HOUR
    with pytest.raises(Conflict, match="转派"):
        await place.go(case, "fed_back")
    late = MONDAY + 999 * HOUR
    assert await by_unit("handled_on_time", MONDAY, late, late) == {place.other_unit.id: MISSED}


@only("sqlite")
async def test_a_transfer_goes_to_another_unit(place: District) -> None:
    case = await at(place, "signed")
    with pytest.raises(BadInput, match="就在这个单位"):
        await actions.transfer_case(
            place.dispatcher, case.id, unit_id=place.unit.id, reason="要执法权"
        )


@only("sqlite")
async def test_only_ones_own_report_can_be_withdrawn_and_only_before_it_is_signed(
    place: District,
) -> None:
    mine, others = await place.open(viewer=place.resident), await place.open()
    with pytest.raises(NotFound):
        await actions.withdraw_case(place.resident, others.id, reason="报错了")
    with pytest.raises(Forbidden):
        await actions.withdraw_case(place.grid, mine.id, reason="报错了")
    await actions.withdraw_case(place.grid, others.id, reason="报错了")
    case = await actions.withdraw_case(place.resident, mine.id, reason="自己解决了")
    assert (case.stage, case.due_at) == ("withdrawn", None)
    assert await Clock.filter(case_id=mine.id, stopped_at=None).count() == 0
    signed = await place.at("signed")
    with pytest.raises(Conflict, match="不能“撤回”"):
        await actions.withdraw_case(place.dispatcher, signed.id, reason="报错了")


# ------------------------------------------------------------------- supervision and ping-pong


async def ping_pong(place: District, times: int) -> Case:
    case = await place.at("accepted")
    for _ in range(times):
        case = await place.go(case, "dispatched")
        case = await actions.return_case(place.handler, case.id, reason="不归我们")
    return case


async def test_a_case_returned_three_times_waits_for_the_supervisor(place: District) -> None:
    case = await ping_pong(place, 2)
    assert case.escalated_at is None
    case = await place.go(case, "dispatched")
    case = await actions.return_case(place.handler, case.id, reason="不归我们")
    assert case.escalated_at is not None
    assert await Case.filter(waits_for(place.supervisor), id=case.id).exists()
    assert not await Case.filter(waits_for(place.dispatcher), id=case.id).exists()
    with pytest.raises(Conflict, match="待督查员督办"):
        await place.go(case, "dispatched")
    case = await actions.supervise_case(
        place.supervisor, case.id, note="由执法中队牵头", proposed_unit_id=place.other_unit.id
    )
    assert case.escalated_at is None
    assert not await Case.filter(waits_for(place.supervisor), id=case.id).exists()
    assert (await place.go(case, "dispatched")).stage == "dispatched"


@only("sqlite")
async def test_supervision_changes_no_stage_and_no_clock(place: District) -> None:
    case = await at(place, "signed")
    before = [(one.kind, one.due_at) for one in await Clock.filter(case_id=case.id)]
    case = await actions.supervise_case(place.supervisor, case.id, note="请今天办完")
    assert (case.stage, case.supervised_at is not None) == ("signed", True)
    assert before == [(one.kind, one.due_at) for one in await Clock.filter(case_id=case.id)]
    assert (await last(case)).note == "请今天办完"


# --------------------------------------------------------------------------- reopen and merge


async def test_a_reopened_case_is_dispatched_again_and_its_past_stays(place: District) -> None:
    case = await place.at("rated")
    case = await actions.reopen_case(place.grid, case.id, reason="又堆起来了")
    assert (case.stage, case.unit_id, case.closed_at, case.rating) == ("accepted", None, None, None)
    for stage in ("dispatched", "signed", "fed_back", "verified", "closed", "rated"):
        case = await place.go(case, stage)
    steps = await Step.filter(case_id=case.id).order_by("seq")
    assert STANDARD.replay(step.action for step in steps) == "rated"
    assert [step.details["rating"] for step in steps if step.action == "rate"] == [5, 5]


async def test_a_merged_case_ends_and_both_timelines_tell(place: District) -> None:
    main, double = await place.at("signed"), await place.open(title="还是那堆垃圾")
    case = await actions.merge_case(
        place.dispatcher, double.id, main_case_id=main.id, reason="同一件事"
    )
    assert (case.stage, case.merged_into_id, case.due_at) == ("merged", main.id, None)
    assert (await last(case)).details["main"] == {"id": main.id, "number": main.number}
    told = await last(main)
    assert (told.action, told.to_stage) == ("absorb", "signed")
    assert double.number in told.note
    assert (await Case.get(id=main.id)).version == main.version + 1
    moved = await FactRow.filter(name="cases.moved").order_by("-id").limit(2)
    assert [row.payload["action"] for row in moved] == ["absorb", "merge"]


@only("sqlite")
async def test_a_case_is_merged_into_another_one_under_way_in_its_street(place: District) -> None:
    case, closed = await place.open(), await place.at("closed")
    far = await place.open(viewer=place.far_grid, area_id=place.elsewhere.id)
    withdrawn = await place.open()
    await actions.withdraw_case(place.dispatcher, withdrawn.id, reason="报错了")
    for main, reason in (
        (case.id, "same"),
        (closed.id, "ended"),
        (withdrawn.id, "ended"),
        (far.id, "unknown"),
        (999, "unknown"),
        (None, "required"),
    ):
        with pytest.raises(BadInput) as caught:
            await actions.merge_case(
                place.dispatcher, case.id, main_case_id=main, reason="同一件事"
            )
        assert (caught.value.field, caught.value.reason) == ("mainCaseId", reason)
    assert (await Case.get(id=case.id)).stage == "reported"


async def test_of_two_that_are_merged_crosswise_one_stays(place: District) -> None:
    one, two = await place.open(), await place.open()
    results: list[Any] = await asyncio.gather(
        actions.merge_case(place.dispatcher, one.id, main_case_id=two.id, reason="同一件事"),
        actions.merge_case(place.dispatcher, two.id, main_case_id=one.id, reason="同一件事"),
        return_exceptions=True,
    )
    assert sum(isinstance(result, Case) for result in results) == 1
    assert await Case.filter(stage="merged").count() == 1


async def test_nobody_may_absorb_by_hand(place: District) -> None:
    from plugins.cases.permissions import allowed

    case = await Case.get(id=(await place.open()).id).select_related("area")
    offered = [move.action for move in allowed(place.dispatcher, case, frozenset())]
    assert offered == ["accept", "reject", "withdraw", "merge"]
