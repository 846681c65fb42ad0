"""吹哨报到: units are called to a case, each with a task and clocks of its own."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.facts import FactRow
from liuhe import BadInput, Conflict, Forbidden, LiuheError, NotFound, Unit, Viewer
from liuhe.testing import make_unit, make_viewer
from plugins.cases import actions
from plugins.cases.actions import Call
from plugins.cases.models import Case, Task, TaskClock, TaskStep
from plugins.cases.permissions import (
    may_move_task,
    may_see,
    may_see_file,
    tasks_waiting,
    visible,
    visible_tasks,
)
from plugins.cases.rules import OPEN_TASKS, TASK_ACTIONS, TASK_MOVES, replay_task
from tests.factories import only
from tests.plugins.cases.conftest import District, blurred
from tests.plugins.cases.test_task_rules import reference
from tests.web.test_graphql_keyset import each_example

MONDAY = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)  # 9:00 in China
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


async def whistled(
    place: District, stage: str = "signed", *, who: str = "grid", **more: Any
) -> tuple[Case, Task]:
    """A case of the first unit, to which the other unit was called."""
    case = await place.at(stage)
    (task,) = await actions.blow_whistle(
        getattr(place, who),
        case.id,
        calls=[Call(unit_id=place.other_unit.id)],
        wanted="清走",
        **more,
    )
    return case, task


async def another(place: District, name: str = "派出所") -> tuple[Unit, Viewer]:
    unit = await make_unit(name, name, place.street)
    return unit, await make_viewer(f"{name} handler", "handler", unit=unit)


async def reported(place: District, task: Task) -> Task:
    await actions.sign_task(place.other_handler, task.id)
    return await actions.report_task(place.other_handler, task.id, note="清走了")


# ------------------------------------------------------------------------------------ the whistle


async def test_a_whistle_gives_each_unit_its_task_words_and_clocks(place: District) -> None:
    police, _ = await another(place)
    with actions.pretend(MONDAY):
        case = await place.at("signed")  # 0102: 4 工作时
        tasks = await actions.blow_whistle(
            place.grid,
            case.id,
            calls=[Call(unit_id=place.other_unit.id), Call(unit_id=police.id, wanted="维持秩序")],
            wanted="现场联合整治",
        )
    assert [(t.number, t.unit.name, t.wanted, t.stage) for t in tasks] == [
        (1, "综合执法中队", "现场联合整治", "called"),
        (2, "派出所", "维持秩序", "called"),
    ]
    arrive, act = await TaskClock.filter(task_id=tasks[0].id).order_by("id")
    assert (arrive.kind, arrive.due_at) == ("arrive", MONDAY + 24 * HOUR)
    assert (act.kind, act.due_at) == ("act", MONDAY + 5.5 * HOUR)
    assert arrive.rule == "报到时限 24 紧急工作时（吹哨后；自然时间，规则第 2 版）"
    assert act.rule.startswith("反馈时限 4 工作时（0102 ")
    assert tasks[0].due_at == MONDAY + 5.5 * HOUR
    facts = await FactRow.filter(name="cases.task_called").order_by("id")
    assert [fact.payload["unit_id"] for fact in facts] == [place.other_unit.id, police.id]
    assert facts[0].payload["also_unit_ids"] == sorted([place.unit.id, police.id])
    assert set(facts[0].payload) == {
        *("area_path", "case_id", "also_unit_ids", "task_id", "unit_id", "person_id")
    }
    assert (await Case.get(id=case.id)).version == case.version


@only("sqlite")
async def test_whoever_has_to_be_there_at_a_time_acts_from_then_on(place: District) -> None:
    by = MONDAY + 2 * HOUR  # 11:00
    with actions.pretend(MONDAY):
        _, task = await whistled(place, arrive_by=by)
    arrive, act = await TaskClock.filter(task_id=task.id).order_by("id")
    assert (arrive.due_at, act.due_at) == (by, by + 5.5 * HOUR)  # with the noon break
    assert arrive.rule == "报到时限 2026-11-02 11:00 前（吹哨人要求，规则第 2 版）"
    assert "从要求到场的时间起" in act.rule


@only("sqlite")
async def test_what_a_whistle_needs_is_said_at_its_field(place: District) -> None:
    far = await make_unit("U9", "小河环卫", place.elsewhere)
    case = await place.at("signed")
    one = Call(unit_id=place.other_unit.id)
    wrong: list[tuple[dict[str, Any], tuple[str, str]]] = [
        ({"calls": []}, ("calls", "required")),
        ({"calls": [one] * 9}, ("calls", "too_many")),
        ({"calls": [one, one]}, ("calls", "same")),
        ({"calls": [Call(unit_id=999)]}, ("calls", "unknown")),
        ({"calls": [Call(unit_id=far.id)]}, ("calls", "unknown")),
        ({"calls": [Call(unit_id=place.unit.id)]}, ("calls", "leads")),
        ({"calls": [one], "wanted": " "}, ("wanted", "required")),
        ({"calls": [one], "wanted": "x" * 1001}, ("wanted", "too_long")),
        ({"calls": [one], "arrive_by": datetime.now(UTC) - HOUR}, ("arriveBy", "past")),
        ({"calls": [one], "arrive_by": datetime(2099, 1, 1, tzinfo=UTC)}, ("arriveBy", "too_far")),
        ({"calls": [one], "arrive_by": datetime(2099, 1, 1)}, ("arriveBy", "no_zone")),  # noqa: DTZ001
    ]
    for more, expected in wrong:
        with pytest.raises(BadInput) as caught:
            await actions.blow_whistle(place.grid, case.id, **{"wanted": "清走", **more})
        assert (caught.value.field, caught.value.reason) == expected
    assert await Task.all().count() == 0


@only("sqlite")
async def test_a_unit_is_called_once_at_a_time_and_does_not_lose_its_clock_by_returning(
    place: District,
) -> None:
    case, task = await whistled(place)
    again: dict[str, Any] = {"calls": [Call(unit_id=place.other_unit.id)], "wanted": "再来"}
    with pytest.raises(BadInput, match="已经在协办"):
        await actions.blow_whistle(place.grid, case.id, **again)
    await actions.return_task(place.other_handler, task.id, reason="不归我们")
    with pytest.raises(BadInput, match="退回过"):
        await actions.blow_whistle(place.grid, case.id, **again)
    await actions.cancel_task(place.grid, task.id, reason="另请别家")
    (second,) = await actions.blow_whistle(place.grid, case.id, **again)
    assert second.number == 2


@only("sqlite")
async def test_a_whistle_needs_a_case_under_way(place: District) -> None:
    calls = [Call(unit_id=place.other_unit.id)]
    for stage in ("reported", "closed"):
        case = await place.at(stage)
        with pytest.raises(Conflict, match="不能吹哨"):
            await actions.blow_whistle(place.dispatcher, case.id, calls=calls, wanted="清走")
    case = await place.at("signed")
    with pytest.raises(Conflict, match="和您打开时不同"):
        await actions.blow_whistle(place.grid, case.id, calls=calls, wanted="清走", version=1)
    await actions.suspend_case(place.dispatcher, case.id, reason="等天晴")
    with pytest.raises(Conflict, match="已挂起"):
        await actions.blow_whistle(place.grid, case.id, calls=calls, wanted="清走")


async def test_the_same_key_calls_once(place: District) -> None:
    case, task = await whistled(place, idempotency_key="k")
    given: dict[str, Any] = {"calls": [Call(unit_id=place.other_unit.id)], "idempotency_key": "k"}
    again = await actions.blow_whistle(place.grid, case.id, wanted="清走", **given)
    assert [one.id for one in again] == [task.id]
    assert await Task.all().count() == 1
    with pytest.raises(Conflict):
        await actions.blow_whistle(place.grid, case.id, wanted="别的", **given)


@only("sqlite")
async def test_whistles_are_blown_by_roles_that_lead_in_their_area(place: District) -> None:
    for name, viewer in place.viewers.items():
        case = await place.open(viewer=place.resident)
        await place.go(await place.go(case, "accepted"), "dispatched")
        calls = [Call(unit_id=place.other_unit.id)]
        try:
            await actions.blow_whistle(viewer, case.id, calls=calls, wanted="清走")
            outcome: type | None = None
        except LiuheError as error:
            outcome = type(error)
        seen = {"admin", "handler", "handler2", "resident"}
        may = {"supervisor", "dispatcher", "grid"}
        assert outcome is (None if name in may else Forbidden if name in seen else NotFound), name


# --------------------------------------------------------------------------- the course of a task


async def test_the_whole_course_with_redo(place: District) -> None:
    with actions.pretend(MONDAY):
        _, task = await whistled(place)
    with actions.pretend(MONDAY + HOUR):
        task = await actions.sign_task(place.other_handler, task.id)
    assert (task.stage, task.signed_at) == ("signed", MONDAY + HOUR)
    file = await place.upload(place.other_handler)
    with actions.pretend(MONDAY + 2 * HOUR):
        task = await actions.report_task(
            place.other_handler, task.id, note="清走了", file_ids=[file]
        )
        assert task.due_at is None
        task = await actions.redo_task(place.grid, task.id, reason="还剩一半")
    assert (task.stage, task.due_at) == ("signed", MONDAY + 7.5 * HOUR)  # a new clock
    with actions.pretend(MONDAY + 3 * HOUR):
        await actions.report_task(place.other_handler, task.id, note="都清走了")
        task = await actions.accept_task(place.grid, task.id)
    assert (task.stage, task.ended_at, task.version) == ("accepted", MONDAY + 3 * HOUR, 6)
    steps = await TaskStep.filter(task_id=task.id).order_by("seq")
    assert replay_task(step.action for step in steps) == "accepted"
    assert [step.seq for step in steps] == list(range(1, 7))
    moved = await FactRow.filter(name="cases.task_moved").order_by("id")
    assert [fact.payload["to_stage"] for fact in moved] == [step.to_stage for step in steps[1:]]
    assert await TaskClock.filter(task_id=task.id, stopped_at=None).count() == 0


async def test_a_second_too_late_is_late(place: District) -> None:
    for wait, late in ((24 * HOUR, False), (24 * HOUR + SECOND, True)):
        with actions.pretend(MONDAY):
            _, task = await whistled(place)
        with actions.pretend(MONDAY + wait):
            await actions.sign_task(place.other_handler, task.id)
        clock = await TaskClock.get(task_id=task.id, kind="arrive")
        assert clock.late(MONDAY + 999 * HOUR) == late


async def test_a_return_resets_no_clock(place: District) -> None:
    with actions.pretend(MONDAY):
        _, task = await whistled(place)
    before = {c.kind: c.due_at for c in await TaskClock.filter(task_id=task.id)}
    with actions.pretend(MONDAY + HOUR):
        task = await actions.return_task(place.other_handler, task.id, reason="不归我们")
        assert (task.stage, task.due_at) == ("returned", None)
    with actions.pretend(MONDAY + 3 * HOUR):
        task = await actions.redo_task(place.grid, task.id, reason="就是你们的路段")
    running = await TaskClock.filter(task_id=task.id, stopped_at=None)
    assert {clock.kind: clock.due_at for clock in running} == before
    assert {clock.started_at for clock in running} == {MONDAY}
    assert task.stage == "called"
    with actions.pretend(MONDAY + 4 * HOUR):
        await actions.sign_task(place.other_handler, task.id)
        await actions.return_task(place.other_handler, task.id, reason="还是不归我们")
        task = await actions.redo_task(place.grid, task.id, reason="归")
    assert task.stage == "signed"  # it need not arrive twice
    kinds = await TaskClock.filter(task_id=task.id, stopped_at=None).values_list("kind", flat=True)
    assert kinds == ["act"]


async def test_of_two_who_sign_at_once_one_wins(place: District) -> None:
    _, task = await whistled(place)
    second = await make_viewer("other_handler2", "handler", unit=place.other_unit)
    results = await asyncio.gather(
        actions.sign_task(place.other_handler, task.id),
        actions.sign_task(second, task.id),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in results) == ["Conflict", "Task"]
    (lost,) = [one for one in results if isinstance(one, Conflict)]
    assert "办理“报到”" in lost.message
    assert await TaskStep.filter(task_id=task.id, action="sign").count() == 1


async def test_a_report_and_the_case_at_once_leave_no_open_task_behind(place: District) -> None:
    """Whoever comes first: a case is never reported with a task that was called meanwhile."""
    case = await place.at("signed")
    files = [await place.upload(place.handler)]
    calls = [Call(unit_id=place.other_unit.id)]
    handled, called = await asyncio.gather(
        actions.submit_handling(place.handler, case.id, note="好了", file_ids=files),
        actions.blow_whistle(place.grid, case.id, calls=calls, wanted="清走", version=case.version),
        return_exceptions=True,
    )
    assert isinstance(handled, Conflict) != isinstance(called, Conflict)


@only("sqlite")
async def test_a_move_needs_its_words_its_version_and_its_turn(place: District) -> None:
    _, task = await whistled(place)
    with pytest.raises(Conflict, match="不能“反馈”"):
        await actions.report_task(place.other_handler, task.id, note="好了")
    for act in (actions.return_task, actions.sign_task):
        given: dict[str, Any] = {} if act is actions.sign_task else {"reason": "不归我们"}
        with pytest.raises(Conflict, match="和您打开时不同"):
            await act(place.other_handler, task.id, version=9, **given)
    with pytest.raises(BadInput) as caught:
        await actions.return_task(place.other_handler, task.id, reason=" ")
    assert caught.value.field == "reason"
    await actions.sign_task(place.other_handler, task.id)
    with pytest.raises(BadInput) as caught:
        await actions.report_task(place.other_handler, task.id, note="")
    assert caught.value.field == "note"
    with pytest.raises(BadInput) as caught:
        await actions.report_task(place.other_handler, task.id, note="x" * 1001)
    assert caught.value.reason == "too_long"


# --------------------------------------------------------------------------------- who may do what

DOING = {
    "sign": ("called", lambda v, t: actions.sign_task(v, t)),
    "report": ("signed", lambda v, t: actions.report_task(v, t, note="好了")),
    "return": ("called", lambda v, t: actions.return_task(v, t, reason="不归")),
    "accept": ("reported", lambda v, t: actions.accept_task(v, t)),
    "redo": ("reported", lambda v, t: actions.redo_task(v, t, reason="没好")),
    "cancel": ("called", lambda v, t: actions.cancel_task(v, t, reason="不用了")),
}


@only("sqlite")
@pytest.mark.parametrize("action", TASK_ACTIONS)
async def test_each_move_is_its_partys_alone(place: District, action: str) -> None:
    stage, do = DOING[action]
    doers = {"other_handler"} if action in ("sign", "report", "return") else {"grid", "dispatcher"}
    second = await make_viewer("grid2", "grid", area=place.community)
    for name, viewer in {**place.viewers, "grid2": second}.items():
        _, task = await whistled(place)
        if stage != "called":
            await actions.sign_task(place.other_handler, task.id)
        if stage == "reported":
            await actions.report_task(place.other_handler, task.id, note="好了")
        sees = {"admin", "supervisor", "dispatcher", "grid", "grid2", "handler", "handler2"}
        if name in doers:
            await do(viewer, task.id)  # type: ignore[no-untyped-call]
            continue
        expected = Forbidden if name in sees | {"other_handler"} else NotFound
        with pytest.raises(expected):
            await do(viewer, task.id)  # type: ignore[no-untyped-call]


@only("sqlite")
async def test_nobody_accepts_ones_own_report(place: District) -> None:
    both = await make_viewer("both", "grid", area=place.community)
    helper = await make_viewer("helper", "handler", unit=place.other_unit)
    two = Viewer(
        person_id=both.person_id,
        username="both",
        name="both",
        grants=(*both.grants, *helper.grants),
    )
    case = await place.at("signed")
    (task,) = await actions.blow_whistle(
        two, case.id, calls=[Call(unit_id=place.other_unit.id)], wanted="清走"
    )
    await actions.sign_task(two, task.id)
    await actions.report_task(two, task.id, note="好了")
    for judge in (actions.accept_task(two, task.id), actions.redo_task(two, task.id, reason="x")):
        with pytest.raises(Forbidden, match="要由别人来做"):
            await judge
    assert not await Task.filter(tasks_waiting(two), id=task.id).exists()
    assert await Task.filter(tasks_waiting(place.dispatcher), id=task.id).exists()


@only("sqlite")
async def test_what_waits_for_me_is_the_usual_next_move(place: District) -> None:
    _, task = await whistled(place)
    judges = {"grid", "dispatcher"}
    for act, expected in (
        (None, {"other_handler"}),
        (actions.sign_task(place.other_handler, task.id), {"other_handler"}),
        (actions.report_task(place.other_handler, task.id, note="好了"), judges),
        (actions.redo_task(place.grid, task.id, reason="没好"), {"other_handler"}),
        (actions.return_task(place.other_handler, task.id, reason="不归"), judges),
        (actions.cancel_task(place.grid, task.id, reason="不用了"), set()),
    ):
        if act is not None:
            await act
        now = await Task.get(id=task.id).select_related("case__area")
        for name, viewer in place.viewers.items():
            waits = await Task.filter(tasks_waiting(viewer), id=task.id).exists()
            assert waits == (name in expected), (now.stage, name)
            ways = (m for m in TASK_MOVES if m.main and now.stage in m.sources)
            assert waits == any(may_move_task(viewer, now, way) for way in ways)


async def test_a_called_unit_sees_the_case_as_long_as_it_is_concerned(place: District) -> None:
    police, officer = await another(place)
    case, task = await whistled(place)

    async def sees(viewer: Viewer) -> bool:
        """The same answer through every door."""
        now = await Case.get(id=case.id).select_related("area")
        found = await Case.filter(visible(viewer)).count()
        answers = {await may_see(viewer, now), found == 1}
        answers.add(await Task.filter(visible_tasks(viewer), case_id=case.id).exists())
        (answer,) = answers
        return answer

    assert (await sees(place.other_handler), await sees(officer)) == (True, False)
    await actions.return_task(place.other_handler, task.id, reason="不归我们")
    assert not await sees(place.other_handler)
    with pytest.raises(Conflict, match="办理“退回”"):
        await actions.sign_task(place.other_handler, task.id)
    await actions.redo_task(place.grid, task.id, reason="归")
    assert await sees(place.other_handler)
    await actions.sign_task(place.other_handler, task.id)
    await actions.return_task(place.other_handler, task.id, reason="到场看了，不归我们")
    assert await sees(place.other_handler)  # it has been there
    (called,) = await actions.blow_whistle(
        place.grid, case.id, calls=[Call(unit_id=police.id)], wanted="来"
    )
    assert await sees(officer)
    await actions.cancel_task(place.grid, called.id, reason="不用了")
    assert not await sees(officer)


async def test_two_tasks_of_a_unit_list_its_case_once(place: District) -> None:
    case, task = await whistled(place)
    await reported(place, task)
    await actions.accept_task(place.grid, task.id)
    await actions.blow_whistle(
        place.grid, case.id, calls=[Call(unit_id=place.other_unit.id)], wanted="再来"
    )
    assert [one.id for one in await Case.filter(visible(place.other_handler))] == [case.id]


async def test_pictures_of_case_and_task_are_seen_by_those_who_take_part(place: District) -> None:
    _, officer = await another(place)
    case, task = await whistled(place)
    await actions.sign_task(place.other_handler, task.id)
    file = await blurred()
    await actions.report_task(place.other_handler, task.id, note="好了", evidence=[file])
    await file.refresh_from_db()
    assert (file.keeper, file.subject) == ("cases", str(case.id))
    seen = {
        name: await may_see_file(viewer, file)
        for name, viewer in {**place.viewers, "officer": officer}.items()
    }
    assert {name for name, sees in seen.items() if sees} == {
        *("admin", "supervisor", "dispatcher", "grid", "handler", "handler2", "other_handler")
    }


@only("sqlite")
async def test_a_called_unit_does_nothing_to_the_case_itself(place: District) -> None:
    case, _ = await whistled(place, "dispatched")
    files = [await place.upload(place.other_handler)]
    for act in (
        actions.sign_case(place.other_handler, case.id),
        actions.return_case(place.other_handler, case.id, reason="x"),
        actions.submit_handling(place.other_handler, case.id, note="x", file_ids=files),
        actions.blow_whistle(
            place.other_handler, case.id, calls=[Call(unit_id=place.unit.id)], wanted="x"
        ),
        actions.close_case(place.other_handler, case.id),
        actions.reopen_case(place.other_handler, case.id, reason="x"),
    ):
        with pytest.raises(Forbidden):
            await act


# ---------------------------------------------------------------------------- what the case awaits


async def test_a_case_waits_for_its_helpers_and_says_for_whom(place: District) -> None:
    police, officer = await another(place)
    case, task = await whistled(place)
    (other,) = await actions.blow_whistle(
        place.dispatcher, case.id, calls=[Call(unit_id=police.id)], wanted="来"
    )
    files = [await place.upload(place.handler)]

    async def submit() -> Case:
        return await actions.submit_handling(place.handler, case.id, note="好了", file_ids=files)

    with pytest.raises(Conflict) as caught:
        await submit()
    assert "综合执法中队（待报到）、派出所（待报到）" in caught.value.message
    await reported(place, task)
    await actions.return_task(officer, other.id, reason="不归我们")
    with pytest.raises(Conflict) as caught:
        await submit()
    assert "综合执法中队（待认可）。" in caught.value.message
    await actions.accept_task(place.grid, task.id)
    assert (await submit()).stage == "fed_back"


@only("sqlite")
async def test_a_case_is_not_closed_while_a_task_is_open(place: District) -> None:
    case, task = await whistled(place, "verified")
    with pytest.raises(Conflict, match="综合执法中队（待报到）"):
        await actions.close_case(place.dispatcher, case.id)
    await actions.cancel_task(place.dispatcher, task.id, reason="不用了")
    assert (await actions.close_case(place.dispatcher, case.id)).stage == "closed"


async def test_with_its_case_a_task_pauses_goes_on_and_ends(place: District) -> None:
    with actions.pretend(MONDAY):
        case, task = await whistled(place, "dispatched")
    with actions.pretend(MONDAY + HOUR):
        await actions.suspend_case(place.dispatcher, case.id, reason="等天晴")
    assert (await Task.get(id=task.id)).due_at is None
    with actions.pretend(MONDAY + 2 * HOUR), pytest.raises(Conflict, match="已挂起"):
        await actions.sign_task(place.other_handler, task.id)
    assert not await Task.filter(tasks_waiting(place.other_handler)).exists()
    with actions.pretend(MONDAY + 25 * HOUR):
        await actions.resume_case(place.dispatcher, case.id)
    arrive = await TaskClock.get(task_id=task.id, kind="arrive")
    assert arrive.due_at == MONDAY + 48 * HOUR
    with actions.pretend(MONDAY + 26 * HOUR):
        await actions.withdraw_case(place.dispatcher, case.id, reason="查无此事")
    task = await Task.get(id=task.id)
    assert (task.stage, task.due_at) == ("cancelled", None)
    step = await TaskStep.get(task_id=task.id, seq=task.version)
    assert (step.action, step.note) == ("cancel", "案件已撤回。")
    assert await TaskClock.filter(task_id=task.id, stopped_at=None).count() == 0


async def test_a_task_clock_is_announced_once_before_and_once_after(place: District) -> None:
    with actions.pretend(MONDAY):
        _, task = await whistled(place, arrive_by=MONDAY + 4 * HOUR)

    async def told(after: timedelta) -> int:
        with actions.pretend(MONDAY + after):
            return await actions.announce_tasks_due()

    assert await told(3 * HOUR - SECOND) == 0
    assert [await told(3 * HOUR), await told(4 * HOUR)] == [1, 0]
    assert [await told(4 * HOUR + SECOND), await told(4 * HOUR + 2 * SECOND)] == [1, 0]
    facts = await FactRow.filter(name__startswith="cases.task_").order_by("id")
    names = [fact.name for fact in facts]
    assert names == ["cases.task_called", "cases.task_due_soon", "cases.task_overdue"]
    payload = facts[2].payload
    assert (payload["task_id"], payload["kind"]) == (task.id, "arrive")
    assert (payload["unit_id"], payload["area_path"]) == (task.unit_id, place.community.path)


@only("sqlite")
async def test_whatever_is_tried_the_course_is_whole_and_the_case_waits(place: District) -> None:
    files = [await place.upload(place.handler)]

    @settings(max_examples=12, deadline=None)
    @given(tried=st.lists(st.sampled_from(TASK_ACTIONS), max_size=9))
    async def check(tried: list[str]) -> None:
        case, task = await whistled(place)
        for action in tried:
            party = place.other_handler if action in ("sign", "report", "return") else place.grid
            try:
                await DOING[action][1](party, task.id)  # type: ignore[no-untyped-call]
            except Conflict:
                continue
        stage, done = reference(tried)
        steps = await TaskStep.filter(task_id=task.id).order_by("seq")
        now = await Task.get(id=task.id)
        assert [step.action for step in steps] == done
        assert [step.seq for step in steps] == list(range(1, now.version + 1))
        assert now.stage == stage
        running = await TaskClock.filter(task_id=task.id, stopped_at=None).values_list("kind")
        owed = {"called": ["arrive", "act"], "signed": ["act"]}.get(stage, [])
        assert sorted(kind for (kind,) in running) == sorted(owed)
        if now.stage in OPEN_TASKS:
            with pytest.raises(Conflict, match="协办还没有办完"):
                await actions.submit_handling(place.handler, case.id, note="好了", file_ids=files)

    await each_example(check)
