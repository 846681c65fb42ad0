"""The district of the case tests, with rules, and a way to let listeners hear."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.worker import Worker
from liuhe import Unit, Viewer, atomic
from liuhe.testing import make_unit
from plugins.cases import actions as cases
from plugins.cases.models import Case
from plugins.dispatch import actions
from plugins.dispatch.actions import Draft
from plugins.dispatch.models import Rule
from tests.plugins.cases.conftest import District, make_district

#: A Wednesday; 10:00 is in office hours.
WEDNESDAY = datetime(2026, 11, 18, 2, tzinfo=UTC)


@dataclass
class Desk:
    """A district and its rules."""

    place: District
    far_unit: Unit
    viewers: dict[str, Viewer] = field(default_factory=dict)

    async def rule(self, unit: Unit | None = None, **given: Any) -> Rule:
        unit = unit or self.place.unit
        return await actions.save_rule(self.place.admin, Draft(unit_id=unit.id, **given))

    async def accepted(self, at: datetime | None = None, **given: Any) -> Case:
        """A case that the dispatcher accepted, just now or at a moment."""
        with cases.pretend(at or datetime.now(UTC)):
            who = given.pop("dispatcher", self.place.dispatcher)
            case = await self.place.open(**given)
            return await cases.accept_case(who, case.id)

    async def hear(self) -> None:
        """Everything that waits for the worker, done."""
        worker = Worker(self.place.kernel.jobs)
        while await worker.once():
            pass


@pytest.fixture
async def desk(kernel_on: Any) -> AsyncIterator[Desk]:
    async with kernel_on(["dispatch"]) as kernel:
        place = await make_district(kernel)
        far = await make_unit("U3", "小河街道执法队", place.elsewhere)
        yield Desk(place=place, far_unit=far)


def days_ago(count: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=count)


@atomic
async def close(unit: Unit) -> None:
    """The unit takes no cases any more."""
    await Unit.filter(id=unit.id).update(active=False)
