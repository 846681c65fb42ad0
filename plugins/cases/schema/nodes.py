"""The types: thin, over rows; what hangs on a row is loaded for all rows of a step at once."""

# mypy: disallow-untyped-decorators=False
# (strawberry.field, used with brackets, is published without a type)

from datetime import datetime
from typing import Any

import strawberry
from tortoise.expressions import Subquery
from tortoise.queryset import QuerySet

from liuhe import Area, Person, Viewer
from liuhe import Unit as UnitRow
from liuhe.graphql import Info, Node, follows, reads
from plugins.cases import models
from plugins.cases.models import kept_apart, label_of
from plugins.cases.permissions import (
    REPORTER_READ,
    SOMEBODY,
    allowed,
    may_know_reporter,
    reveals_reporter,
    shown_actor,
    visible,
)
from plugins.cases.rules import (
    EVIDENCE_LABELS,
    SOURCE_LABELS,
    STAGE_LABELS,
    EvidenceKind,
    Source,
    Stage,
)
from plugins.cases.schema.parts import BlurredPicture, WayOn
from plugins.places.schema import Place


@strawberry.type(description="案件类型，GB/T 30428 的大类和小类 · a kind of matter")
class CaseType(Node):
    row: strawberry.Private[models.CaseType]
    code: str = strawberry.field(description="小类代码，如 0505 · code")
    name: str = strawberry.field(description="小类名称 · name")
    class_code: str = strawberry.field(description="大类代码 · code of its class")
    class_name: str = strawberry.field(description="大类名称 · name of its class")

    @classmethod
    def seen_by(cls, viewer: Viewer) -> QuerySet[models.CaseType]:
        return models.CaseType.filter(active=True)

    @strawberry.field(
        description="处置时限，如“3 紧急工作时” · how long handling may take",
        metadata=reads("limit_amount", "limit_unit"),
    )
    def limit_text(self) -> str:
        return self.row.limit.text


@strawberry.type(description="处置单位 · a unit that matters are dispatched to")
class Unit(Node):
    row: strawberry.Private[UnitRow]
    code: str = strawberry.field(description="单位代码 · code")
    name: str = strawberry.field(description="单位名称 · name")

    @classmethod
    def seen_by(cls, viewer: Viewer) -> QuerySet[UnitRow]:
        """Units are public bodies: whoever is signed in may know them."""
        return UnitRow.filter(active=True)


@strawberry.type(description="可以办理的下一步 · something that the viewer may do next")
class CaseAction(WayOn):
    pass


@strawberry.type(description="案件经过的一步 · one entry of the timeline")
class CaseStep:
    row: strawberry.Private[models.Step]
    case: strawberry.Private[models.Case]

    @strawberry.field(description="第几步，从 1 起 · number, from 1")
    def seq(self) -> int:
        return self.row.seq

    @strawberry.field(description="时间 · when")
    def at(self) -> datetime:
        return self.row.at

    @strawberry.field(description="办理人；上报居民的姓名只给需要知道的人 · who")
    def actor(self, info: Info) -> str:
        if self.row.person_id == self.case.reporter_id:
            note_reporter(info, self.case)
        return shown_actor(info.context.viewer, self.case, self.row)

    @strawberry.field(description="动作代号 · action")
    def action(self) -> str:
        return self.row.action

    @strawberry.field(description="动作名称 · label of the action")
    def action_label(self) -> str:
        return label_of(self.case, self.row.action)

    @strawberry.field(description="之前的阶段，第一步为空 · stage before")
    def from_stage(self) -> Stage | None:
        return self.row.from_stage

    @strawberry.field(description="之后的阶段 · stage after")
    def to_stage(self) -> Stage:
        return self.row.to_stage

    @strawberry.field(description="说明或理由 · note or reason")
    def note(self) -> str:
        return self.row.note

    @strawberry.field(description="这一步涉及的单位 · the unit concerned")
    async def unit(self, info: Info) -> Unit | None:
        return Unit.of_any(await info.context.loaders.load_one(UnitRow, self.row.unit_id))

    @strawberry.field(description="退回时建议的责任单位 · the unit proposed with a return")
    def proposed_unit_name(self) -> str | None:
        proposed = self.row.details.get("proposed_unit")
        return proposed["name"] if proposed else None


@strawberry.type(description="案件的一张图片，已打码才能看 · a picture of a case")
class Evidence(BlurredPicture, Node):
    row: strawberry.Private[models.Evidence]
    kind: EvidenceKind = strawberry.field(description="拍的是什么 · what it shows")
    caption: str = strawberry.field(description="图片说明 · caption")
    taken_blurred: bool = strawberry.field(
        description="采集时就已打码，原图从未存储 · blurred before it was first stored"
    )

    @classmethod
    def seen_by(cls, viewer: Viewer) -> QuerySet[models.Evidence]:
        cases = models.Case.filter(visible(viewer)).values("id")
        return models.Evidence.filter(case_id__in=Subquery(cases))

    @strawberry.field(description="拍的是什么，中文 · label of its kind")
    def kind_label(self) -> str:
        return EVIDENCE_LABELS[self.row.kind]


@strawberry.type(description="案件：一件事从上报到评价 · one matter from first report to last word")
class Case(Node):
    row: strawberry.Private[models.Case]
    number: str = strawberry.field(description="案卷号 · number")
    title: str = strawberry.field(description="标题 · title")
    description: str = strawberry.field(description="情况说明 · what is the matter")
    stage: Stage = strawberry.field(description="阶段 · stage")
    source: Source = strawberry.field(description="来源 · source")
    source_ref: str | None = strawberry.field(description="来源编号 · what the source calls it")
    address: str = strawberry.field(description="地点 · place in words")
    longitude: float | None = strawberry.field(description="经度，WGS-84 · longitude")
    latitude: float | None = strawberry.field(description="纬度，WGS-84 · latitude")
    opened_at: datetime = strawberry.field(description="上报时间 · when it was reported")
    due_at: datetime | None = strawberry.field(
        description="正在走的时限中最早到期的时间 · when the first running clock ends"
    )
    closed_at: datetime | None = strawberry.field(description="结案时间 · when it was closed")
    returns: int = strawberry.field(description="退回次数 · how often it was returned")
    reworks: int = strawberry.field(description="返工次数 · how often work was to be redone")
    rating: int | None = strawberry.field(description="评价，1 到 5 分 · rating")
    rating_note: str = strawberry.field(description="评价说明 · words with the rating")
    version: int = strawberry.field(
        description="版本，每办理一步加一；交回它可以避免覆盖别人的办理 · grows with each step"
    )

    @classmethod
    def seen_by(cls, viewer: Viewer) -> QuerySet[models.Case]:
        return models.Case.filter(visible(viewer)).select_related("area")

    @strawberry.field(description="阶段，中文 · label of the stage", metadata=reads("stage"))
    def stage_label(self) -> str:
        return STAGE_LABELS[self.row.stage]

    @strawberry.field(description="来源，中文 · label of the source", metadata=reads("source"))
    def source_label(self) -> str:
        return SOURCE_LABELS[self.row.source]

    @strawberry.field(
        description="是否超期 · whether something is late now", metadata=reads("due_at")
    )
    def overdue(self, info: Info) -> bool:
        return self.row.overdue(info.context.now)

    @strawberry.field(description="案件类型 · its type", metadata=follows("type"))
    async def type(self, info: Info) -> CaseType:
        row = await info.context.loaders.load_one(models.CaseType, self.row.type_id)
        assert row is not None  # a foreign key
        return CaseType.of(row)

    @strawberry.field(description="所在区域 · the area that it lies in", metadata=follows("area"))
    def area(self) -> Place:
        return Place.of(self.row.area)

    @strawberry.field(description="所在区域，从区写起 · names of its area from the top down")
    async def area_names(self, info: Info) -> list[str]:
        ids = [int(part) for part in self.row.area.path.split(".") if part]
        rows = [await info.context.loaders.load_one(Area, id) for id in ids]
        return [row.name for row in rows if row is not None]

    @strawberry.field(
        description="现在的责任单位 · the unit that has it now", metadata=follows("unit")
    )
    async def unit(self, info: Info) -> Unit | None:
        return Unit.of_any(await info.context.loaders.load_one(UnitRow, self.row.unit_id))

    @strawberry.field(
        description="上报人；居民的姓名只给需要知道的人 · who reported; residents are protected"
    )
    async def reporter_name(self, info: Info) -> str | None:
        if not may_know_reporter(info.context.viewer, self.row):
            return SOMEBODY
        note_reporter(info, self.row)
        person = await info.context.loaders.load_one(Person, self.row.reporter_id)
        return person.name if person else None

    @strawberry.field(description="经过，从上报起 · the timeline")
    async def steps(self, info: Info) -> list[CaseStep]:
        rows = await info.context.loaders.load_many(
            models.Step, "case_id", self.row.id, order=["seq"]
        )
        return [CaseStep(row=row, case=self.row) for row in rows]

    @strawberry.field(description="图片 · its pictures")
    async def evidence(self, info: Info) -> list[Evidence]:
        rows = await info.context.loaders.load_many(models.Evidence, "case_id", self.row.id)
        return [Evidence.of(row) for row in rows]

    @strawberry.field(description="我可以办理的，通常的一步在前 · what the viewer may do next")
    async def next_actions(self, info: Info) -> list[CaseAction]:
        done = await _done(info, self.row.id)
        return [CaseAction(move=move) for move in allowed(info.context.viewer, self.row, done)]


def row_of(case: Any) -> models.Case:
    """The fields that hang on `Case` are resolved on it."""
    row: models.Case = case.row
    return row


def note_reporter(info: Info, case: models.Case) -> None:
    if reveals_reporter(info.context.viewer, case):
        info.context.note_reading(REPORTER_READ, case, ("core.Person", case.reporter_id))


async def _done(info: Info, case_id: int) -> frozenset[str]:
    """What the viewer has handled of a case; many cases at once cost one query."""
    person = info.context.viewer.person_id

    async def load(ids: list[int]) -> list[frozenset[str]]:
        apart = list(kept_apart())
        mine = models.Step.filter(case_id__in=ids, person_id=person, action__in=apart)
        pairs = await mine.values_list("case_id", "action")
        return [frozenset(action for of, action in pairs if of == id) for id in ids]

    return await info.context.loaders.batch("cases.done", load).load(case_id)
