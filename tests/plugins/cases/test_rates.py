"""Who was on time: exactly, to the second."""

from datetime import UTC, datetime, timedelta
from itertools import product

from tortoise.expressions import Q

from liuhe import Span, Unit, Viewer
from liuhe.testing import make_unit, make_viewer
from plugins.cases import actions
from plugins.cases.actions import Call
from plugins.cases.indicators import INDICATORS, task_rates, unit_rates
from plugins.cases.models import Clock
from plugins.cases.rules import ClockKind, Rate, Timed, Told, duties, rates
from tests.factories import only
from tests.plugins.cases.conftest import District, blurred

NOVEMBER = datetime(2026, 10, 31, 16, tzinfo=UTC)  # midnight in China
DECEMBER = NOVEMBER + timedelta(days=30)
DAY = timedelta(days=1)
SIGN, HANDLE, FEEDBACK = ClockKind.SIGN, ClockKind.HANDLE, ClockKind.FEEDBACK


@only("sqlite")
async def test_of_39_units_exactly_the_one_that_signs_a_second_late_is_late(
    place: District,
) -> None:
    units = [await unit_with_handler(place, number) for number in range(39)]
    for number, (unit, handler) in enumerate(units):
        sent = NOVEMBER + timedelta(hours=17 * number)
        await whole_way(place, sent, unit, handler, DAY + timedelta(seconds=number == 16))
    found = await unit_rates(NOVEMBER, DECEMBER, DECEMBER + 30 * DAY)
    late = {units[16][0].id: {SIGN: Rate(0, 1), HANDLE: Rate(1, 1), FEEDBACK: Rate(1, 1)}}
    fine = dict.fromkeys((SIGN, HANDLE, FEEDBACK), Rate(1, 1))
    assert found == {unit.id: fine for unit, _ in units} | late
    assert await Clock.filter(kind="sign").count() == 39
    assert await unit_rates(DECEMBER, DECEMBER + 31 * DAY, DECEMBER + 60 * DAY) == {}
    await the_declared_figures_name_the_same_one(units[16][0].id)


async def the_declared_figures_name_the_same_one(late: int) -> None:
    """The 39 days end in December: what is due then counts then."""
    declared = {one.code: one for one in INDICATORS}
    counted = [
        one
        for span in (span_of(NOVEMBER, DECEMBER), span_of(DECEMBER, DECEMBER + 31 * DAY))
        for one in await declared["cases.signed"].count(span)
    ]
    assert len({one.unit_id for one in counted}) == 39 == len(counted)
    (missed,) = [one for one in counted if not one.numerator]
    assert missed.unit_id == late
    assert missed.due_at is not None
    assert missed.done_at == missed.due_at + timedelta(seconds=1)
    assert all(one.done_at == one.due_at for one in counted if one.numerator)


def span_of(start: datetime, end: datetime) -> Span:
    return Span(start=start, end=end, until=end)


async def unit_with_handler(place: District, number: int) -> tuple[Unit, Viewer]:
    unit = await make_unit(f"L{number}", f"联动单位{number}", place.street)
    return unit, await make_viewer(f"linked{number}", "handler", unit=unit)


async def whole_way(
    place: District, sent: datetime, unit: Unit, handler: Viewer, signs_after: timedelta
) -> None:
    with actions.pretend(sent):
        case = await place.open(type_code="0110")  # five working days to handle
        await place.go(case, "accepted")
        await actions.dispatch_case(place.dispatcher, case.id, unit_id=unit.id)
    with actions.pretend(sent + signs_after):
        await actions.sign_case(handler, case.id)
    with actions.pretend(sent + 2 * DAY):
        after = [await blurred()]
        await actions.submit_handling(handler, case.id, note="修好了", evidence=after)


async def test_a_case_handed_back_in_time_is_owed_by_the_unit_that_has_it(
    place: District,
) -> None:
    with actions.pretend(NOVEMBER):
        case = await place.at("dispatched")
    with actions.pretend(NOVEMBER + timedelta(hours=3)):
        await actions.return_case(place.handler, case.id, reason="不归我们")
        await actions.dispatch_case(place.dispatcher, case.id, unit_id=place.other_unit.id)
    found = await unit_rates(NOVEMBER, DECEMBER, DECEMBER)
    assert found[place.unit.id] == dict.fromkeys((SIGN, HANDLE, FEEDBACK), Rate(0, 0))
    assert found[place.other_unit.id] == dict.fromkeys((SIGN, HANDLE, FEEDBACK), Rate(0, 1))


def hours(count: float) -> datetime:
    return NOVEMBER + timedelta(hours=count)


def clocks(due: float, stopped: float | None) -> list[Timed]:
    ends = None if stopped is None else hours(stopped)
    return [
        Timed(kind=kind, started_at=hours(0), due_at=hours(due), stopped_at=ends)
        for kind in (SIGN, HANDLE, FEEDBACK)
    ]


def told(*steps: tuple[str, float]) -> list[Told]:
    return [
        Told(action=action, at=hours(at), unit_id=7 if action == "dispatch" else None)
        for action, at in steps
    ]


def test_what_is_not_due_yet_counts_neither_way() -> None:
    owed = duties(told(("dispatch", 0)), clocks(24, None))
    for until, rate in ((24, Rate(0, 0)), (24.001, Rate(0, 1))):
        assert rates(owed, hours(until))[7] == dict.fromkeys((SIGN, HANDLE, FEEDBACK), rate)


def test_whoever_hands_back_late_was_late() -> None:
    for action, at in product(("return", "withdraw", "merge"), (24, 24.001)):
        owed = duties(told(("dispatch", 0), (action, at)), clocks(24, at))
        assert rates(owed, hours(100))[7][SIGN] == Rate(0, int(at > 24))


def test_work_that_was_redone_was_first_done_when_it_was_first_reported() -> None:
    steps = told(
        ("dispatch", 0), ("sign", 1), ("submit_handling", 5), ("rework", 6), ("submit_handling", 99)
    )
    found = rates(duties(steps, clocks(24, 5)), hours(200))[7]
    assert found == dict.fromkeys((SIGN, HANDLE, FEEDBACK), Rate(1, 1))
    assert found[SIGN].percent == 100
    assert Rate().percent is None


async def test_units_that_were_called_are_counted_by_the_second(place: District) -> None:
    units = [await unit_with_handler(place, number) for number in range(8)]
    with actions.pretend(NOVEMBER):
        case = await place.open(type_code="0110")  # five working days to act
        await place.go(case, "accepted")
        calls = [Call(unit_id=unit.id) for unit, _ in units]
        tasks = await actions.blow_whistle(place.grid, case.id, calls=calls, wanted="来")
    for number, (task, (_, handler)) in enumerate(zip(tasks, units, strict=True)):
        with actions.pretend(NOVEMBER + DAY + timedelta(seconds=number == 5)):
            await actions.sign_task(handler, task.id)
        if number == 6:
            continue  # never reports
        with actions.pretend(NOVEMBER + 2 * DAY):
            await actions.report_task(handler, task.id, note="好了")
            if number == 7:  # once more, and late: it had reported in time
                await actions.redo_task(place.grid, task.id, reason="再看看")
    fine, late = Rate(1, 1), Rate(0, 1)
    found = await task_rates(NOVEMBER, DECEMBER, DECEMBER)
    assert [found[unit.id][SIGN] for unit, _ in units] == [*[fine] * 5, late, fine, fine]
    assert [found[unit.id][FEEDBACK] for unit, _ in units] == [*[fine] * 6, late, fine]
    assert {rate[HANDLE] for rate in found.values()} == {Rate(0, 0)}
    assert await task_rates(DECEMBER, DECEMBER + 31 * DAY, DECEMBER + 60 * DAY) == {}


@only("sqlite")
async def test_a_called_unit_that_gives_back_in_time_owed_nothing(place: District) -> None:
    (unit, handler) = await unit_with_handler(place, 1)
    rated = {}
    for name, wait in (("in time", DAY), ("late", DAY + timedelta(seconds=1))):
        with actions.pretend(NOVEMBER):
            case = await place.open(type_code="0110")
            await place.go(case, "accepted")
            (task,) = await actions.blow_whistle(
                place.grid, case.id, calls=[Call(unit_id=unit.id)], wanted="来"
            )
        with actions.pretend(NOVEMBER + wait):
            await actions.return_task(handler, task.id, reason="不归我们")
        found = await task_rates(NOVEMBER, DECEMBER, DECEMBER, Q(id=task.id))
        rated[name] = found[unit.id][SIGN]
        with actions.pretend(NOVEMBER + 3 * DAY):  # the time had run on
            await actions.redo_task(place.grid, task.id, reason="归")
            await actions.sign_task(handler, task.id)
        found = await task_rates(NOVEMBER, DECEMBER, DECEMBER, Q(id=task.id))
        assert found[unit.id][SIGN] == Rate(0, 1)
    assert rated == {"in time": Rate(0, 0), "late": Rate(0, 1)}
