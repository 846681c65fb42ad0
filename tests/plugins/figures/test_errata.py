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
