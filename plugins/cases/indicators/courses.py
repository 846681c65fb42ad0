"""What happened to cases, and their clocks, as it stood at a moment; read in batches."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from plugins.cases.models import Case, Clock, Step
from plugins.cases.rules import ClockKind, Kind, Stage, Timed, Told

BATCH = 500
#: While a clock is paused before it was late, nothing is due.
NEVER = datetime.max.replace(tzinfo=UTC)
_EXTENDED = (ClockKind.HANDLE, ClockKind.FEEDBACK)
_STEPS = ("case_id", "seq", "action", "at", "unit_id", "to_stage", "details")
_CLOCKS = ("case_id", "kind", "started_at", "due_at", "stopped_at", "left_seconds")


@dataclass(frozen=True, kw_only=True)
class Course:
    """One case. `type_code` tells events and parts apart: "event:0505"."""

    case_id: int
    area_id: int
    type_code: str
    flow: str
    told: Sequence[Told]
    clocks: Sequence[Timed]

    @property
    def stage(self) -> Stage | None:
        return self.told[-1].stage if self.told else None


async def courses(ids: Iterable[int], until: datetime = NEVER) -> AsyncIterator[Course]:
    """Of these cases, what was done before `until`."""
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), BATCH):
        for course in await _batch(wanted[start : start + BATCH], until):
            yield course


async def _batch(ids: Sequence[int], until: datetime) -> list[Course]:
    cases = await Case.filter(id__in=ids).values_list(
        "id", "area_id", "type__kind", "type__code", "flow"
    )
    steps, clocks = defaultdict(list), defaultdict(list)
    for row in await Step.filter(case_id__in=ids).order_by("case_id", "seq").values_list(*_STEPS):
        steps[row[0]].append(row)
    for row in await Clock.filter(case_id__in=ids).order_by("case_id", "id").values_list(*_CLOCKS):
        clocks[row[0]].append(row)
    return [
        Course(
            case_id=id,
            area_id=area,
            type_code=f"{Kind(kind).value}:{code}",
            flow=flow,
            told=[_told(step) for step in steps[id] if step[3] < until],
            clocks=_as_of(until, [_timed(clock) for clock in clocks[id]], steps[id]),
        )
        for id, area, kind, code, flow in cases
    ]


def _told(row: Sequence[Any]) -> Told:
    _, seq, action, at, unit_id, stage, details = row
    return Told(
        seq=seq,
        action=action,
        at=at,
        unit_id=unit_id,
        stage=Stage(stage),
        granted=bool(_extension(details).get("granted")),
    )


def _extension(details: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = details.get("extension") or {}
    return found


def _timed(row: Sequence[Any]) -> Timed:
    _, kind, started_at, due_at, stopped_at, left = row
    due = due_at if left is None else NEVER
    return Timed(kind=kind, started_at=started_at, due_at=due, stopped_at=stopped_at)


def _as_of(
    until: datetime, clocks: Sequence[Timed], steps: Sequence[Sequence[Any]]
) -> Sequence[Timed]:
    """Clocks that began later were not there; what was prolonged later was due as before."""
    if until == NEVER:
        return clocks
    answers = (_extension(step[6]) for step in steps if step[3] >= until)
    given = (datetime.fromisoformat(one["from"]) for one in answers if one.get("granted"))
    before = next(given, None)
    return [_before(clock, until, before) for clock in clocks if clock.started_at < until]


def _before(clock: Timed, until: datetime, due: datetime | None) -> Timed:
    running = clock.stopped_at is None or clock.stopped_at >= until
    prolonged = running and due is not None and clock.kind in _EXTENDED
    return replace(
        clock,
        due_at=due if prolonged and due is not None else clock.due_at,
        stopped_at=None if running else clock.stopped_at,
    )
