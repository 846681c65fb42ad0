"""What a neighbour's rules may know of cases: kind, place, times, units. No words, no persons."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tortoise.expressions import Q, Subquery

from liuhe import Viewer
from plugins.cases.models import Case, Step
from plugins.cases.permissions import visible
from plugins.cases.rules import Kind, Stage

BATCH = 500
COLUMNS = ("type__kind", "type__class_code", "type__code", "area__path", "stage")


@dataclass(frozen=True, kw_only=True)
class Outline:
    """`accepted_at`: None before 受理. `first_unit_id`: to which unit it was first sent, if any."""

    case_id: int
    kind: str
    class_code: str
    type_code: str
    area_path: str
    stage: str
    accepted_at: datetime | None = None
    first_unit_id: int | None = None

    @property
    def waits(self) -> bool:
        """Whether it is accepted and has never been sent to a unit."""
        fresh = self.accepted_at is not None and self.first_unit_id is None
        return fresh and self.stage == Stage.ACCEPTED


async def outlines_of(case_ids: Sequence[int]) -> dict[int, Outline]:
    """By case; nobody is asked here whether somebody may see them."""
    found = Case.filter(id__in=list(case_ids))
    return await _outlined(await found.values_list("id", *COLUMNS))


async def waiting_outlines(viewer: Viewer | None, most: int) -> list[Outline]:
    """The viewer's cases that wait to be sent for the first time, the oldest first."""
    waiting = Case.filter(visible(viewer), stage=Stage.ACCEPTED)
    first = waiting.order_by("opened_at", "id").limit(most)
    found = await _outlined(await first.values_list("id", *COLUMNS))
    return [one for one in found.values() if one.waits]


async def accepted_outlines(
    viewer: Viewer | None, start: datetime, end: datetime
) -> AsyncIterator[list[Outline]]:
    """The viewer's cases that were accepted in a stretch of time, in batches as it happened."""
    seen = Subquery(Case.filter(visible(viewer)).values("id"))
    accepted = Step.filter(action="accept", at__gte=start, at__lt=end, case_id__in=seen)
    columns = ("id", "at", "case_id", *(f"case__{column}" for column in COLUMNS))
    past = Q()
    while (
        rows := await accepted.filter(past).order_by("at", "id").limit(BATCH).values_list(*columns)
    ):
        sent = await _first_units([row[2] for row in rows])
        yield [_outline(row[2:], row[1], sent.get(row[2])) for row in rows]
        id, at = rows[-1][:2]
        past = Q(at__gt=at) | Q(at=at, id__gt=id)


async def _outlined(rows: Sequence[Any]) -> dict[int, Outline]:
    found: dict[int, Outline] = {}
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        ids = [row[0] for row in part]
        accepted, sent = await _accepted(ids), await _first_units(ids)
        found.update((r[0], _outline(r, accepted.get(r[0]), sent.get(r[0]))) for r in part)
    return found


async def _accepted(ids: list[int]) -> dict[int, datetime]:
    steps = Step.filter(case_id__in=ids, action="accept").order_by("case_id", "seq")
    return dict(await steps.values_list("case_id", "at"))


async def _first_units(ids: list[int]) -> dict[int, int]:
    steps = Step.filter(case_id__in=ids, action="dispatch").order_by("case_id", "-seq")
    return dict(await steps.values_list("case_id", "unit_id"))


def _outline(row: Sequence[Any], accepted_at: datetime | None, unit_id: int | None) -> Outline:
    case_id, kind, class_code, type_code, path, stage = row
    return Outline(
        case_id=case_id,
        kind=Kind(kind).value,
        class_code=class_code,
        type_code=type_code,
        area_path=path,
        stage=Stage(stage).value,
        accepted_at=accepted_at,
        first_unit_id=unit_id,
    )
