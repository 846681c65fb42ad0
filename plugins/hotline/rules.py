"""The words of the 12345 platform, and what they come to. Pure."""

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """Where a work order stands here. UNMAPPED: nobody has said yet what kind of case it is."""

    UNMAPPED = "unmapped"
    OPEN = "open"
    SETTLED = "settled"
    RETURNED = "returned"


STATE_LABELS = {
    State.UNMAPPED: "待对应类型",
    State.OPEN: "已转案件",
    State.SETTLED: "已办结",
    State.RETURNED: "已退回",
}

#: A filter beside the states: what the platform has told that changes nothing here by itself.
NEWS, NEWS_LABEL = "news", "平台有变化"

#: 诉求类别, as the platform has them.
CLASSES = (
    ("consult", "咨询"),
    ("help", "求助"),
    ("complaint", "投诉"),
    ("advice", "建议"),
    ("report", "举报"),
    ("thanks", "感谢"),
    ("other", "其他"),
)


def came_again(state: State, *, finished_before: bool, finished: bool) -> bool:
    """Whether a changed line says that a matter which is over here is not over there."""
    if finished:
        return False
    return state == State.RETURNED or (state == State.SETTLED and finished_before)


#: A matter's three types; "" is any.
Triple = tuple[str, str, str]


def type_for(triple: Triple, known: Mapping[Triple, str]) -> str:
    """The case type that a matter comes to: by the whole of it, else by its wider types."""
    main, sub, third = triple
    for key in ((main, sub, third), (main, sub, ""), (main, "", "")):
        if code := known.get(key):
            return code
    return ""


def title_of(third: str, sub: str, main: str, text: str) -> str:
    """What an officer reads first."""
    words = " ".join(text.split())[:60]
    kind = third or sub or main
    return f"{kind}：{words}"[:120] if words else kind[:120]
