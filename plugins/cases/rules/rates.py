"""签收率、处置率、反馈率: what units owed and did on time. Pure: from steps and clocks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from plugins.cases.rules.limits import ClockKind

#: What a unit owes from the moment at which a case is sent to it, and the step that does it.
OWED = {
    ClockKind.SIGN: "sign",
    ClockKind.HANDLE: "submit_handling",
    ClockKind.FEEDBACK: "submit_handling",
}
SENDS = ("dispatch", "transfer")
RELEASES = ("return", "withdraw", "merge")


@dataclass(frozen=True, kw_only=True)
class Told:
    """A step of a case, as far as it matters here; `unit_id`: to whom it was sent."""

    action: str
    at: datetime
    unit_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Timed:
    """A clock of a case."""

    kind: str
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Duty:
    """Something that a unit owed. `sent_at`: since when; `released_at`: when it owed it no more."""

    unit_id: int
    kind: ClockKind
    sent_at: datetime
    due_at: datetime
    done_at: datetime | None = None
    released_at: datetime | None = None

    @property
    def on_time(self) -> bool:
        return self.done_at is not None and self.done_at <= self.due_at

    def counts(self, until: datetime) -> bool:
        """Done, or overdue: what was handed back or taken away in time was owed by nobody."""
        return self.done_at is not None or min(until, self.released_at or until) > self.due_at


@dataclass(frozen=True)
class Rate:
    """So many on time of so many that were due."""

    on_time: int = 0
    due: int = 0

    def with_(self, duty: Duty) -> "Rate":
        return Rate(self.on_time + duty.on_time, self.due + 1)

    @property
    def percent(self) -> float | None:
        return 100 * self.on_time / self.due if self.due else None


Rates = dict[int, dict[ClockKind, Rate]]


def rates(duties: Iterable[Duty], until: datetime) -> Rates:
    """For each unit and clock, as it stood at `until`."""
    found: Rates = {}
    for duty in duties:
        mine = found.setdefault(duty.unit_id, dict.fromkeys(OWED, Rate()))
        if duty.counts(until):
            mine[duty.kind] = mine[duty.kind].with_(duty)
    return found


def duties(steps: Sequence[Told], clocks: Sequence[Timed]) -> list[Duty]:
    """What units owed of one case; steps and clocks in the order in which they began."""
    found: list[Duty] = []
    for index, step in enumerate(steps):
        if step.action in SENDS and step.unit_id is not None:
            stretch = _stretch(steps[index + 1 :])
            found += (
                _duty(kind, step, clock, stretch)
                for kind in OWED
                if (clock := _running(clocks, kind, step.at))
            )
    return found


def _stretch(after: Sequence[Told]) -> Sequence[Told]:
    """The steps for which one unit answers, with the one that relieves it."""
    ends = (i for i, step in enumerate(after) if step.action in (*SENDS, *RELEASES))
    return after[: next(ends, len(after)) + 1]


def _running(clocks: Sequence[Timed], kind: ClockKind, at: datetime) -> Timed | None:
    """The clock that ran from `at` on; a handling clock may be older than the dispatch."""
    fit = [
        clock
        for clock in clocks
        if clock.kind == kind
        and clock.started_at <= at
        and (clock.stopped_at is None or clock.stopped_at >= at)
    ]
    return fit[-1] if fit else None


def _duty(kind: ClockKind, sent: Told, clock: Timed, stretch: Sequence[Told]) -> Duty:
    assert sent.unit_id is not None
    done = (step.at for step in stretch if step.action == OWED[kind])
    freed = (step.at for step in stretch if step.action in (*SENDS, *RELEASES))
    return Duty(
        unit_id=sent.unit_id,
        kind=kind,
        sent_at=sent.at,
        due_at=clock.due_at,
        done_at=next(done, None),
        released_at=next(freed, None),
    )
