"""What counts in which month, checked by hand: due times, holidays, and every way out."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from liuhe import Counted, Span
from plugins.cases import actions
from plugins.cases.models import Case
from tests.factories import only
from tests.plugins.cases.conftest import District, blurred
from tests.plugins.cases.rated import CARDS

pytestmark = only("sqlite")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: Midnights in China.
SEPTEMBER = datetime(2026, 8, 31, 16, tzinfo=UTC)
OCTOBER, NOVEMBER = SEPTEMBER + 30 * DAY, SEPTEMBER + 61 * DAY
DECEMBER = NOVEMBER + 30 * DAY


async def counted(
    code: str, start: datetime, end: datetime, until: datetime | None = None
) -> list[Counted]:
    return list(await CARDS[code].count(Span(start=start, end=end, until=until or end)))


async def november(code: str, until: datetime | None = None) -> tuple[int, int]:
    return told(await counted(code, NOVEMBER, DECEMBER, until))


def told(rows: Iterable[Counted]) -> tuple[int, int]:
    rows = list(rows)
    return sum(one.numerator for one in rows), sum(one.denominator for one in rows)


async def sent(place: District, at: datetime, type_code: str = "0102") -> Case:
    with actions.pretend(at):
        return await place.go(
            await place.go(await place.open(type_code=type_code), "accepted"), "dispatched"
        )


async def fed_back(place: District, case: Case, at: datetime) -> None:
    with actions.pretend(at):
        if case.stage == "dispatched":
            case = await actions.sign_case(place.handler, case.id)
        await actions.submit_handling(
            place.handler, case.id, note="好了", evidence=[await blurred()]
        )


async def test_what_is_due_in_a_month_counts_in_it_and_nowhere_else(place: District) -> None:
    """Sent on the last day of October: to be signed on the first of November."""
    case = await sent(place, NOVEMBER - 2 * HOUR)
    with actions.pretend(NOVEMBER - HOUR):  # signed in October, for what is due in November
        await actions.sign_case(place.handler, case.id)
    assert told(await counted("signed", OCTOBER, NOVEMBER)) == (0, 0)
    assert await november("signed") == (1, 1)
    (row,) = await counted("signed", NOVEMBER, DECEMBER)
    assert (row.thing_id, row.unit_id, row.area_id) == (case.id, place.unit.id, place.community.id)
    assert (row.type_code, row.due_at) == ("event:0102", NOVEMBER + 22 * HOUR)


async def test_what_is_not_due_yet_counts_only_when_it_is_done(place: District) -> None:
    await sent(place, NOVEMBER)
    assert await november("signed", NOVEMBER + DAY) == (0, 0)
    assert await november("signed", NOVEMBER + DAY + timedelta(seconds=1)) == (0, 1)


async def test_late_work_is_handled_but_not_on_time_and_after_the_month_not_at_all(
    place: District,
) -> None:
    late, never = await sent(place, NOVEMBER), await sent(place, NOVEMBER)
    await fed_back(place, late, NOVEMBER + 20 * DAY)
    await fed_back(place, never, DECEMBER)  # the first second of the next month
    assert await november("handled") == (1, 2)
    assert await november("handled_on_time") == (0, 2)
    assert await november("fed_back") == (0, 2)
    assert await november("handled", DECEMBER + DAY) == (2, 2)


async def test_holidays_carry_a_due_time_into_the_month_in_which_it_falls(place: District) -> None:
    """0110 has five working days; 1 to 7 October 2026 are the National Day holidays."""
    await sent(place, OCTOBER - 4 * DAY + 10 * HOUR, "0110")
    assert told(await counted("handled", SEPTEMBER, OCTOBER)) == (0, 0)
    (row,) = await counted("handled", OCTOBER, NOVEMBER)
    assert row.due_at is not None
    assert row.due_at - OCTOBER > 7 * DAY


async def test_what_is_given_back_taken_away_merged_or_withdrawn_in_time_is_owed_by_nobody(
    place: District,
) -> None:
    returned, merged, withdrawn = [await sent(place, NOVEMBER) for _ in range(3)]
    main = await sent(place, NOVEMBER)
    with actions.pretend(NOVEMBER + HOUR):
        await actions.return_case(place.handler, returned.id, reason="不归我们")
        await actions.merge_case(
            place.dispatcher, merged.id, main_case_id=main.id, reason="同一件事"
        )
        await actions.withdraw_case(place.dispatcher, withdrawn.id, reason="弄错了")
    rows = await counted("signed", NOVEMBER, DECEMBER)
    assert {row.thing_id for row in rows} == {main.id}
    closing = await counted("closed", NOVEMBER, DECEMBER)  # a returned case still is to be closed
    assert {row.thing_id for row in closing} == {main.id, returned.id}


async def test_a_suspended_case_is_due_when_it_has_gone_on(place: District) -> None:
    case = await sent(place, NOVEMBER + 28 * DAY)
    with actions.pretend(NOVEMBER + 28 * DAY + HOUR):
        await actions.suspend_case(place.dispatcher, case.id, reason="等材料")
    for code in ("signed", "handled", "closed"):
        assert await november(code) == (0, 0)
    with actions.pretend(DECEMBER + DAY):
        await actions.resume_case(place.dispatcher, case.id)
    assert await november("signed") == (0, 0)
    assert told(await counted("signed", DECEMBER, DECEMBER + 31 * DAY)) == (0, 1)


async def test_an_extension_moves_what_is_due_and_one_that_came_later_does_not(
    place: District,
) -> None:
    cases = [await sent(place, NOVEMBER + 20 * DAY, "0110") for _ in range(2)]
    for case, decided in zip(cases, (NOVEMBER + 22 * DAY, DECEMBER + HOUR), strict=True):
        with actions.pretend(NOVEMBER + 21 * DAY):
            await actions.sign_case(place.handler, case.id)
            await actions.request_extension(
                place.handler, case.id, until=DECEMBER + 9 * DAY, reason="等配件"
            )
        with actions.pretend(decided):
            await actions.decide_extension(place.dispatcher, case.id, granted=True)
    (row,) = await counted("handled_on_time", NOVEMBER, DECEMBER)
    assert (row.thing_id, row.numerator) == (cases[1].id, False)
    assert await november("extended") == (0, 1)
    for code in ("closed", "reworked"):
        (row,) = await counted(code, NOVEMBER, DECEMBER)
        assert (row.thing_id, row.numerator) == (cases[1].id, False)
    december = await counted("extended", DECEMBER, DECEMBER + 31 * DAY)
    assert told(december) == (2, 2)


async def test_rework_counts_a_case_once_and_closing_is_due_after_its_last_limit(
    place: District,
) -> None:
    case = await sent(place, NOVEMBER)
    await fed_back(place, case, NOVEMBER + HOUR)
    with actions.pretend(NOVEMBER + 2 * HOUR):
        await actions.rework_case(place.grid, case.id, reason="还有一袋")
    for moment in (3, 5):
        await fed_back(place, await Case.get(id=case.id), NOVEMBER + moment * HOUR)
        if moment == 3:
            with actions.pretend(NOVEMBER + 4 * HOUR):
                await actions.rework_case(place.grid, case.id, reason="还有一袋")
    with actions.pretend(NOVEMBER + 6 * HOUR):
        await place.go(case, "verified")
        await place.go(case, "closed")
    assert await november("reworked") == (1, 1)
    (row,) = await counted("closed", NOVEMBER, DECEMBER)
    assert (row.numerator, row.unit_id) == (True, place.unit.id)
    assert (row.due_at, row.done_at) == (NOVEMBER + 30 * HOUR, NOVEMBER + 6 * HOUR)
    with actions.pretend(NOVEMBER + 7 * HOUR):
        await actions.reopen_case(place.dispatcher, case.id, reason="又来了")
    assert await november("closed") == (0, 1)


async def test_a_case_settled_on_the_spot_has_no_unit_but_is_to_be_closed(place: District) -> None:
    with actions.pretend(NOVEMBER):
        await place.on_the_spot()
    (row,) = await counted("closed", NOVEMBER, DECEMBER)
    assert (row.unit_id, row.numerator, row.due_at) == (None, False, NOVEMBER + DAY)
    assert await november("handled") == (0, 0)


async def test_a_registration_is_complete_with_place_and_words(place: District) -> None:
    with actions.pretend(NOVEMBER):
        await place.open(description="两袋垃圾")
        await place.open(description="两袋垃圾", address="")
        await place.open()
    assert await november("registered") == (1, 3)
    case = await sent(place, NOVEMBER)
    rows = await counted("registered", NOVEMBER, DECEMBER)
    assert {one.thing_id: one.unit_id for one in rows if one.unit_id} == {case.id: place.unit.id}
