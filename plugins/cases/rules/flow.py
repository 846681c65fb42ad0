"""流程 the flow of a case as data: moves between stages, what each needs, who is kept apart.

上报 → 受理 → 派遣 → 签收 → 反馈 → 核查 → 结案 → 评价, with 不予受理, 退回 and 返工 aside. Nothing
else knows the order; another flow is another table.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from plugins.cases.rules.limits import ClockKind
from plugins.cases.rules.words import Stage


class Need(StrEnum):
    """What a move asks of whoever makes it."""

    REASON = "reason"
    NOTE = "note"
    UNIT = "unit"
    PROPOSED_UNIT = "proposed_unit"
    AFTER_PICTURE = "after_picture"
    RATING = "rating"


@dataclass(frozen=True, kw_only=True)
class Move:
    """One way on. `needs` must be given, `takes` may be.

    `main`: the way that the work usually goes on, offered first. `apart`: whoever did one of these
    on this case may not make the move. `starts`: clocks set going unless they are already running;
    `stops`: clocks that end.
    """

    action: str
    label: str
    sources: tuple[Stage, ...]
    to: Stage
    permission: str
    needs: tuple[Need, ...] = ()
    takes: tuple[Need, ...] = ()
    main: bool = False
    apart: tuple[str, ...] = ()
    starts: tuple[ClockKind, ...] = ()
    stops: tuple[ClockKind, ...] = ()


@dataclass(frozen=True)
class Flow:
    """A named set of moves; `opens` lists the clocks that start with the case."""

    name: str
    start: Stage
    moves: tuple[Move, ...]
    opens: tuple[ClockKind, ...] = ()

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

    def permissions(self, action: str) -> frozenset[str]:
        """Any of which an action asks for, in whatever stage."""
        return frozenset(move.permission for move in self.moves if move.action == action)

    @property
    def actions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(move.action for move in self.moves))

    def is_terminal(self, stage: Stage) -> bool:
        return not self.ways_on(stage)

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
        return move.to


OPEN = "open"
OPEN_LABEL = "上报"
HANDLING = ("sign", "submit_handling")

STANDARD = Flow(
    "standard",
    Stage.REPORTED,
    opens=(ClockKind.ACCEPT,),
    moves=(
        Move(
            action="accept",
            label="受理",
            sources=(Stage.REPORTED,),
            to=Stage.ACCEPTED,
            permission="cases.accept",
            takes=(Need.NOTE,),
            main=True,
            stops=(ClockKind.ACCEPT,),
            starts=(ClockKind.DISPATCH,),
        ),
        Move(
            action="reject",
            label="不予受理",
            sources=(Stage.REPORTED,),
            to=Stage.REJECTED,
            permission="cases.accept",
            needs=(Need.REASON,),
            stops=(ClockKind.ACCEPT,),
        ),
        Move(
            action="dispatch",
            label="派遣",
            sources=(Stage.ACCEPTED,),
            to=Stage.DISPATCHED,
            permission="cases.dispatch",
            needs=(Need.UNIT,),
            takes=(Need.NOTE,),
            main=True,
            stops=(ClockKind.DISPATCH,),
            starts=(ClockKind.SIGN, ClockKind.HANDLE, ClockKind.FEEDBACK),
        ),
        Move(
            action="sign",
            label="签收",
            sources=(Stage.DISPATCHED,),
            to=Stage.SIGNED,
            permission="cases.handle",
            main=True,
            stops=(ClockKind.SIGN,),
        ),
        Move(
            action="submit_handling",
            label="反馈处置结果",
            sources=(Stage.SIGNED,),
            to=Stage.FED_BACK,
            permission="cases.handle",
            needs=(Need.NOTE, Need.AFTER_PICTURE),
            main=True,
            stops=(ClockKind.HANDLE, ClockKind.FEEDBACK),
            starts=(ClockKind.VERIFY,),
        ),
        # A returned case keeps its handling clock: the time is not given back.
        Move(
            action="return",
            label="退回",
            sources=(Stage.DISPATCHED, Stage.SIGNED),
            to=Stage.ACCEPTED,
            permission="cases.handle",
            needs=(Need.REASON,),
            takes=(Need.PROPOSED_UNIT,),
            stops=(ClockKind.SIGN,),
            starts=(ClockKind.DISPATCH,),
        ),
        Move(
            action="verify",
            label="核查通过",
            sources=(Stage.FED_BACK,),
            to=Stage.VERIFIED,
            permission="cases.verify",
            takes=(Need.NOTE,),
            main=True,
            apart=HANDLING,
            stops=(ClockKind.VERIFY,),
            starts=(ClockKind.CLOSE,),
        ),
        Move(
            action="rework",
            label="返工",
            sources=(Stage.FED_BACK,),
            to=Stage.SIGNED,
            permission="cases.verify",
            needs=(Need.REASON,),
            apart=HANDLING,
            stops=(ClockKind.VERIFY,),
            starts=(ClockKind.HANDLE, ClockKind.FEEDBACK),
        ),
        Move(
            action="close",
            label="结案",
            sources=(Stage.VERIFIED,),
            to=Stage.CLOSED,
            permission="cases.close",
            takes=(Need.NOTE,),
            main=True,
            stops=(ClockKind.CLOSE,),
        ),
        Move(
            action="rework",
            label="返工",
            sources=(Stage.VERIFIED,),
            to=Stage.SIGNED,
            permission="cases.close",
            needs=(Need.REASON,),
            stops=(ClockKind.CLOSE,),
            starts=(ClockKind.HANDLE, ClockKind.FEEDBACK),
        ),
        Move(
            action="rate",
            label="评价",
            sources=(Stage.CLOSED,),
            to=Stage.RATED,
            permission="cases.rate",
            needs=(Need.RATING,),
            takes=(Need.NOTE,),
            main=True,
            apart=HANDLING,
        ),
    ),
)


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
