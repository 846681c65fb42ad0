"""The closed lists of the domain, each value with its Chinese label."""

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
}


class Source(StrEnum):
    """来源: who or what noticed the matter."""

    CAMERA = "camera"
    SENSOR = "sensor"
    RESIDENT = "resident"
    OFFICER = "officer"
    HOTLINE = "hotline"


SOURCE_LABELS = {
    Source.CAMERA: "城市眼",
    Source.SENSOR: "传感器",
    Source.RESIDENT: "居民上报",
    Source.OFFICER: "网格巡查",
    Source.HOTLINE: "热线来电",
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
