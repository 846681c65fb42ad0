"""The closed lists of `rules` as GraphQL enums, described by their Chinese labels."""

from collections.abc import Mapping
from enum import Enum, StrEnum
from typing import Any, TypeVar

import strawberry

from plugins.cases.rules import (
    EVIDENCE_LABELS,
    SOURCE_LABELS,
    STAGE_LABELS,
    STAGE_STATES,
    EvidenceKind,
    Need,
    Source,
    Stage,
)

E = TypeVar("E", bound=type[Enum])


def published(kind: E, name: str, description: str, labels: Mapping[Any, str]) -> E:
    """The enum as it is, with a name, and a description for each value."""
    known: Any = strawberry.enum(kind, name=name, description=description)
    for value in known.__strawberry_definition__.values:
        value.description = labels[kind(value.value)]
    return kind


class PictureState(StrEnum):
    """Whether a picture can be shown."""

    WAITING = "waiting"
    READY = "ready"
    REFUSED = "refused"


class OrderField(StrEnum):
    """By what a list of cases is ordered."""

    OPENED_AT = "opened_at"
    DUE_AT = "due_at"
    NUMBER = "number"


class Direction(StrEnum):
    """Which way an order runs."""

    ASC = "asc"
    DESC = "desc"


PICTURE_LABELS = {
    PictureState.WAITING: "打码中",
    PictureState.READY: "可以查看",
    PictureState.REFUSED: "无法打码，没有保留",
}
NEED_LABELS = {
    Need.REASON: "理由",
    Need.NOTE: "说明",
    Need.UNIT: "责任单位",
    Need.PROPOSED_UNIT: "建议的责任单位",
    Need.AFTER_PICTURE: "处置后的照片",
    Need.RATING: "1 到 5 分",
    Need.UNTIL: "希望延到的时间",
    Need.GRANTED: "同意或不同意",
    Need.MAIN_CASE: "并入的案件",
    Need.SCENE_PICTURE: "处置前的照片",
}

published(
    Stage,
    "CaseStage",
    "案件阶段 · where a case stands",
    {stage: f"{label}（{STAGE_STATES[stage]}）" for stage, label in STAGE_LABELS.items()},
)
published(Source, "CaseSource", "案件来源 · who or what noticed the matter", SOURCE_LABELS)
published(EvidenceKind, "EvidenceKind", "图片拍的是什么 · what a picture shows", EVIDENCE_LABELS)
published(Need, "CaseNeed", "办理时要填写的 · what a move asks for", NEED_LABELS)
published(PictureState, "PictureState", "图片能不能看 · if a picture can be seen", PICTURE_LABELS)
published(
    OrderField,
    "CaseOrderField",
    "案件排序的依据 · what to order by",
    {
        OrderField.OPENED_AT: "上报时间 · when it was reported",
        OrderField.DUE_AT: "到期时间，没有时限的排在最后 · when it is due",
        OrderField.NUMBER: "案卷号 · its number",
    },
)
published(
    Direction,
    "OrderDirection",
    "排序方向 · which way",
    {Direction.ASC: "从小到大 · rising", Direction.DESC: "从大到小 · falling"},
)
