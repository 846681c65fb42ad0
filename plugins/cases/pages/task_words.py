"""What the pages say about each move of a task."""

from collections.abc import Mapping

from plugins.cases.pages.words import Words
from plugins.cases.rules import TaskStage

TASK_WORDS: Mapping[str, Words] = {
    "sign": Words(
        title="吹哨了，请到场报到",
        button="报到",
        hint="到了现场再点。不归本单位管的，请在“其他操作”里退回。",
        then="{unit}已报到。办完以后，回到这里反馈。",
    ),
    "report": Words(
        title="办完了，反馈协办结果",
        button="提交反馈",
        hint="照片会先打码再给别人看。",
        then="已反馈。等吹哨人认可。",
    ),
    "return": Words(
        title="退回给吹哨人",
        button="退回",
        hint="吹哨人可以请您再办，时限照旧计算，不会重新开始。",
        then="已退回给吹哨人。",
    ),
    "accept": Words(
        title="看看{unit}办得行不行",
        button="认可",
        hint="不行就在“其他操作”里请它再办。",
        then="已认可{unit}的协办。",
    ),
    "redo": Words(
        title="请{unit}再办",
        button="再办",
        hint="写清楚还差什么，或者为什么归它办。",
        then="已请{unit}再办。",
    ),
    "cancel": Words(
        title="不用{unit}协办了",
        button="撤销",
        hint="它的协办到此为止；还没报到的，以后看不到这件案件。",
        then="已撤销{unit}的协办。",
    ),
}
#: For whoever decides on what was returned.
RETURNED = Words(
    title="{unit}退回了，请您决定",
    button="请它再办",
    hint="再办的话，时限从当初吹哨算起。不用它了，请在“其他操作”里撤销，也可以另叫单位。",
    then="",
)
TASK_DANGER = ("return", "cancel")
TASK_TONES: Mapping[TaskStage, str] = {
    TaskStage.CALLED: "warn",
    TaskStage.SIGNED: "pine",
    TaskStage.REPORTED: "pine",
    TaskStage.ACCEPTED: "ok",
    TaskStage.RETURNED: "bad",
    TaskStage.CANCELLED: "",
}
TASK_REASONS: Mapping[str, str] = {
    "return": "退回的理由",
    "redo": "请它再办什么",
    "cancel": "撤销的理由",
}
TASK_NOTES: Mapping[str, str] = {"report": "怎么办的", "accept": "认可的意见"}
