"""Who was on time: exactly, to the second."""

from datetime import UTC, datetime, timedelta
from itertools import product

from liuhe import Unit, Viewer
from liuhe.testing import make_unit, make_viewer
from plugins.cases import actions
from plugins.cases.actions import Call
from plugins.cases.models import Clock
from plugins.cases.rules import ClockKind, Timed, Told, duties
from tests.factories import only
from tests.plugins.cases.conftest import District, blurred
from tests.plugins.cases.rated import CARDS, MET, MISSED, RATES, by_unit, rate_of, rated
from tests.plugins.cases.test_indicators import counted

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
    january = DECEMBER + 31 * DAY  # what was sent in the last days is due in December
    found = await rated(NOVEMBER, january, january)
    fine = {unit.id: MET for unit, _ in units}
    late = units[16][0].id
    assert found == dict.fromkeys(RATES, fine) | {"signed": fine | {late: MISSED}}
    assert await Clock.filter(kind="sign").count() == 39
    rows = await counted("signed", NOVEMBER, january)
    (missed,) = [one for one in rows if not one.numerator]
    assert missed.unit_id == late
    assert missed.due_at is not None
    assert missed.done_at == missed.due_at + timedelta(seconds=1)
    assert all(one.done_at == one.due_at for one in rows if one.numerator)


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
    found = await rated(NOVEMBER, DECEMBER, DECEMBER)
    assert found == {key: {place.other_unit.id: MISSED} for key in RATES}


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
    assert [(duty.kind, duty.unit_id) for duty in owed] == [(SIGN, 7), (HANDLE, 7), (FEEDBACK, 7)]
    for until, rate in ((24, (0, 0)), (24.001, (0, 3))):
        assert rate_of(owed, hours(until)) == rate


def test_whoever_hands_back_late_was_late() -> None:
    for action, at in product(("return", "withdraw", "merge"), (24, 24.001)):
        owed = duties(told(("dispatch", 0), (action, at)), clocks(24, at))
        assert rate_of(owed, hours(100)) == (0, 3 * (at > 24))


def test_work_that_was_redone_was_first_done_when_it_was_first_reported() -> None:
    steps = told(
        ("dispatch", 0), ("sign", 1), ("submit_handling", 5), ("rework", 6), ("submit_handling", 99)
    )
    assert rate_of(duties(steps, clocks(24, 5)), hours(200)) == (3, 3)


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
    arrived = await by_unit("help_arrived", NOVEMBER, DECEMBER, DECEMBER)
    fed_back = await by_unit("help_fed_back", NOVEMBER, DECEMBER, DECEMBER)
    assert [arrived[unit.id] for unit, _ in units] == [*[MET] * 5, MISSED, MET, MET]
    assert [fed_back[unit.id] for unit, _ in units] == [*[MET] * 6, MISSED, MET]
    assert await by_unit("help_arrived", DECEMBER, DECEMBER + 31 * DAY, DECEMBER + 60 * DAY) == {}
    rows = await counted("help_arrived", NOVEMBER, DECEMBER)
    assert sorted((one.thing_id, one.part) for one in rows) == [(case.id, n + 1) for n in range(8)]
    assert await CARDS["help_arrived"].things.seen(units[0][1]).exists()  # to be clicked down to


@only("sqlite")
async def test_a_called_unit_that_gives_back_in_time_owed_nothing(place: District) -> None:
    """Until it is told to go on: the time had run on."""
    for number, wait in enumerate((DAY, DAY + timedelta(seconds=1))):
        unit, handler = await unit_with_handler(place, number)
        with actions.pretend(NOVEMBER):
            case = await place.open(type_code="0110")
            await place.go(case, "accepted")
            (task,) = await actions.blow_whistle(
                place.grid, case.id, calls=[Call(unit_id=unit.id)], wanted="来"
            )
        with actions.pretend(NOVEMBER + wait):
            await actions.return_task(handler, task.id, reason="不归我们")
        given_back = await by_unit("help_arrived", NOVEMBER, DECEMBER, DECEMBER)
        assert given_back.get(unit.id) == (MISSED if number else None)
        with actions.pretend(NOVEMBER + 3 * DAY):
            await actions.redo_task(place.grid, task.id, reason="归")
            await actions.sign_task(handler, task.id)
        before, after = [
            await by_unit("help_arrived", NOVEMBER, DECEMBER, NOVEMBER + day * DAY)
            for day in (2, 4)
        ]
        assert before.get(unit.id) == given_back.get(unit.id)  # as it stood then
        assert after[unit.id] == MISSED


@only("sqlite")
async def test_a_called_unit_owes_what_is_due_once_its_case_goes_on(place: District) -> None:
    unit, _ = await unit_with_handler(place, 1)
    with actions.pretend(NOVEMBER):
        case = await place.open(type_code="0110")
        await place.go(case, "accepted")
        await actions.blow_whistle(place.grid, case.id, calls=[Call(unit_id=unit.id)], wanted="来")
    with actions.pretend(NOVEMBER + timedelta(hours=4)):
        await actions.suspend_case(place.dispatcher, case.id, reason="等天晴")
    assert await by_unit("help_arrived", NOVEMBER, DECEMBER, DECEMBER) == {}
    with actions.pretend(DECEMBER):
        await actions.resume_case(place.dispatcher, case.id)
    assert await by_unit("help_arrived", NOVEMBER, DECEMBER, DECEMBER + DAY) == {}
    (row,) = await counted("help_arrived", DECEMBER, DECEMBER + 31 * DAY)
    assert (row.unit_id, row.due_at) == (unit.id, DECEMBER + timedelta(hours=20))
