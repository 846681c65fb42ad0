"""Corrections beside figures: who is told of them, and that none is filed where nobody looks."""

from typing import Any

import pytest

from liuhe import NotFound
from plugins.figures import actions
from plugins.figures.actions import keep_up
from plugins.figures.models import Erratum, Objection
from plugins.figures.rules import Pair
from tests.factories import only
from tests.plugins.figures.conftest import DAY, DECEMBER, HOUR, NOV, NOVEMBER, Books

pytestmark = only("sqlite")
SIGNED = "cases.signed"


async def correct(books: Books, by: str, key: str, right: Pair, **more: Any) -> Erratum:
    given: dict[str, Any] = {"code": SIGNED, "month": NOV, "reason": "重复了一件", **more}
    return await actions.publish_erratum(
        books.place.supervisor, by=by, key=key, corrected=right, **given
    )


async def test_the_districts_correction_stands_beside_the_districts_figure_only(
    books: Books,
) -> None:
    for hours in range(2):
        await books.case(NOVEMBER + hours * HOUR)
    await books.case(NOVEMBER, who=(books.place.other_unit, books.place.other_handler))
    await keep_up(DECEMBER + 3 * DAY)
    await correct(books, "all", "", Pair(2, 2))
    part = await actions.board(books.place.handler, SIGNED, NOV)
    assert part is not None
    assert (part.total.pair, part.total.errata) == (Pair(2, 2), ())
    whole = await actions.board(books.place.supervisor, SIGNED, NOV)
    assert whole is not None
    assert [one.denominator for one in whole.total.errata] == [2]


async def test_the_total_has_no_parts_to_correct_or_object_to(books: Books) -> None:
    await books.case(NOVEMBER)
    await keep_up(DECEMBER + 3 * DAY)
    with pytest.raises(NotFound):
        await correct(books, "all", str(books.place.unit.id), Pair(0, 1))
    with pytest.raises(NotFound):
        await actions.file_objection(
            books.place.admin, code=SIGNED, month=NOV, by="all", key="7", text="不对"
        )
    assert not await Erratum.exists()
    assert not await Objection.exists()


async def published(books: Books, by: str, key: str) -> list[int]:
    """The corrected counts that whoever sees no case is told."""
    _, cell = await actions.cell_of(books.place.auditor, SIGNED, NOV, by, key, None)
    return [one.denominator for one in cell.errata]


async def test_a_correction_is_published_only_where_nothing_small_follows_from_it(
    books: Books, clock: Any
) -> None:
    keys, handlers = [], []
    for number, count in enumerate((5, 7)):
        unit, handler = await books.unit(number)
        keys.append(str(unit.id))
        handlers.append(handler)
        for hours in range(count):
            await books.case(NOVEMBER + hours * HOUR, who=(unit, handler))
    await keep_up(DECEMBER + 3 * DAY)
    clock(DECEMBER + 4 * DAY)
    assert (await correct(books, "unit", keys[1], Pair(6, 6))).told
    assert (await correct(books, "all", "", Pair(11, 11))).told
    objection = await actions.file_objection(
        handlers[1], code=SIGNED, month=NOV, by="unit", key=keys[0], text="多", view="published"
    )
    await actions.answer_objection(
        books.place.supervisor, objection.id, upheld=True, answer="是", corrected=Pair(4, 4)
    )
    assert not (await correct(books, "all", "", Pair(10, 10))).told  # 10 - 6 would tell it
    assert not (await correct(books, "type", "event:0102", Pair(10, 10))).told
    assert await published(books, "unit", keys[0]) == []
    assert await published(books, "unit", keys[1]) == [6]
    assert await published(books, "all", "") == [11]
    filed = await Objection.get(id=objection.id).select_related("sheet")
    assert await actions.errata_of(handlers[1], filed) == []
    for viewer in (handlers[0], books.place.supervisor):  # who counts them anyway
        assert [one.denominator for one in await actions.errata_of(viewer, filed)] == [4]
        _, cell = await actions.cell_of(viewer, SIGNED, NOV, "unit", keys[0], None)
        assert [one.denominator for one in cell.errata] == [4]


async def test_a_total_is_corrected_in_public_where_what_is_hidden_stays_so(books: Books) -> None:
    """Three units are hidden; what is hidden of one of them is corrected, and then the total."""
    keys = []
    for number, count in enumerate((4, 4, 5)):
        unit, handler = await books.unit(number)
        keys.append(str(unit.id))
        for hours in range(count):
            await books.case(NOVEMBER + hours * HOUR, who=(unit, handler))
    await keep_up(DECEMBER + 3 * DAY)
    assert not (await correct(books, "unit", keys[2], Pair(4, 4))).told
    assert (await correct(books, "all", "", Pair(12, 12))).told
    assert await published(books, "all", "") == [12]
    assert await published(books, "unit", keys[2]) == []
    assert not (await correct(books, "unit", keys[1], Pair(1, 1))).told
    assert not (await correct(books, "all", "", Pair(9, 9))).told  # 4 + 1: too few are left
    assert await published(books, "all", "") == [12]
