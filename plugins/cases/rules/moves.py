"""How a flow is written down: moves between stages, what each needs, who is kept apart."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from functools import cached_property

from plugins.cases.rules.limits import ClockKind
from plugins.cases.rules.words import ENDED, Mark, Stage, state_words

OPEN = "open"
OPEN_LABEL = "上报"


class Need(StrEnum):
    """What a move asks of whoever makes it."""

    REASON = "reason"
    NOTE = "note"
    UNIT = "unit"
    PROPOSED_UNIT = "proposed_unit"
    AFTER_PICTURE = "after_picture"
    RATING = "rating"
    UNTIL = "until"
    GRANTED = "granted"
    MAIN_CASE = "main_case"
    SCENE_PICTURE = "scene_picture"


#: What can come with a report, and with a move that only some flow knows.
WITH_REPORT = (Need.SCENE_PICTURE,)
WITH_MOVE = (Need.REASON, Need.NOTE, Need.UNIT, Need.AFTER_PICTURE)


@dataclass(frozen=True, kw_only=True)
class Move:
    """One way on. `needs` must be given, `takes` may be. `to`: None where the stage stays.

    `main`: the way that the work usually goes on, offered first. `apart`: whoever did one of these
    on this case may not make the move. `starts`: clocks set going unless they are already running;
    `stops`: clocks that end. Marks: the case must bear all that it `wants` and none that it `bars`;
    it `clears` some, may set those of `sets`, and `answers` those for whose sake it is made, so it
    waits for whoever may. `handles`: whoever makes it has the work in hand. `joins`: the flow in
    which the case goes on. `by_reporter`: whoever reported the case may make it, too. `alone`:
    False for what only comes with another move. `within`: how long after the end of the case
    somebody is asked to make it; it may be made later, too. For people: `hint` says how to do it,
    `waiting` what others read while it has not been done.
    """

    action: str
    label: str
    sources: tuple[Stage, ...]
    to: Stage | None
    permission: str
    needs: tuple[Need, ...] = ()
    takes: tuple[Need, ...] = ()
    main: bool = False
    apart: tuple[str, ...] = ()
    starts: tuple[ClockKind, ...] = ()
    stops: tuple[ClockKind, ...] = ()
    wants: tuple[Mark, ...] = ()
    bars: tuple[Mark, ...] = (Mark.SUSPENDED,)
    clears: tuple[Mark, ...] = ()
    sets: tuple[Mark, ...] = ()
    answers: tuple[Mark, ...] = ()
    handles: bool = False
    joins: str = ""
    by_reporter: bool = False
    alone: bool = True
    within: timedelta | None = None
    hint: str = ""
    waiting: str = ""

    def leads_to(self, stage: Stage) -> Stage:
        return self.to or stage

    def fits(self, marks: Iterable[Mark]) -> bool:
        """Whether the marks of a case allow it."""
        borne = set(marks)
        return borne >= set(self.wants) and not borne & set(self.bars)

    def comes_first(self, marks: Iterable[Mark]) -> bool:
        """Whether it is the thing to do now, not one of the other things that one may do."""
        return self.main or bool(set(marks) & {*self.wants, *self.answers})


@dataclass(frozen=True)
class Flow:
    """A named set of moves; `opens` lists the clocks that start with the case.

    `permission`: who may report a case that goes this way; `needs`: what has to come with the
    report. `states`: how a case stands, where this flow has other words for a stage. `reported`:
    False for one that no report begins.
    """

    name: str
    start: Stage
    moves: tuple[Move, ...]
    opens: tuple[ClockKind, ...] = ()
    title: str = ""
    permission: str = "cases.open"
    needs: tuple[Need, ...] = ()
    states: Mapping[Stage, str] = field(default_factory=dict, hash=False)
    reported: bool = True

    @cached_property
    def _table(self) -> Mapping[tuple[str, Stage], Move]:
        table = {(move.action, stage): move for move in self.moves for stage in move.sources}
        if len(table) != sum(len(move.sources) for move in self.moves):
            raise ValueError(f"flow {self.name}: one action leads two ways from the same stage")
        return table

    def move(self, action: str, stage: Stage) -> Move | None:
        """The move that `action` is in this stage, or None where it is not allowed."""
        return self._table.get((action, stage))

    def ways_on(self, stage: Stage) -> tuple[Move, ...]:
        """All moves from a stage, main ones first."""
        ways = [move for move in self.moves if stage in move.sources]
        return tuple(sorted(ways, key=lambda move: not move.main))

    def label(self, action: str) -> str:
        if action == OPEN:
            return OPEN_LABEL
        return next((move.label for move in self.moves if move.action == action), action)

    def of(self, action: str) -> tuple[Move, ...]:
        """What an action is, in whatever stage."""
        return tuple(move for move in self.moves if move.action == action)

    @property
    def actions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(move.action for move in self.moves))

    def main(self, stage: Stage) -> Move | None:
        """The usual way on."""
        return next((move for move in self.ways_on(stage) if move.main), None)

    def is_terminal(self, stage: Stage) -> bool:
        """Whether nothing is expected any more, though a case may be taken up again."""
        return stage in ENDED and self.main(stage) is None

    def state_words(self, stage: Stage, marks: Iterable[Mark] = ()) -> str:
        """How a case stands that goes this way."""
        return state_words(stage, marks, self.states)

    def replay(self, actions: Iterable[str]) -> Stage:
        """The stage to which a timeline leads; ValueError where it leaves the declared moves."""
        stage: Stage | None = None
        for action in actions:
            stage = self._next(stage, action)
        if stage is None:
            raise ValueError("a timeline begins with open")
        return stage

    def _next(self, stage: Stage | None, action: str) -> Stage:
        if stage is None and action == OPEN:
            return self.start
        move = self.move(action, stage) if stage is not None else None
        if move is None:
            raise ValueError(f"flow {self.name}: no {action} from {stage}")
        assert stage is not None
        return move.leads_to(stage)


def missing(move: Move, given: Iterable[Need]) -> Need | None:
    """The first thing that the move needs and that was not given."""
    have = set(given)
    return next((need for need in move.needs if need not in have), None)


def waiting_stages(flow: Flow, permissions: Iterable[str]) -> tuple[Stage, ...]:
    """Stages whose usual next move is allowed by one of the permissions."""
    held = set(permissions)
    found = [
        stage
        for move in flow.moves
        if move.main and move.permission in held
        for stage in move.sources
    ]
    return tuple(dict.fromkeys(found))
