"""What pages say of flows other than the standard one: from the flow itself, and for 现场即办."""

from collections.abc import Mapping

from plugins.cases.models import Case, flow_of
from plugins.cases.pages.words import (
    COMPLETES,
    DOING,
    SHORT_STRIPS,
    STRIP,
    WAITS,
    WORDS,
    Words,
)
from plugins.cases.rules import OPEN, STANDARD, Flow, Move, Stage

#: Words for moves of certain flows; the same action may mean something else there.
FLOW_WORDS: Mapping[tuple[str, str], Words] = {
    ("on_the_spot", "handle_on_spot"): Words(
        title="现场处置，反馈结果",
        button="提交反馈",
        hint="写一句怎么处置的，拍一张处置后的照片。",
        then="已反馈。接下来由派单员核查结案。",
    ),
    ("on_the_spot", "refer"): Words(
        title="现场办不了，转普通案件",
        button="转普通案件",
        hint="转给派单员，由他派给责任单位。写清楚为什么现场办不了。",
        then="已转为普通案件。等派单员派遣。",
    ),
    ("on_the_spot", "close"): Words(
        title="核查现场处置的结果",
        button="核查结案",
        hint="对照处置前后的照片。办好了就结案，没办好可以返工或转普通案件。",
        then="已结案。这件事全部办完了。",
    ),
    ("on_the_spot", "rework"): Words(
        title="要求返工",
        button="返工",
        hint="写清楚还差什么，网格员会再到现场处置。",
        then="已退给网格员返工，处置时限重新计算。",
    ),
}


def words_of(flow: Flow, move: Move) -> Words:
    """What a form says; a flow that brought no words is understood by its labels."""
    if known := FLOW_WORDS.get((flow.name, move.action)) or WORDS.get(move.action):
        return known
    return Words(
        title=move.label, button=move.label, hint=move.hint, then=f"已办理“{move.label}”。"
    )


def wait_of(case: Case) -> tuple[str, str]:
    """Whom a case waits for, or how it ended: a title and a sentence."""
    flow = flow_of(case)
    if flow.name == STANDARD.name:
        return WAITS[case.stage]
    if flow.is_terminal(case.stage):
        return ("已结案", "这件案件已经办完。") if case.stage == Stage.CLOSED else WAITS[case.stage]
    usual = flow.main(case.stage)
    if usual is None:
        return f"{flow.title}“{flow.name}”", "启用声明这种流程的插件以后，可以接着办。"
    return usual.waiting or f"等办理“{usual.label}”", usual.hint


def strip_of(case: Case) -> tuple[str, ...]:
    """The parts of the strip at the head of a case."""
    if short := SHORT_STRIPS.get(case.stage):
        return short
    flow = flow_of(case)
    return STRIP if flow.name == STANDARD.name else ("上报", *(one.label for one in _usual(flow)))


def doing_of(case: Case) -> str:
    """The part that is being done now, the last one where it is off the usual way."""
    flow, strip = flow_of(case), strip_of(case)
    if flow.name == STANDARD.name:
        return DOING.get(case.stage, strip[-1])
    usual = flow.main(case.stage)
    return usual.label if usual and usual.label in strip else strip[-1]


def completed_by(case: Case, action: str) -> tuple[str, ...]:
    """The parts that an action completes."""
    flow = flow_of(case)
    if flow.name == STANDARD.name or action == OPEN or action in SHORT_ENDS:
        return COMPLETES.get(action, ())
    return (flow.label(action),)


SHORT_ENDS = ("reject", "withdraw", "merge")


def _usual(flow: Flow) -> list[Move]:
    """The usual way from the first stage to the last, each move once."""
    moves: list[Move] = []
    stage = flow.start
    while (move := flow.main(stage)) and move not in moves:
        moves.append(move)
        stage = move.leads_to(stage)
    return moves
