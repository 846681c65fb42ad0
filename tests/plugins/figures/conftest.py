"""The district of the case tests with figures; cases that are sent and handled at given times."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from liuhe import Area, Unit, Viewer
from liuhe.testing import make_area, make_unit, make_viewer
from plugins.cases import actions as cases
from plugins.cases.models import Case
from plugins.figures.actions import counting
from plugins.figures.actions.closing import keep_up
from tests.plugins.cases.conftest import District, blurred, make_district

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OCTOBER = datetime(2026, 9, 30, 16, tzinfo=UTC)  # midnights in China
NOVEMBER, DECEMBER = OCTOBER + 31 * DAY, OCTOBER + 61 * DAY
OCT, NOV, DEC = date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)


@dataclass
class Books:
    """A district and its figures."""

    place: District

    async def case(
        self,
        at: datetime,
        *,
        signs: timedelta | None = HOUR,
        feeds: timedelta | None = None,
        area: Area | None = None,
        who: tuple[Unit, Viewer] | None = None,
        **given: Any,
    ) -> Case:
        """Sent to a unit at once; signed, and handled, after so long, or never."""
        unit, handler = who or (self.place.unit, self.place.handler)
        given.setdefault("viewer", self.place.dispatcher)
        with cases.pretend(at):
            case = await self.place.open(area_id=(area or self.place.community).id, **given)
            await cases.accept_case(self.place.dispatcher, case.id)
            case = await cases.dispatch_case(self.place.dispatcher, case.id, unit_id=unit.id)
        if signs is not None:
            with cases.pretend(at + signs):
                case = await cases.sign_case(handler, case.id)
        if feeds is not None:
            with cases.pretend(at + feeds):
                case = await cases.submit_handling(
                    handler, case.id, note="好了", evidence=[await blurred()]
                )
        return case

    async def unit(self, number: int) -> tuple[Unit, Viewer]:
        unit = await make_unit(f"L{number}", f"联动单位{number:02}", self.place.street)
        return unit, await make_viewer(f"linked{number}", "handler", unit=unit)

    async def community(self, number: int) -> Area:
        return await make_area(
            f"3301050030{number:02}", f"第{number}社区", "community", self.place.street
        )

    async def keep_up(self, at: datetime, monkeypatch: Any = None) -> None:
        await keep_up(at)


@pytest.fixture
async def books(kernel_on: Any) -> AsyncIterator[Books]:
    async with kernel_on(["figures", "cases"]) as kernel:
        yield Books(place=await make_district(kernel))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`clock(at)`: what time it is for figures."""

    def turn(at: datetime) -> None:
        for module in ("closing", "correcting", "counting"):
            monkeypatch.setattr(f"plugins.figures.actions.{module}.now", lambda: at)

    assert counting.now()
    return turn
