"""What a resident is told of a case: in plain words, of units and never of officers."""

import re
from collections.abc import Mapping

from plugins.residents.rules.matters import Channel

#: Of the notice that a resident agrees to with a phone number; a changed text is a new version.
NOTICE_VERSION = "2026-11"

CHANNEL_LABELS: Mapping[Channel, str] = {
    Channel.WEB: "网页",
    Channel.COUNTER: "窗口代录",
    Channel.PHONE: "电话代录",
}

#: Each step of a case; `{unit}` is the unit that it concerns. What is not here is not told.
SAYS: Mapping[str, str] = {
    "open": "收到您的上报",
    "accept": "街道已经受理",
    "reject": "没有受理",
    "dispatch": "已交给{unit}",
    "transfer": "改交给{unit}",
    "sign": "{unit}已接手",
    "submit_handling": "{unit}说已经处理",
    "return": "{unit}说不归它管，街道会另外安排",
    "verify": "网格员到现场看过，确认解决了",
    "rework": "还没做好，已要求{unit}再做",
    "close": "办结了",
    "rate": "您的评价",
    "request_extension": "{unit}说要多一些时间，街道正在看",
    "decide_extension": "街道答复了要更多时间的申请",
    "suspend": "暂时没有条件办，先停一停",
    "resume": "又开始办了",
    "withdraw": "上报已撤回",
    "merge": "和另一件同样的事合在一起办",
    "absorb": "有人也报了同一件事，合到这里一起办",
    "supervise": "督查员已经在催",
    "reopen": "重新办理",
}

#: Where it stands: a heading, and what comes next.
STANDS: Mapping[str, tuple[str, str]] = {
    "reported": ("已经收到", "街道工作人员会看，受理或者不受理都会写在这里。"),
    "accepted": ("已经受理", "街道正在安排由哪个单位去办。"),
    "dispatched": ("已交给{unit}", "等这个单位接手。"),
    "signed": ("{unit}正在办", "办好以后，这里会有说明和照片。"),
    "fed_back": ("{unit}说办好了", "网格员会到现场看是不是真的好了。"),
    "verified": ("现场看过，解决了", "等街道办结。"),
    "closed": ("办结了", "您觉得办得怎么样？"),
    "rated": ("办结了，谢谢您的评价", ""),
    "rejected": ("没有受理", "原因写在下面。"),
    "withdrawn": ("已经撤回", "这件事到此结束。"),
    "merged": ("和另一件同样的事合在一起办", ""),
}
ENDED = ("closed", "rated", "rejected", "withdrawn", "merged")
#: The same for the case that this one was merged into: where it stands and nothing else.
MERGED = "合在一起的那件事现在："

AGAIN = "没有解决，或者问题又出现，可以要求重新办。"
SOME_UNIT = "有关单位"


def say_step(action: str, label: str, unit: str, rating: int | None = None) -> str:
    """A step in a resident's words; `label` where there are none."""
    said = SAYS.get(action, label).format(unit=unit or SOME_UNIT)
    if action == "rate" and rating:
        return f"{said}：{dict(RATINGS)[rating]}（{rating} 分）"
    return said


def say_standing(
    stage: str, unit: str, *, merged_into: str = "", suspended: bool = False, again: bool = False
) -> tuple[str, str]:
    """Where a case stands, and what comes next. `again`: it may be taken up once more."""
    if suspended:
        return "暂时停一停", "条件具备了就接着办，原因写在下面。"
    title, then = (words.format(unit=unit or SOME_UNIT) for words in STANDS[stage])
    if merged_into:
        then = MERGED + STANDS[merged_into][0].format(unit=SOME_UNIT)
    return title, then + AGAIN if again else then


RATINGS = ((5, "很满意"), (4, "满意"), (3, "一般"), (2, "不满意"), (1, "很不满意"))

_PHONE = re.compile(r"\+?[0-9]{7,15}")


def phone_of(text: str) -> str:
    """The digits of a phone number however it is written; "" if it is none."""
    plain = re.sub(r"[\s()（）\-—]", "", text)
    return plain if _PHONE.fullmatch(plain) else ""
