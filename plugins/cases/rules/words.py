"""The closed lists of the domain, each value with its Chinese label."""

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Stage(StrEnum):
    """阶段: where a case stands."""

    REPORTED = "reported"
    ACCEPTED = "accepted"
    DISPATCHED = "dispatched"
    SIGNED = "signed"
    FED_BACK = "fed_back"
    VERIFIED = "verified"
    CLOSED = "closed"
    RATED = "rated"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


STAGE_LABELS = {
    Stage.REPORTED: "上报",
    Stage.ACCEPTED: "受理",
    Stage.DISPATCHED: "派遣",
    Stage.SIGNED: "签收",
    Stage.FED_BACK: "反馈",
    Stage.VERIFIED: "核查",
    Stage.CLOSED: "结案",
    Stage.RATED: "评价",
    Stage.REJECTED: "不予受理",
    Stage.WITHDRAWN: "撤回",
    Stage.MERGED: "并案",
}

#: What a case in this stage waits for, or how it ended.
STAGE_STATES = {
    Stage.REPORTED: "待受理",
    Stage.ACCEPTED: "待派遣",
    Stage.DISPATCHED: "待签收",
    Stage.SIGNED: "处置中",
    Stage.FED_BACK: "待核查",
    Stage.VERIFIED: "待结案",
    Stage.CLOSED: "已结案",
    Stage.RATED: "已评价",
    Stage.REJECTED: "不予受理",
    Stage.WITHDRAWN: "已撤回",
    Stage.MERGED: "已并案",
}


#: Stages in which the matter itself is settled.
ENDED = (Stage.CLOSED, Stage.RATED, Stage.REJECTED, Stage.WITHDRAWN, Stage.MERGED)


class Mark(StrEnum):
    """What a case may bear besides its stage. PHASED: there are further phases of handling."""

    SUSPENDED = "suspended"
    ASKED = "asked"
    ESCALATED = "escalated"
    PHASED = "phased"


MARK_STATES = {
    Mark.SUSPENDED: "已挂起",
    Mark.ESCALATED: "待督查员督办",
    Mark.ASKED: "申请延期中",
}


def state_words(
    stage: Stage, marks: Iterable[Mark], states: Mapping[Stage, str] = STAGE_STATES
) -> str:
    """How a case stands; a mark says more than the stage."""
    borne = set(marks)
    words = states.get(stage) or STAGE_STATES[stage]
    return next((MARK_STATES[mark] for mark in MARK_STATES if mark in borne), words)


class Source(StrEnum):
    """来源: who or what noticed the matter."""

    CAMERA = "camera"
    SENSOR = "sensor"
    RESIDENT = "resident"
    OFFICER = "officer"
    HOTLINE = "hotline"
    IMPORT = "import"


SOURCE_LABELS = {
    Source.CAMERA: "城市眼",
    Source.SENSOR: "传感器",
    Source.RESIDENT: "居民上报",
    Source.OFFICER: "网格巡查",
    Source.HOTLINE: "热线来电",
    Source.IMPORT: "历史导入",
}


class Kind(StrEnum):
    """GB/T 30428: 事件 is something that happens, 部件 a thing that is broken."""

    EVENT = "event"
    PART = "part"


KIND_LABELS = {Kind.EVENT: "事件", Kind.PART: "部件"}


class EvidenceKind(StrEnum):
    """What a picture shows."""

    SCENE = "scene"
    BEFORE = "before"
    AFTER = "after"
    OTHER = "other"


EVIDENCE_LABELS = {
    EvidenceKind.SCENE: "现场",
    EvidenceKind.BEFORE: "处置前",
    EvidenceKind.AFTER: "处置后",
    EvidenceKind.OTHER: "其他",
}
