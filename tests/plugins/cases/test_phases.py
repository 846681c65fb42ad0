"""分段处置: one part after another, each on its own clock, by the rule of the day it began."""

import random
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from liuhe import BadInput, Conflict, Forbidden, NotFound
from plugins.cases import actions
from plugins.cases.actions import Wished
from plugins.cases.models import Case, CaseType, Clock, Evidence, Step, TypePhase
from plugins.cases.permissions import allowed, waits_for
from plugins.cases.rules import (
    Calendar,
    ClockKind,
    Limit,
    LimitUnit,
    Phase,
    Timed,
    Told,
    clocks_of_phases,
    duties,
)
from tests.audit import audited
from tests.factories import only
from tests.plugins.cases.conftest import District, blurred, picture
from tests.plugins.cases.rated import MET, MISSED, Rate, by_unit, rate_of
from tests.plugins.cases.test_calendar import CHINA, counted_by_minutes, counts
from tests.plugins.cases.test_graphql import Asking, case_id
from tests.plugins.cases.test_pages import Browser
from tests.web.conftest import opened_shell

MONDAY = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)  # 9:00 in China
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PIPE = "0402"  # 现场围护 3 紧急工作时, 修复 8 紧急工作时, 恢复 5 工作日
HANDLE, FEEDBACK = ClockKind.HANDLE, ClockKind.FEEDBACK


@pytest.fixture
async def browser(place: District) -> AsyncIterator[Browser]:
    async with opened_shell(place.kernel) as shell:
        yield Browser(shell)


async def at(place: District, stage: str, when: datetime = MONDAY) -> Case:
    with actions.pretend(when):
        case = await place.open(type_code=PIPE)
        for name in ("accepted", "dispatched", "signed"):
            if case.stage != stage:
                case = await place.go(case, name)
    return case


async def finish(place: District, case: Case, when: datetime, **given: Any) -> Case:
    with actions.pretend(when):
        after = [await blurred()]
        return await actions.finish_phase(
            given.pop("viewer", place.handler), case.id, note="好了", evidence=after, **given
        )


async def submit(place: District, case: Case, when: datetime) -> Case:
    with actions.pretend(when):
        return await actions.submit_handling(
            place.handler, case.id, note="全好了", evidence=[await blurred()]
        )


async def timed(case: Case, kind: ClockKind = HANDLE) -> list[tuple[int | None, datetime, bool]]:
    """Phase, due time and whether it runs, of each clock of handling."""
    rows = await Clock.filter(case_id=case.id, kind=kind).order_by("id")
    return [(row.phase, row.due_at, row.stopped_at is None) for row in rows]


# ------------------------------------------------------------------------- the way of it


async def test_each_phase_has_its_own_clock_and_the_last_ends_the_handling(
    place: District,
) -> None:
    case = await at(place, "signed")
    assert case.phases_left == 2
    assert await timed(case) == [(1, MONDAY + 3 * HOUR, True)] == await timed(case, FEEDBACK)
    case = await finish(place, case, MONDAY + HOUR)
    assert (case.stage, case.phases_left, case.due_at) == ("signed", 1, MONDAY + 9 * HOUR)
    case = await finish(place, case, MONDAY + 10 * HOUR)  # an hour late
    assert case.phases_left is None
    # Five working days from Monday 19:00.
    assert (await timed(case))[2] == (3, MONDAY + 10 * HOUR + 7 * DAY, True)
    case = await submit(place, case, MONDAY + 5 * DAY)
    assert (case.stage, case.handler_id) == ("fed_back", place.handler.person_id)
    rules = [row.rule for row in await Clock.filter(case_id=case.id, kind="handle").order_by("id")]
    assert rules[1].startswith("处置时限 8 紧急工作时（0402 自来水管破裂，第 2 段“修复”；自然时间")
    steps = await Step.filter(case_id=case.id, action="finish_phase").order_by("seq")
    assert [step.details["phase"] for step in steps] == [
        {"number": 1, "name": "现场围护"},
        {"number": 2, "name": "修复"},
    ]
    assert {step.unit_id for step in steps} == {place.unit.id}
    shown = await Evidence.filter(case_id=case.id).order_by("id")
    assert [(one.kind, one.caption) for one in shown] == [
        ("other", "现场围护完成后"),
        ("other", "修复完成后"),
        ("after", ""),
    ]


@only("sqlite")
async def test_the_last_word_comes_with_the_last_phase_only(place: District) -> None:
    case = await at(place, "signed")
    with pytest.raises(Conflict, match="还有后面的阶段"):
        await submit(place, case, MONDAY)
    for _ in range(2):
        case = await finish(place, case, MONDAY + HOUR)
    with pytest.raises(Conflict, match="不能“完成一段”"):
        await finish(place, case, MONDAY + 2 * HOUR)
    plain = await place.at("signed")
    with pytest.raises(Conflict, match="不能“完成一段”"):
        await finish(place, plain, MONDAY)
    assert (plain.phases, plain.phases_left) == (None, None)


@only("sqlite")
async def test_a_phase_wants_words_and_a_picture_and_is_finished_once_for_a_key(
    place: District,
) -> None:
    case = await at(place, "signed")
    for given, field in (
        ({"note": " ", "evidence": [await blurred()]}, "note"),
        ({"note": "好了"}, "fileIds"),
    ):
        with pytest.raises(BadInput) as caught:
            await actions.finish_phase(place.handler, case.id, **given)
        assert caught.value.field == field
    files = [await place.upload(place.handler)]
    for _ in range(2):
        case = await actions.finish_phase(
            place.handler, case.id, note="好了", file_ids=files, idempotency_key="k"
        )
    assert case.phases_left == 1
    with pytest.raises(Conflict, match="idempotencyKey"):
        await actions.finish_phase(
            place.handler, case.id, note="别的", file_ids=files, idempotency_key="k"
        )


@only("sqlite")
async def test_whoever_finished_a_phase_does_not_verify(place: District) -> None:
    case = await at(place, "signed")
    await finish(place, case, MONDAY + HOUR)
    for name, viewer in place.viewers.items():
        done = frozenset({"finish_phase"})
        row = await Case.get(id=case.id).select_related("area")
        row.stage = "fed_back"  # type: ignore[assignment]
        row.phases_left = None
        may = {move.action for move in allowed(viewer, row, done)}
        assert not may & {"verify", "rate"}, name


@only("sqlite")
async def test_it_waits_for_the_unit_at_each_phase(place: District) -> None:
    case = await at(place, "signed")
    for expected in ("finish_phase", "finish_phase", "submit_handling"):
        row = await Case.get(id=case.id).select_related("area")
        assert next(m.action for m in allowed(place.handler, row, frozenset())) == expected
        waiting = {
            name
            for name, viewer in place.viewers.items()
            if await Case.filter(waits_for(viewer), id=case.id).exists()
        }
        assert waiting == {"handler", "handler2"}
        if expected == "finish_phase":
            case = await finish(place, case, MONDAY + HOUR)


# ------------------------------------------------------------------------- the side exits


async def test_a_return_does_not_reset_a_phase_and_a_transfer_restarts_the_one_in_hand(
    place: District,
) -> None:
    case = await at(place, "signed")
    case = await finish(place, case, MONDAY + HOUR)
    with actions.pretend(MONDAY + 2 * HOUR):
        case = await actions.return_case(place.handler, case.id, reason="不归我们")
        assert case.phases_left == 1
    with actions.pretend(MONDAY + 3 * HOUR):
        case = await place.go(case, "dispatched")
        case = await place.go(case, "signed")
    assert (case.phases_left, case.due_at) == (1, MONDAY + 9 * HOUR)
    with actions.pretend(MONDAY + 4 * HOUR):
        case = await actions.transfer_case(
            place.dispatcher, case.id, unit_id=place.other_unit.id, reason="要设备"
        )
    assert (await timed(case))[1:] == [
        (2, MONDAY + 9 * HOUR, False),
        (2, MONDAY + 12 * HOUR, True),
    ]


@only("sqlite")
async def test_a_pause_and_an_extension_touch_the_phase_in_hand(place: District) -> None:
    case = await at(place, "signed")
    case = await finish(place, case, MONDAY + HOUR)
    with actions.pretend(MONDAY + 2 * HOUR):
        await actions.suspend_case(place.dispatcher, case.id, reason="下雨")
    with pytest.raises(Conflict, match="已挂起"):
        await finish(place, case, MONDAY + 2 * HOUR)
    with actions.pretend(MONDAY + DAY):
        case = await actions.resume_case(place.dispatcher, case.id)
    assert case.due_at == MONDAY + DAY + 7 * HOUR
    until = MONDAY + 2 * DAY
    with actions.pretend(MONDAY + DAY):
        await actions.request_extension(place.handler, case.id, until=until, reason="缺料")
        case = await actions.decide_extension(place.dispatcher, case.id, granted=True)
    assert case.due_at == until
    case = await finish(place, case, MONDAY + DAY + HOUR)
    assert [row[0] for row in await timed(case)] == [1, 2, 3]
    assert (await timed(case))[1] == (2, until, False)
    assert case.due_at == MONDAY + 8 * DAY + HOUR


@only("sqlite")
async def test_rework_begins_with_the_last_phase_and_a_reopened_case_with_the_first(
    place: District,
) -> None:
    case = await at(place, "signed")
    for hours in (1, 2):
        case = await finish(place, case, MONDAY + hours * HOUR)
    case = await submit(place, case, MONDAY + 3 * HOUR)
    with actions.pretend(MONDAY + 4 * HOUR):
        case = await actions.rework_case(place.grid, case.id, reason="还在渗水")
        assert (await timed(case))[-1] == (3, MONDAY + 4 * HOUR + 7 * DAY, True)
        case = await submit(place, case, MONDAY + 5 * HOUR)
        for stage in ("verified", "closed"):
            case = await place.go(case, stage)
        case = await actions.reopen_case(place.grid, case.id, reason="又漏了")
        assert (case.phases, case.phases_left) == (None, None)
        case = await place.go(case, "dispatched")
    assert (case.phases_left, (await timed(case))[-1][0]) == (2, 1)


@only("sqlite")
async def test_what_is_under_way_keeps_the_rule_that_it_began_with(place: District) -> None:
    case = await at(place, "signed")
    kind = await CaseType.get(code=PIPE)
    two = [
        Wished(name="止水", amount=1, unit="work_hour"),
        Wished(name="修好", amount=2, unit="work_day"),
    ]
    await actions.set_limits(
        place.admin, kind.id, limit=Wished(amount=9, unit="urgent_day"), phases=two
    )
    case = await finish(place, case, MONDAY + HOUR)
    assert (case.phases_left, case.due_at) == (1, MONDAY + 9 * HOUR)
    with actions.pretend(MONDAY + 2 * HOUR):  # sent out again, it is still the same matter
        await actions.return_case(place.handler, case.id, reason="不归我们")
        case = await place.go(case, "dispatched")
    assert (case.phases_left, case.due_at) == (1, MONDAY + 9 * HOUR)
    new = await at(place, "signed")
    assert (new.phases_left, new.due_at) == (1, MONDAY + HOUR)


# ------------------------------------------------------------------- against counting by the minute


@only("sqlite")
@pytest.mark.parametrize("seed", range(6))
async def test_due_times_are_those_that_counting_minutes_gives(place: District, seed: int) -> None:
    """Random stories of pauses, returns, transfers and extensions; the reference looks at each
    minute by itself."""
    dice, plain = random.Random(seed), Calendar()
    plan = [Limit(amount=dice.randint(1, 5), unit=dice.choice(sorted(LimitUnit))) for _ in range(3)]
    kind = await CaseType.get(code=PIPE)
    wished = [
        Wished(name=f"第{n}", amount=limit.amount, unit=limit.unit) for n, limit in enumerate(plan)
    ]
    limit = Wished(amount=1, unit="work_day")
    await actions.set_limits(place.admin, kind.id, limit=limit, phases=wished)
    now = MONDAY + dice.randint(0, 20_000) * MINUTE
    case = await at(place, "signed", now)
    for number, limit_ in enumerate(plan):
        due = counted_by_minutes(limit_, now, plain)
        for _ in range(dice.randint(0, 2)):
            now += dice.randint(1, 400) * MINUTE
            due, now = await disturb(place, case, dice, limit_, due, now)
        running = [row for row in await timed(case) if row[2]]
        assert running == [(number + 1, due.astimezone(UTC), True)], (seed, number)
        now += dice.randint(1, 3000) * MINUTE
        case = await (finish if number < 2 else submit)(place, case, now)
    stopped = await Clock.filter(case_id=case.id, kind="handle").order_by("id")
    assert all(row.stopped_at for row in stopped)


async def disturb(
    place: District, case: Case, dice: random.Random, limit: Limit, due: datetime, now: datetime
) -> tuple[datetime, datetime]:
    """Something happens at `now`; when the phase is due after it, and what time it is then."""
    what = dice.choice(["pause", "return", "transfer", "extend"])
    with actions.pretend(now):
        if what == "extend" and now < due:
            until = due + dice.randint(1, 600) * MINUTE
            await actions.request_extension(place.handler, case.id, until=until, reason="缺料")
            await actions.decide_extension(place.dispatcher, case.id, granted=True)
            return until, now
        if what == "return":
            await actions.return_case(place.handler, case.id, reason="不归我们")
            await actions.supervise_case(place.supervisor, case.id, note="请派遣")
        if what == "transfer":
            for unit in (place.other_unit, place.unit):
                await actions.transfer_case(place.dispatcher, case.id, unit_id=unit.id, reason="x")
            due = counted_by_minutes(limit, now, Calendar())
        if what == "pause":
            await actions.suspend_case(place.dispatcher, case.id, reason="下雨")
    if what == "pause":
        left = minutes_between(limit.unit, now, due) if now <= due else None
        now += dice.randint(1, 2000) * MINUTE
        with actions.pretend(now):
            await actions.resume_case(place.dispatcher, case.id)
        due = after_minutes(limit.unit, left, now) if left is not None else due
    if what == "return":
        with actions.pretend(now):
            await place.go(case, "dispatched")
    if what in ("return", "transfer"):
        with actions.pretend(now):
            await place.go(case, "signed")
    return due, now


def minutes_between(unit: LimitUnit, start: datetime, end: datetime) -> int:
    at, found = start.astimezone(CHINA), 0
    while at < end:
        found += counts(unit, at, Calendar())
        at += MINUTE
    return found


def after_minutes(unit: LimitUnit, left: int, start: datetime) -> datetime:
    at = start.astimezone(CHINA)
    while left:
        left -= counts(unit, at, Calendar())
        at += MINUTE
    return at


# ------------------------------------------------------------------------- figures


def told(*steps: tuple[str, float]) -> list[Told]:
    return [
        Told(action=name, at=MONDAY + hours * HOUR, unit_id=7 if name == "dispatch" else None)
        for name, hours in steps
    ]


def parts(*spans: tuple[float, float, float | None]) -> list[Timed]:
    return [
        Timed(
            kind=HANDLE,
            started_at=MONDAY + start * HOUR,
            due_at=MONDAY + due * HOUR,
            stopped_at=None if stop is None else MONDAY + stop * HOUR,
        )
        for start, due, stop in spans
    ]


@pytest.mark.parametrize(
    ("steps", "clocks", "rate"),
    [
        # All three in time: one duty, kept.
        (
            [("dispatch", 0), ("finish_phase", 2), ("finish_phase", 5), ("submit_handling", 9)],
            parts((0, 3, 2), (2, 10, 5), (5, 99, 9)),
            MET,
        ),
        # The second a bit late: one duty, not kept, though the rest was in time.
        (
            [("dispatch", 0), ("finish_phase", 2), ("finish_phase", 11), ("submit_handling", 12)],
            parts((0, 3, 2), (2, 10, 11), (11, 99, 12)),
            MISSED,
        ),
        # Late already, though not finished.
        ([("dispatch", 0), ("finish_phase", 4)], parts((0, 3, 4), (4, 9999, None)), MISSED),
        # In time so far: not due.
        ([("dispatch", 0), ("finish_phase", 2)], parts((0, 3, 2), (2, 9999, None)), (0, 0)),
        # The phase in hand ran out.
        ([("dispatch", 0), ("finish_phase", 2)], parts((0, 3, 2), (2, 10, None)), MISSED),
        # Handed back in time in the second phase: owed by nobody.
        (
            [("dispatch", 0), ("finish_phase", 2), ("return", 4)],
            parts((0, 3, 2), (2, 10, None)),
            (0, 0),
        ),
        # Redone later: it was done when it was first reported.
        (
            [("dispatch", 0), ("finish_phase", 2), ("submit_handling", 3), ("submit_handling", 90)],
            parts((0, 3, 2), (2, 10, 3), (80, 85, 90)),
            MET,
        ),
    ],
)
def test_handling_in_phases_is_one_duty_that_is_kept_when_every_phase_is(
    steps: list[tuple[str, float]], clocks: list[Timed], rate: Rate
) -> None:
    owed = [duty for duty in duties(told(*steps), clocks) if duty.kind == HANDLE]
    assert rate_of(owed, MONDAY + 1000 * HOUR) == rate


@only("sqlite")
async def test_a_unit_that_is_late_with_one_phase_is_late_once(place: District) -> None:
    for late in (0, 1):
        case = await at(place, "signed")
        case = await finish(place, case, MONDAY + 3 * HOUR + late * timedelta(seconds=1))
        case = await finish(place, case, MONDAY + 4 * HOUR)
        await submit(place, case, MONDAY + 5 * HOUR)
    late = MONDAY + 999 * DAY
    assert await by_unit("handled_on_time", MONDAY, late, late) == {place.unit.id: (1, 2)}


def test_the_phases_of_a_case_taken_up_again_are_the_new_ones() -> None:
    def clock(phase: int | None, kind: str = "handle") -> Clock:
        return Clock(kind=kind, phase=phase)

    plan = [Phase(name="x", limit=Limit(amount=1, unit=LimitUnit.WORK_DAY))] * 3
    ran = [clock(1), clock(1, "feedback"), clock(2), clock(2), clock(3), clock(3)]
    assert clocks_of_phases(plan, HANDLE, ran) == [ran[0], ran[3], ran[5]]
    again = [*ran, clock(1)]
    assert clocks_of_phases(plan, HANDLE, again) == [again[6], None, None]
    assert clocks_of_phases(plan, HANDLE, [clock(None)]) == [None, None, None]


# ----------------------------------------------------------------------------- pages and GraphQL


@only("sqlite")
async def test_the_page_shows_each_phase_and_takes_it_by_a_plain_form(
    place: District, browser: Browser
) -> None:
    case = await at(place, "signed", datetime.now(UTC) - 10 * HOUR)
    await browser.as_(place.handler)
    path = f"/admin/cases/{case.id}"
    shown = (await browser.get(path)).text
    assert "做完这一段，就反馈一段" in shown
    assert shown.count("还没开始") == 2
    assert "1. 现场围护" in shown
    photo = {"fileIds": ("b.png", picture(), "image/png")}
    answer = await browser.post(f"{path}/finish_phase", {"note": "围好了"}, files=photo)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    shown = (await browser.get(path)).text
    assert "超时完成" in shown
    assert shown.count("还没开始") == 1
    assert "完成一段：现场围护" in shown
    await browser.as_(place.grid)
    assert "分段处置" in (await browser.get(path)).text


ASKED = """query ($id: ID!) { case(id: $id) {
  phases { number name limitText startedAt dueAt stoppedAt late } type { phases { name limitText } }
} }"""


@only("sqlite")
async def test_by_graphql(place: District, count_queries: Callable[[], Any]) -> None:
    asking = Asking(place.kernel)
    case = await at(place, "signed")
    files = [await place.upload(place.handler)]
    done = await asking.do(
        place.handler, "finishPhase", caseId=case_id(case), note="围好了", fileIds=files
    )
    assert (done["case"]["stage"], done["errors"]) == ("SIGNED", [])
    shown = (await asking.ask(place.grid, ASKED, id=case_id(case)))["case"]
    first, second, third = shown["phases"]
    assert (first["name"], first["limitText"], first["late"]) == ("现场围护", "3 紧急工作时", True)
    assert datetime.fromisoformat(first["dueAt"]) == MONDAY + 3 * HOUR
    assert (second["number"], second["stoppedAt"]) == (2, None)
    assert third["dueAt"] is None
    limits = ["3 紧急工作时", "8 紧急工作时", "5 工作日"]
    assert [one["limitText"] for one in shown["type"]["phases"]] == limits
    refused = await asking.run(
        place.far_grid,
        "mutation ($i: FinishPhaseInput!) { finishPhase(input: $i) { case { id } } }",
        i={"caseId": case_id(case), "note": "x", "fileIds": []},
    )
    assert refused.errors is not None
    assert refused.errors[0].extensions == {"code": "NOT_FOUND"}
    counts_ = []
    text = "{ cases { edges { node { phases { name dueAt } type { phases { name } } } } } }"
    for more in (0, 2):
        for _ in range(more):
            await at(place, "signed")
        with count_queries() as queries:
            await asking.ask(place.dispatcher, text)
        counts_.append(len(queries))
    assert counts_[0] == counts_[1]


# ------------------------------------------------------------------------- the types


@only("sqlite")
async def test_an_administrator_sets_limits_and_phases_and_the_audit_keeps_both(
    place: District, browser: Browser
) -> None:
    kind = await CaseType.get(code=PIPE)
    path = f"/admin/cases/types/{kind.id}"
    await browser.as_(place.admin)
    listed = (await browser.get("/admin/cases/types")).text
    assert "现场围护 3 紧急工作时 → 修复 8 紧急工作时 → 恢复 5 工作日" in listed
    assert 'value="现场围护"' in (await browser.get(path)).text
    given = {"limitAmount": "2", "limitUnit": "work_day", "phaseName1": "止水", "phaseAmount1": "4"}
    for wrong, words in (
        ({}, "分段至少两段"),
        ({"limitAmount": "0"}, "1 到 999"),
        ({"limitAmount": "x"}, "请填写整数"),
        ({"limitUnit": "week"}, "请选择时限的单位"),
        ({"phaseName2": "修", "phaseAmount2": "", "phaseUnit2": "work_day"}, "1 到 999"),
        ({"phaseAmount2": "3", "phaseUnit2": "work_day"}, "请填写这一段的名称"),
    ):
        answer = await browser.post(path, {**given, "phaseUnit1": "work_hour", **wrong})
        assert (answer.status_code, words in answer.text) == (422, True), wrong
    more = {
        "phaseUnit1": "work_hour",
        "phaseName4": "修",
        "phaseAmount4": "2",
        "phaseUnit4": "work_day",
    }
    answer = await browser.post(path, {**given, **more})
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/cases/types")
    rows = await TypePhase.filter(type_id=kind.id).order_by("seq")
    assert [(row.seq, row.name, row.phase.limit.text) for row in rows] == [
        (1, "止水", "4 工作时"),
        (2, "修", "2 工作日"),
    ]
    entries = await audited("cases.limits")
    assert entries == [("cases.limits", place.admin.person_id, [f"cases.CaseType {kind.id}"])]
    answer = await browser.post(path, {"limitAmount": "2", "limitUnit": "work_day"})
    assert answer.status_code == 303
    assert await TypePhase.filter(type_id=kind.id).count() == 0


@only("sqlite")
async def test_nobody_else_sees_or_sets_the_limits(place: District, browser: Browser) -> None:
    kind = await CaseType.get(code=PIPE)
    limit = Wished(amount=1, unit="work_day")
    for name, viewer in place.viewers.items():
        if name == "admin":
            continue
        await browser.as_(viewer)
        for path in ("/admin/cases/types", f"/admin/cases/types/{kind.id}"):
            assert (await browser.get(path)).status_code == 403, name
        answer = await browser.post(
            f"/admin/cases/types/{kind.id}", {"limitAmount": "1", "limitUnit": "work_day"}
        )
        assert answer.status_code == 403, name
        with pytest.raises(Forbidden):
            await actions.set_limits(viewer, kind.id, limit=limit)
    with pytest.raises(NotFound):
        await actions.set_limits(place.admin, 9999, limit=limit)
    assert (await CaseType.get(code=PIPE)).limit_amount == kind.limit_amount
