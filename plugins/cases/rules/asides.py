"""The side exits of the flow: what may happen besides the usual way."""

from collections.abc import Iterable
from dataclasses import replace

from plugins.cases.rules.limits import ClockKind
from plugins.cases.rules.moves import Move, Need
from plugins.cases.rules.words import Mark, Stage

#: So often may units hand a case back among themselves before the supervisor has to speak.
MOST_RETURNS = 2

OWED = (ClockKind.SIGN, ClockKind.HANDLE, ClockKind.FEEDBACK)
UNDER_WAY = (
    Stage.REPORTED,
    Stage.ACCEPTED,
    Stage.DISPATCHED,
    Stage.SIGNED,
    Stage.FED_BACK,
    Stage.VERIFIED,
)

ASIDES = (
    Move(
        action="request_extension",
        label="申请延期",
        sources=(Stage.SIGNED,),
        to=None,
        permission="cases.handle",
        needs=(Need.UNTIL, Need.REASON),
        bars=(Mark.SUSPENDED, Mark.ASKED),
        sets=(Mark.ASKED,),
    ),
    Move(
        action="decide_extension",
        label="答复延期申请",
        sources=(Stage.SIGNED,),
        to=None,
        permission="cases.extend",
        needs=(Need.GRANTED,),
        takes=(Need.NOTE,),
        wants=(Mark.ASKED,),
        clears=(Mark.ASKED,),
        answers=(Mark.ASKED,),
    ),
    Move(
        action="transfer",
        label="转派",
        sources=(Stage.DISPATCHED, Stage.SIGNED),
        to=Stage.DISPATCHED,
        permission="cases.dispatch",
        needs=(Need.UNIT, Need.REASON),
        clears=(Mark.ASKED,),
        stops=OWED,
        starts=OWED,
    ),
    Move(
        action="suspend",
        label="挂起",
        sources=(Stage.ACCEPTED, Stage.DISPATCHED, Stage.SIGNED),
        to=None,
        permission="cases.suspend",
        needs=(Need.REASON,),
        sets=(Mark.SUSPENDED,),
    ),
    Move(
        action="resume",
        label="恢复办理",
        sources=(Stage.ACCEPTED, Stage.DISPATCHED, Stage.SIGNED),
        to=None,
        permission="cases.suspend",
        takes=(Need.NOTE,),
        wants=(Mark.SUSPENDED,),
        bars=(),
        clears=(Mark.SUSPENDED,),
    ),
    Move(
        action="withdraw",
        label="撤回",
        sources=(Stage.REPORTED, Stage.ACCEPTED, Stage.DISPATCHED),
        to=Stage.WITHDRAWN,
        permission="cases.withdraw",
        needs=(Need.REASON,),
        stops=tuple(ClockKind),
        bars=(),
        clears=tuple(Mark),
        by_reporter=True,
    ),
    Move(
        action="merge",
        label="并案",
        sources=(Stage.REPORTED, Stage.ACCEPTED, Stage.DISPATCHED, Stage.SIGNED),
        to=Stage.MERGED,
        permission="cases.merge",
        needs=(Need.MAIN_CASE, Need.REASON),
        stops=tuple(ClockKind),
        bars=(),
        clears=tuple(Mark),
    ),
    Move(
        action="absorb",
        label="并入另一件",
        sources=UNDER_WAY,
        to=None,
        permission="cases.merge",
        needs=(Need.NOTE,),
        bars=(),
        alone=False,
    ),
    Move(
        action="supervise",
        label="督办",
        sources=UNDER_WAY,
        to=None,
        permission="cases.supervise",
        needs=(Need.NOTE,),
        takes=(Need.PROPOSED_UNIT,),
        bars=(),
        clears=(Mark.ESCALATED,),
        answers=(Mark.ESCALATED,),
    ),
    # The unit that had it is the first to be offered, but a dispatcher looks again.
    Move(
        action="reopen",
        label="重新办理",
        sources=(Stage.CLOSED, Stage.RATED),
        to=Stage.ACCEPTED,
        permission="cases.reopen",
        needs=(Need.REASON,),
        starts=(ClockKind.DISPATCH,),
    ),
)


def asides_of(stages: Iterable[Stage]) -> tuple[Move, ...]:
    """The side exits of a flow that knows only these stages."""
    known = set(stages)
    fit = (replace(move, sources=tuple(s for s in move.sources if s in known)) for move in ASIDES)
    return tuple(move for move in fit if move.sources and (move.to is None or move.to in known))
