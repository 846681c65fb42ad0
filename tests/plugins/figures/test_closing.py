"""A month is counted while it is open, closed after its days of grace, and then stands."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from core.database import connection, dialect
from liuhe import BadInput, Conflict, Counted, Forbidden, Indicator, NotFound, indicators, recorded
from plugins.figures import actions
from plugins.figures.actions import keep_up
from plugins.figures.actions.counting import refresh_month
from plugins.figures.actions.digests import digest
from plugins.figures.models import Erratum, Month, Objection, Row, Sheet
from plugins.figures.rules import Pair
from tests.factories import only
from tests.plugins.figures.conftest import DAY, DEC, DECEMBER, HOUR, NOV, NOVEMBER, OCT, Books


async def sheet(code: str = "cases.signed", month: Any = NOV) -> Sheet:
    return await Sheet.get(code=code, month=month)


async def test_an_open_month_is_counted_anew_and_a_closed_one_never(books: Books) -> None:
    await books.case(NOVEMBER, signs=DAY + HOUR)
    await keep_up(NOVEMBER + DAY)
    assert (await sheet()).denominator == 0
    await keep_up(NOVEMBER + DAY + 2 * HOUR)
    now = await sheet()
    assert (now.numerator, now.denominator, now.closed_at) == (0, 1, None)
    assert now.until == now.counted_at == NOVEMBER + DAY + 2 * HOUR
    await keep_up(DECEMBER + 2 * DAY)  # three days of grace
    assert (await sheet()).closed_at is None
    await keep_up(DECEMBER + 3 * DAY)
    closed = await sheet()
    assert (closed.closed_at, closed.until) == (DECEMBER + 3 * DAY, DECEMBER)
    await books.case(NOVEMBER + 2 * DAY)  # entered too late
    await refresh_month(NOV, DECEMBER + 4 * DAY, all_of_it=True)
    await keep_up(DECEMBER + 4 * DAY)
    again = await sheet()
    assert (again.denominator, again.digest) == (1, closed.digest)
    assert await actions.check_sheet(again)


async def test_the_database_itself_refuses_to_change_what_is_closed(books: Books) -> None:
    await books.case(NOVEMBER)
    await keep_up(DECEMBER + 3 * DAY)
    closed = await sheet()
    objection = await actions.file_objection(
        books.place.handler,
        code="cases.signed",
        month=NOV,
        by="unit",
        key=str(books.place.unit.id),
        text="数不对",
    )
    await actions.answer_objection(
        books.place.supervisor, objection.id, upheld=True, answer="漏了", corrected=Pair(0, 1)
    )
    erratum = await Erratum.get()
    forbidden = [
        f"UPDATE figures_row SET numerator = 0 WHERE sheet_id = {closed.id}",
        f"DELETE FROM figures_row WHERE sheet_id = {closed.id}",
        "INSERT INTO figures_row (sheet_id, thing_id, part, area_path, type_code, numerator, "
        f"denominator) VALUES ({closed.id}, 99, 0, '1.', '', 1, 1)",
        f"UPDATE figures_sheet SET numerator = 9 WHERE id = {closed.id}",
        f"DELETE FROM figures_sheet WHERE id = {closed.id}",
        "UPDATE figures_month SET closed_at = NULL WHERE month = '2026-11-01'",
        "DELETE FROM figures_month WHERE month = '2026-11-01'",
        f"UPDATE figures_erratum SET numerator = 9 WHERE id = {erratum.id}",
        "DELETE FROM figures_erratum",
        f"UPDATE figures_objection SET text = '' WHERE id = {objection.id}",
        "DELETE FROM figures_objection",
        f"INSERT INTO figures_objection SELECT * FROM figures_objection WHERE id = {objection.id}",
    ]
    # An open sheet, its rows and month are moved to where closed ones stand.
    await keep_up(DECEMBER + 3 * DAY)
    forbidden += [
        "UPDATE figures_sheet SET month = '2026-11-01', code = 'x' WHERE month = '2026-12-01'",
        "UPDATE figures_month SET month = '2026-11-01' WHERE month = '2026-12-01'",
    ]
    if dialect() == "sqlite":
        row = await Row.filter(sheet_id=closed.id).first()
        assert row is not None
        columns = "thing_id, part, area_path, type_code, numerator, denominator"
        forbidden += [
            f"INSERT OR REPLACE INTO figures_row (id, sheet_id, {columns}) "
            f"SELECT {row.id}, id, 9, 0, '1.', '', 1, 1 FROM figures_sheet WHERE closed_at IS NULL",
            f"UPDATE OR REPLACE figures_sheet SET id = {closed.id} WHERE month = '2026-12-01'",
            "INSERT OR REPLACE INTO figures_objection "
            f"SELECT * FROM figures_objection WHERE id = {objection.id}",
        ]
    for statement in forbidden:
        with pytest.raises(Exception, match="封账"):
            await connection().execute_script(statement)
    assert await actions.check_sheet(await sheet())
    assert (await Erratum.get()).numerator == 0


async def test_the_same_month_counted_twice_gives_the_same_digest(books: Books) -> None:
    for hours in range(3):
        await books.case(NOVEMBER + hours * HOUR)
    digests = []
    for _ in range(2):
        await Row.all().delete()
        await Sheet.all().delete()
        await refresh_month(NOV, DECEMBER + DAY, all_of_it=True)
        digests.append({one.code: one.digest for one in await Sheet.all()})
    assert digests[0] == digests[1]
    assert set(digests[0]) == set(indicators())


async def unguarded(table: str) -> None:
    """As somebody who may do anything to the database leaves it."""
    of = "" if dialect() == "sqlite" else f" ON {table}"
    await connection().execute_script(f"DROP TRIGGER {table}_update_closed{of}")


@only("sqlite")
async def test_a_changed_row_is_found_out(books: Books) -> None:
    await books.case(NOVEMBER)
    await keep_up(DECEMBER + 3 * DAY)
    await unguarded("figures_row")
    await connection().execute_script("UPDATE figures_row SET numerator = 0")
    assert not await actions.check_sheet(await sheet())
    changed = await sheet()
    right = digest(changed, await Row.filter(sheet_id=changed.id))
    await unguarded("figures_sheet")
    await connection().execute_script(
        f"UPDATE figures_sheet SET digest = '{right}' WHERE id = {changed.id}"
    )
    assert await actions.check_sheet(await sheet())
    assert [one.code for one, same in await actions.check_month(NOV) if not same] == [changed.code]


def running(monkeypatch: pytest.MonkeyPatch, found: Mapping[str, Indicator]) -> None:
    """With these indicators from now on."""
    for module in ("closing", "counting"):
        monkeypatch.setattr(f"plugins.figures.actions.{module}.indicators", lambda: found)


async def boom(_: object) -> list[Counted]:
    raise ValueError("boom")


@only("sqlite")
async def test_one_that_cannot_be_counted_keeps_no_other_open_and_is_closed_when_it_can(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = dict(indicators())
    await books.case(NOVEMBER)
    broken = replace(every["cases.signed"], count=boom)
    running(monkeypatch, every | {broken.code: broken})
    with pytest.raises(RuntimeError, match="签收率没有数出来"):
        await keep_up(DECEMBER + 3 * DAY)
    assert (await Month.get(month=NOV)).closed_at is None
    closed = Sheet.filter(month=NOV, closed_at=DECEMBER + 3 * DAY)
    assert {one.code for one in await closed} == set(every) - {broken.code}
    assert await Sheet.filter(month=DEC).count() == len(every) - 1
    running(monkeypatch, every)
    await keep_up(DECEMBER + 4 * DAY)
    assert (await Month.get(month=NOV)).closed_at == DECEMBER + 4 * DAY
    assert ((await sheet()).denominator, (await sheet()).closed_at) == (1, DECEMBER + 4 * DAY)
    assert await closed.count() == len(every) - 1
    written = await recorded("figures.closed", ("figures.Month", "2026-11"))
    assert [set(one["digests"]) for one in written] == [set(every) - {broken.code}, {broken.code}]


@only("sqlite")
async def test_what_a_plugin_had_half_counted_is_not_closed_without_it(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = dict(indicators())
    await books.case(NOVEMBER)
    await keep_up(NOVEMBER + 2 * DAY)
    await books.case(NOVEMBER + 5 * DAY)
    running(monkeypatch, {code: one for code, one in every.items() if code != "cases.signed"})
    await keep_up(DECEMBER + 3 * DAY)
    assert (await Month.get(month=NOV)).closed_at is not None
    assert ((await sheet()).denominator, (await sheet()).closed_at) == (1, None)
    running(monkeypatch, every)  # it is back
    await keep_up(DECEMBER + 9 * DAY)
    assert ((await sheet()).denominator, (await sheet()).closed_at) == (2, DECEMBER + 9 * DAY)
    assert all(same for _, same in await actions.check_month(NOV))


@only("sqlite")
async def test_a_closed_month_is_broken_down_as_it_could_be_when_it_was_closed(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = dict(indicators())
    await books.case(NOVEMBER)
    code = "cases.registered"
    former = replace(every[code], dimensions=("area", "type"))
    running(monkeypatch, every | {code: former})
    await keep_up(DECEMBER + 3 * DAY)
    running(monkeypatch, every)
    board = await actions.board(books.place.admin, code, NOV, "unit")
    assert board is not None
    assert (board.total.pair, board.cells) == (Pair(0, 1), [])
    signed = await actions.board(books.place.admin, "cases.signed", NOV, "unit")
    assert signed is not None
    assert [(cell.pair, cell.beside) for cell in signed.cells] == [(Pair(1, 1), None)]


@only("sqlite")
async def test_a_person_may_close_a_month_that_is_over(books: Books, clock: Any) -> None:
    await books.case(NOVEMBER)
    clock(DECEMBER - HOUR)
    with pytest.raises(BadInput, match="没有过完"):
        await actions.close_month(books.place.supervisor, NOV)
    clock(DECEMBER + HOUR)
    for who in ("dispatcher", "handler", "auditor"):
        with pytest.raises(Forbidden):
            await actions.close_month(books.place.viewers[who], NOV)
    await actions.close_month(books.place.supervisor, NOV)
    assert (await Month.get(month=NOV)).closed_by_id == books.place.supervisor.person_id
    assert (await sheet()).closed_at == DECEMBER + HOUR
    with pytest.raises(Conflict):
        await actions.close_month(books.place.supervisor, NOV)
    with pytest.raises(BadInput):
        await actions.close_month(books.place.supervisor, OCT.replace(year=2020))


@only("sqlite")
async def test_months_that_nobody_counted_are_caught_up_and_none_is_left_open(
    books: Books,
) -> None:
    await books.case(NOVEMBER)
    await keep_up(NOVEMBER + HOUR)
    late = DECEMBER + 200 * DAY
    await keep_up(late)
    assert (await sheet()).closed_at == late
    assert (await sheet(month=DEC)).closed_at == late
    assert await actions.open_months(late) == [date(2027, 6, 1)]


@only("sqlite")
async def test_an_objection_is_answered_by_another_and_corrects_beside_the_figure(
    books: Books, clock: Any
) -> None:
    place = books.place
    await books.case(NOVEMBER, signs=DAY + HOUR)
    await keep_up(DECEMBER + 3 * DAY)
    given: dict[str, Any] = {"code": "cases.signed", "month": NOV, "by": "unit"}
    given["key"] = str(place.unit.id)
    clock(DECEMBER + 4 * DAY)
    for who, error in (("auditor", Forbidden), ("resident", Forbidden)):
        with pytest.raises(error):
            await actions.file_objection(place.viewers[who], text="不对", **given)
    with pytest.raises(BadInput, match="哪里不对"):
        await actions.file_objection(place.handler, text=" ", **given)
    with pytest.raises(NotFound):
        await actions.file_objection(place.other_handler, text="不对", **given)
    made = [
        await actions.file_objection(place.handler, text="系统坏了", idempotency_key="k", **given)
        for _ in range(2)
    ]
    assert made[0].id == made[1].id
    assert made[0].due_at == DECEMBER + 19 * DAY
    assert (made[0].numerator, made[0].denominator) == (0, 1)
    answer: dict[str, Any] = {"upheld": True, "answer": "确实坏了"}
    with pytest.raises(Forbidden):
        await actions.answer_objection(place.dispatcher, made[0].id, **answer)
    with pytest.raises(BadInput, match="更正后的数"):
        await actions.answer_objection(place.supervisor, made[0].id, **answer)
    for wrong in (Pair(2, 1), Pair(-1, 1), Pair(0, 1)):
        with pytest.raises(BadInput):
            await actions.answer_objection(place.supervisor, made[0].id, corrected=wrong, **answer)
    await actions.answer_objection(place.supervisor, made[0].id, corrected=Pair(1, 1), **answer)
    with pytest.raises(Conflict):
        await actions.answer_objection(place.supervisor, made[0].id, corrected=Pair(1, 1), **answer)
    board = await actions.board(place.handler, "cases.signed", NOV, "unit")
    assert board is not None
    cell = board.cell(str(place.unit.id))
    assert cell is not None
    assert cell.pair == Pair(0, 1)  # it stands
    assert [(e.old_numerator, e.numerator, e.reason) for e in cell.errata] == [(0, 1, "确实坏了")]
    assert (await Objection.get()).outcome == "upheld"


@only("sqlite")
async def test_in_an_open_month_the_matter_is_mended_and_not_the_figure(
    books: Books, clock: Any
) -> None:
    place = books.place
    await books.case(NOVEMBER, signs=DAY + HOUR)
    clock(NOVEMBER + 3 * DAY)
    await keep_up(NOVEMBER + 3 * DAY)
    given: dict[str, Any] = {"code": "cases.signed", "month": NOV, "by": "all", "key": ""}
    objection = await actions.file_objection(place.admin, text="不对", **given)
    with pytest.raises(BadInput, match="还没有封账"):
        await actions.publish_erratum(
            place.supervisor, corrected=Pair(1, 1), reason="错了", **given
        )
    with pytest.raises(BadInput, match="还没有封账"):
        await actions.answer_objection(
            place.supervisor, objection.id, upheld=True, answer="对", corrected=Pair(1, 1)
        )
    await actions.answer_objection(place.supervisor, objection.id, upheld=True, answer="已经更正")
    assert not await Erratum.exists()
