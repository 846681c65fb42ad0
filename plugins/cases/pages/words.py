"""What the pages say: about each move, and about what a case waits for."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from liuhe import house
from plugins.cases.models import Case, state_of_case
from plugins.cases.rules import MARK_STATES, Mark, Need, Stage


@dataclass(frozen=True, kw_only=True)
class Words:
    """`title` asks, `button` does, `then` says what follows; `{unit}` is the case's unit."""

    title: str
    button: str
    then: str
    hint: str = ""


WORDS: Mapping[str, Words] = {
    "accept": Words(
        title="判断要不要受理",
        button="受理",
        hint="看清楚发生了什么、在不在辖区、归不归我们管。",
        then="已受理。接下来要派遣给责任单位。",
    ),
    "reject": Words(
        title="不予受理",
        button="不予受理",
        hint="上报人会看到理由，请写清楚为什么，以及可以找谁。",
        then="已回复上报人：不予受理。这件事到此结束。",
    ),
    "dispatch": Words(
        title="派给哪个单位",
        button="派遣",
        then="已派遣给{unit}。等对方签收。",
    ),
    "sign": Words(
        title="签收这件案件",
        button="签收",
        hint="签收表示本单位接手。如果不归本单位管，请在“其他操作”里退回。",
        then="已签收。处置完以后，回到这里反馈结果和照片。",
    ),
    "finish_phase": Words(
        title="做完这一段，就反馈一段",
        button="完成这一段",
        hint="照片会先打码再给别人看。下一段的时限从现在开始走。",
        then="这一段完成了。下一段的时限已经开始走。",
    ),
    "submit_handling": Words(
        title="处置完了，反馈结果",
        button="提交反馈",
        hint="照片会先打码再给别人看。",
        then="已反馈。接下来由网格员到现场核查。",
    ),
    "return": Words(
        title="退回派单员",
        button="退回",
        hint="处置时限照常计算，请尽快退回，并写清楚应该归谁。",
        then="已退回派单员，由派单员另行派遣。",
    ),
    "verify": Words(
        title="到现场核查",
        button="核查通过",
        hint="对照处置前后的照片，到现场看是不是真的解决了。",
        then="核查通过。接下来由派单员结案。",
    ),
    "rework": Words(
        title="要求返工",
        button="返工",
        hint="写清楚还差什么，处置单位会照着做。",
        then="已退给{unit}返工，处置时限重新计算。",
    ),
    "close": Words(
        title="结案",
        button="结案",
        hint="写一句结论，上报人会看到。",
        then="已结案。接下来请上报人评价。",
    ),
    "rate": Words(
        title="评价处理结果",
        button="提交评价",
        hint="评价会用来改进工作。",
        then="谢谢评价。这件事全部办完了。",
    ),
    "request_extension": Words(
        title="申请延期",
        button="申请延期",
        hint="答复之前，原来的时限照走。已经超期的不能申请。",
        then="已申请延期。等派单员答复，原来的时限照走。",
    ),
    "decide_extension": Words(
        title="答复延期申请",
        button="答复",
        hint="同意以后，处置时限改到申请的时间。",
        then="已答复{unit}的延期申请。",
    ),
    "transfer": Words(
        title="转派给另一个单位",
        button="转派",
        hint="原单位的时限到此为止，新单位的时限重新开始。",
        then="已转派给{unit}。等对方签收。",
    ),
    "suspend": Words(
        title="挂起这件案件",
        button="挂起",
        hint="暂时没有条件办理时用，如等审批、等天气。时限暂停。",
        then="已挂起，时限暂停。条件具备以后请恢复办理。",
    ),
    "resume": Words(
        title="可以办了就恢复",
        button="恢复办理",
        hint="案件已挂起。恢复以后，时限接着走，剩下的时间不变。",
        then="已恢复办理，时限接着走。",
    ),
    "withdraw": Words(
        title="撤回这件案件",
        button="撤回",
        hint="报错了，或者问题已经自己解决。单位签收以后不能撤回。",
        then="已撤回。这件事到此结束。",
    ),
    "merge": Words(
        title="并入另一件案件",
        button="并案",
        hint="同一件事报了两次时用。这件到此结束，另一件继续办。",
        then="已并案。这件到此结束，另一件继续办。",
    ),
    "supervise": Words(
        title="督办这件案件",
        button="督办",
        hint="写清楚要求和建议，经办的人都会看到。",
        then="已督办。意见写进了经过。",
    ),
    "reopen": Words(
        title="要求重新办理",
        button="重新办理",
        hint="问题又出现，或者没有真正解决。",
        then="已重新办理。等派单员派遣。",
    ),
}

#: The moves that end or undo something.
DANGER = ("reject", "return", "rework", "withdraw", "merge", "transfer")

#: For whoever has nothing to do now: whom the case waits for, and what they will do.
WAITS: Mapping[Stage, tuple[str, str]] = {
    Stage.REPORTED: ("等派单员受理", "街道派单员看过以后，会受理或说明不受理的理由。"),
    Stage.ACCEPTED: ("等派单员派遣", "派单员会选一个责任单位。"),
    Stage.DISPATCHED: ("等{unit}签收", "单位签收以后开始处置；不归它管的会退回重派。"),
    Stage.SIGNED: ("{unit}正在处置", "处置完会在这里反馈结果和照片。"),
    Stage.FED_BACK: ("等网格员核查", "网格员到现场看是不是真的解决了，没解决会要求返工。"),
    Stage.VERIFIED: ("等派单员结案", "核查已经通过，派单员写结论后结案。"),
    Stage.CLOSED: ("已结案，等评价", "上报人或网格员可以给处理结果打分。"),
    Stage.RATED: ("全部办完", "这件案件已经结案并评价。"),
    Stage.REJECTED: ("没有受理", ""),
    Stage.WITHDRAWN: ("已撤回", ""),
    Stage.MERGED: ("已并入另一件案件", ""),
}
#: The same for a mark, which says more than the stage.
MARK_WAITS: Mapping[Mark, tuple[str, str]] = {
    Mark.SUSPENDED: ("已挂起，时限暂停", "派单员恢复以后接着办，剩下的时间不变。"),
    Mark.ESCALATED: ("等督查员督办", "退回超过两次。督查员提出意见以后，派单员再派遣。"),
}

TONES: Mapping[Stage, str] = {
    Stage.REPORTED: "warn",
    Stage.ACCEPTED: "warn",
    Stage.DISPATCHED: "warn",
    Stage.SIGNED: "pine",
    Stage.FED_BACK: "pine",
    Stage.VERIFIED: "pine",
    Stage.CLOSED: "ok",
    Stage.RATED: "ok",
    Stage.REJECTED: "",
    Stage.WITHDRAWN: "",
    Stage.MERGED: "",
}
#: The strip of what ended early.
SHORT_STRIPS: Mapping[Stage, tuple[str, ...]] = {
    Stage.REJECTED: ("上报", "不予受理"),
    Stage.WITHDRAWN: ("上报", "撤回"),
    Stage.MERGED: ("上报", "并案"),
}

#: The strip at the head of a case: what is being done now in each stage.
STRIP = ("上报", "受理", "派遣", "签收", "处置", "反馈", "核查", "结案", "评价")
DOING: Mapping[Stage, str] = {
    Stage.REPORTED: "受理",
    Stage.ACCEPTED: "派遣",
    Stage.DISPATCHED: "签收",
    Stage.SIGNED: "处置",
    Stage.FED_BACK: "核查",
    Stage.VERIFIED: "结案",
    Stage.CLOSED: "评价",
}
#: Which parts of the strip an action completes.
COMPLETES: Mapping[str, tuple[str, ...]] = {
    "open": ("上报",),
    "accept": ("受理",),
    "dispatch": ("派遣",),
    "sign": ("签收",),
    "submit_handling": ("处置", "反馈"),
    "verify": ("核查",),
    "close": ("结案",),
    "rate": ("评价",),
    "reject": ("不予受理",),
    "withdraw": ("撤回",),
    "merge": ("并案",),
}

RATINGS = (
    (5, "很满意"),
    (4, "满意"),
    (3, "一般"),
    (2, "不满意"),
    (1, "很不满意"),
)

NOTE_LABELS: Mapping[str, str] = {
    "accept": "受理意见",
    "dispatch": "派遣要求",
    "submit_handling": "怎么处置的",
    "finish_phase": "这一段做了什么",
    "verify": "核查意见",
    "close": "结案结论",
    "rate": "想说的话",
    "decide_extension": "答复的理由",
    "resume": "恢复的说明",
    "supervise": "督办意见",
}
ANSWERS = (("yes", "同意", "处置时限改到申请的时间"), ("no", "不同意", "时限不变，请写明理由"))
REASON_LABELS: Mapping[str, str] = {
    "reject": "不予受理的理由",
    "return": "退回的理由",
    "rework": "还差什么",
    "request_extension": "为什么办不完",
    "transfer": "为什么转派",
    "suspend": "为什么挂起",
    "withdraw": "为什么撤回",
    "merge": "为什么并案",
    "reopen": "为什么要重新办理",
}


def filled(words: str, case: Case) -> str:
    return words.format(unit=case.unit.name if case.unit else "责任单位")


def state_of(case: Case) -> tuple[str, str]:
    """The badge of a case: words and tone."""
    tone = "warn" if MARK_STATES.keys() & case.marks else TONES[case.stage]
    return state_of_case(case), tone


def zone() -> ZoneInfo:
    """The zone in which people here read and write times."""
    return ZoneInfo(house().settings.timezone)


def takes_text(needs: tuple[Need, ...]) -> bool:
    return Need.NOTE in needs or Need.REASON in needs
