"""流程 the flow of a case as data.

上报 → 受理 → 派遣 → 签收 → 反馈 → 核查 → 结案 → 评价, with 不予受理, 退回, 返工 aside; further
side exits are in `asides`. Nothing else knows the order; another flow is another table.
"""

from datetime import timedelta

from plugins.cases.rules.asides import ASIDES
from plugins.cases.rules.limits import ClockKind
from plugins.cases.rules.moves import Flow, Move, Need
from plugins.cases.rules.words import Mark, Stage

#: Whoever did one of these on a case has handled it.
HANDLING = ("sign", "finish_phase", "submit_handling", "handle_on_spot")

STANDARD = Flow(
    "standard",
    Stage.REPORTED,
    title="普通案件",
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
            bars=(Mark.SUSPENDED, Mark.ESCALATED),
            sets=(Mark.PHASED,),
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
            handles=True,
            stops=(ClockKind.SIGN,),
        ),
        # Where handling has phases: one after another, and with the last the work is done.
        Move(
            action="finish_phase",
            label="完成一段",
            sources=(Stage.SIGNED,),
            to=None,
            permission="cases.handle",
            needs=(Need.NOTE, Need.AFTER_PICTURE),
            handles=True,
            wants=(Mark.PHASED,),
            clears=(Mark.ASKED, Mark.PHASED),
            sets=(Mark.PHASED,),
            answers=(Mark.PHASED,),
            stops=(ClockKind.HANDLE, ClockKind.FEEDBACK),
            starts=(ClockKind.HANDLE, ClockKind.FEEDBACK),
        ),
        Move(
            action="submit_handling",
            label="反馈处置结果",
            sources=(Stage.SIGNED,),
            to=Stage.FED_BACK,
            permission="cases.handle",
            needs=(Need.NOTE, Need.AFTER_PICTURE),
            main=True,
            handles=True,
            bars=(Mark.SUSPENDED, Mark.PHASED),
            clears=(Mark.ASKED,),
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
            clears=(Mark.ASKED,),
            sets=(Mark.ESCALATED,),
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
            within=timedelta(days=90),
        ),
        *ASIDES,
    ),
)
