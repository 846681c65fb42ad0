"""签收率、处置率、反馈率: what units owed and did on time. Pure: from steps and clocks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from plugins.cases.rules.flow import STANDARD
from plugins.cases.rules.limits import ClockKind
from plugins.cases.rules.moves import Flow, Need
from plugins.cases.rules.words import Stage

#: What a unit owes from the moment at which a case is sent to it.
OWED = (ClockKind.SIGN, ClockKind.HANDLE, ClockKind.FEEDBACK)
#: The standard flow's moves that send a case to a unit.
SENDS = ("dispatch", "transfer")


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What steps mean for who owes what: those that send a case to a unit, that take it from one
    again, that do what is owed, and that do a part of it."""

    sends: frozenset[str]
    releases: frozenset[str]
    does: Mapping[ClockKind, frozenset[str]]
    parts: Mapping[ClockKind, frozenset[str]]


def terms_of(flows: Iterable[Flow]) -> Terms:
    """As the flows declare them: whoever has the work in hand does it by ending its clock; what
    else ends such a clock takes the work away."""
    moves = [move for flow in flows for move in flow.moves]
    sends = frozenset(move.action for move in moves if Need.UNIT in move.needs)
    ending = {
        kind: [move for move in moves if kind in move.stops and move.action not in sends]
        for kind in OWED
    }
    return Terms(
        sends=sends,
        releases=frozenset(m.action for ends in ending.values() for m in ends if not m.handles),
        does={
            kind: frozenset(m.action for m in ends if m.handles and kind not in m.starts)
            for kind, ends in ending.items()
        },
        parts={
            kind: frozenset(m.action for m in ends if m.handles and kind in m.starts)
            for kind, ends in ending.items()
        },
    )


def does_it(kind: ClockKind, action: str, to: Stage, terms: Terms) -> bool:
    """Whether a step that ends such a clock does what was owed, or only relieves of it."""
    if kind in terms.does:
        return action in terms.does[kind] | terms.parts[kind]
    return to not in (Stage.WITHDRAWN, Stage.MERGED)


STANDARD_TERMS = terms_of([STANDARD])


@dataclass(frozen=True, kw_only=True)
class Told:
    """A step of a case, as far as it matters here; `unit_id`: to whom it was sent. `granted`: with
    it more time was given."""

    action: str
    at: datetime
    unit_id: int | None = None
    seq: int = 0
    stage: Stage | None = None
    granted: bool = False


@dataclass(frozen=True, kw_only=True)
class Timed:
    """A clock of a case."""

    kind: str
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Duty:
    """Something that a unit owed. `sent_at`: since when; `released_at`: when it owed it no more.

    `seq`: the number of the step that sent it; `extended`: more time was given meanwhile.
    """

    unit_id: int
    kind: ClockKind
    sent_at: datetime
    due_at: datetime
    done_at: datetime | None = None
    released_at: datetime | None = None
    seq: int = 0
    extended: bool = False

    @property
    def on_time(self) -> bool:
        return self.done_at is not None and self.done_at <= self.due_at

    def counts(self, until: datetime) -> bool:
        """Done, or overdue: what was handed back or taken away in time was owed by nobody."""
        return self.done_at is not None or min(until, self.released_at or until) > self.due_at


def duties(
    steps: Sequence[Told], clocks: Sequence[Timed], terms: Terms = STANDARD_TERMS
) -> list[Duty]:
    """What units owed of one case; steps and clocks in the order in which they began."""
    found: list[Duty] = []
    for index, step in enumerate(steps):
        if step.action in terms.sends and step.unit_id is not None:
            stretch = _stretch(steps[index + 1 :], terms)
            found += (
                _duty(kind, step, running, stretch, terms)
                for kind in OWED
                if (running := _running(clocks, kind, step.at))
            )
    return found


def _stretch(after: Sequence[Told], terms: Terms) -> Sequence[Told]:
    """The steps for which one unit answers, with the one that relieves it."""
    over = terms.sends | terms.releases
    ends = (i for i, step in enumerate(after) if step.action in over)
    return after[: next(ends, len(after)) + 1]


def _running(clocks: Sequence[Timed], kind: ClockKind, at: datetime) -> Sequence[Timed]:
    """The clock that ran from `at` on, and those after it; a handling clock may be older than the
    dispatch."""
    same = [clock for clock in clocks if clock.kind == kind]
    fit = [
        index
        for index, clock in enumerate(same)
        if clock.started_at <= at and (clock.stopped_at is None or clock.stopped_at >= at)
    ]
    return same[fit[-1] :] if fit else ()


def _duty(
    kind: ClockKind,
    sent: Told,
    clocks: Sequence[Timed],
    stretch: Sequence[Told],
    terms: Terms,
) -> Duty:
    """Work in parts is one duty: kept when every part was, and judged by the first that was not."""
    assert sent.unit_id is not None
    did = terms.parts[kind] | terms.does[kind]
    freed = terms.sends | terms.releases
    done = _until_done([step for step in stretch if step.action in did], terms.does[kind])
    released = next((step.at for step in stretch if step.action in freed), None)
    ends: list[datetime | None] = [step.at for step in done]
    if not done or done[-1].action not in terms.does[kind]:
        ends.append(None)  # the part in hand
    for clock, done_at in zip(clocks, ends, strict=False):
        duty = Duty(
            unit_id=sent.unit_id,
            kind=kind,
            sent_at=sent.at,
            due_at=clock.due_at,
            done_at=done_at,
            released_at=released,
            seq=sent.seq,
            extended=any(step.granted for step in stretch),
        )
        if not duty.on_time:
            break
    return duty


def _until_done(steps: Sequence[Told], does: frozenset[str]) -> Sequence[Told]:
    """Up to the first step with which all was done; work that is redone is not owed twice."""
    ends = (i for i, step in enumerate(steps) if step.action in does)
    return steps[: next(ends, len(steps)) + 1]
