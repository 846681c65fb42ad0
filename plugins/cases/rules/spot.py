"""现场即办: whoever meets a small matter puts it right on the spot, and somebody else closes it.

上报 → 处置并反馈 → 核查结案, with a picture of before and one of after. What turns out to be more
than can be done on the spot goes on as an ordinary case.
"""

from dataclasses import replace

from plugins.cases.rules.asides import ASIDES, asides_of
from plugins.cases.rules.flow import HANDLING, STANDARD
from plugins.cases.rules.limits import ClockKind
from plugins.cases.rules.moves import Flow, Move, Need
from plugins.cases.rules.words import Stage

STAGES = (Stage.REPORTED, Stage.FED_BACK, Stage.CLOSED, Stage.WITHDRAWN, Stage.MERGED)

REFER = Move(
    action="refer",
    label="转普通案件",
    sources=(Stage.REPORTED,),
    to=Stage.ACCEPTED,
    permission="cases.spot",
    needs=(Need.REASON,),
    stops=(ClockKind.HANDLE,),
    starts=(ClockKind.DISPATCH,),
    joins=STANDARD.name,
)

ON_THE_SPOT = Flow(
    "on_the_spot",
    Stage.REPORTED,
    title="现场即办",
    permission="cases.spot",
    needs=(Need.SCENE_PICTURE,),
    opens=(ClockKind.HANDLE,),
    states={Stage.REPORTED: "待现场处置", Stage.FED_BACK: "待核查结案"},
    moves=(
        Move(
            action="handle_on_spot",
            label="现场处置",
            sources=(Stage.REPORTED,),
            to=Stage.FED_BACK,
            permission="cases.spot",
            needs=(Need.NOTE, Need.AFTER_PICTURE),
            main=True,
            handles=True,
            stops=(ClockKind.HANDLE,),
            starts=(ClockKind.CLOSE,),
            waiting="等网格员现场处置",
        ),
        Move(
            action="close",
            label="核查结案",
            sources=(Stage.FED_BACK,),
            to=Stage.CLOSED,
            permission="cases.close",
            takes=(Need.NOTE,),
            main=True,
            apart=HANDLING,
            stops=(ClockKind.CLOSE,),
            waiting="等派单员核查结案",
        ),
        Move(
            action="rework",
            label="返工",
            sources=(Stage.FED_BACK,),
            to=Stage.REPORTED,
            permission="cases.close",
            needs=(Need.REASON,),
            apart=HANDLING,
            stops=(ClockKind.CLOSE,),
            starts=(ClockKind.HANDLE,),
        ),
        REFER,
        replace(
            REFER,
            sources=(Stage.FED_BACK,),
            permission="cases.close",
            apart=HANDLING,
            stops=(ClockKind.CLOSE,),
        ),
        *asides_of(STAGES),
        *(
            replace(move, sources=(Stage.CLOSED,), joins=STANDARD.name)
            for move in ASIDES
            if move.action == "reopen"
        ),
    ),
)
