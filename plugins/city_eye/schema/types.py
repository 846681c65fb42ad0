"""`Scene`: what is looked for. `Finding`: what a camera noticed, and what a person decided."""

# mypy: disallow-untyped-decorators=False
# (strawberry.field, used with brackets, is published without a type)

from datetime import datetime
from enum import Enum

import strawberry
from tortoise.queryset import QuerySet

from liuhe import Person, Viewer, may, within
from liuhe.graphql import Info, Node, follows, reads
from plugins.cases.schema import Case
from plugins.city_eye import models
from plugins.city_eye.models import SCOPE
from plugins.city_eye.permissions import DECIDE, SEE
from plugins.city_eye.rules import MODE_LABELS, REASON_LABELS, STATE_LABELS, Mode, Reason, State
from plugins.places.schema import Place
from plugins.video.schema import Camera, Observation


@strawberry.enum(description="线索的状态 · where a finding stands")
class FindingState(Enum):
    PENDING = strawberry.enum_value("pending", description="待确认 · waits for a person")
    CONFIRMED = strawberry.enum_value("confirmed", description="已确认，已立案 · became a case")
    DISCARDED = strawberry.enum_value("discarded", description="已排除 · discarded")
    EXPIRED = strawberry.enum_value("expired", description="过期未看 · nobody looked in time")


@strawberry.enum(description="排除线索的原因 · why a finding is discarded")
class DiscardReason(Enum):
    FALSE_ALARM = strawberry.enum_value("false_alarm", description="误报 · a false alarm")
    HANDLED = strawberry.enum_value("handled", description="已处理 · dealt with already")
    DUPLICATE = strawberry.enum_value("duplicate", description="重复 · known from elsewhere")
    OTHER = strawberry.enum_value("other", description="其他，要写明情况 · other, with words")


@strawberry.enum(description="场景的方式 · how a scene is used")
class SceneMode(Enum):
    OFFICIAL = strawberry.enum_value("official", description="正式：确认后立案 · may become a case")
    TRIAL = strawberry.enum_value("trial", description="试用：只计数 · counted only")


@strawberry.type(description="场景：摄像机看什么、成为哪类案件 · what is looked for")
class Scene(Node):
    row: strawberry.Private[models.Scene]
    code: str = strawberry.field(description="代码 · code")
    title: str = strawberry.field(description="名称 · title")
    type_code: str = strawberry.field(
        description="案件类型代码（GB/T 30428）· code of the case type"
    )
    handle_hours: int = strawberry.field(description="建议的处置时限，小时 · hours to handle it")
    active: bool = strawberry.field(description="是否启用 · whether it is on")

    @classmethod
    def seen_by(cls, viewer: Viewer) -> QuerySet[models.Scene]:
        return models.Scene.all() if viewer.holds(SEE) else models.Scene.filter(pk__isnull=True)

    @strawberry.field(description="正式或试用 · official or on trial", metadata=reads("mode"))
    def mode(self) -> SceneMode:
        return SceneMode(self.row.mode)

    @strawberry.field(description="正式或试用，中文 · label of the mode", metadata=reads("mode"))
    def mode_label(self) -> str:
        return MODE_LABELS[Mode(self.row.mode)]


@strawberry.type(description="线索：摄像机看到、等人确认的一件事 · what a camera noticed")
class Finding(Node):
    row: strawberry.Private[models.Finding]
    last_seen_at: datetime = strawberry.field(description="最近看到的时间 · when last seen")
    score: float = strawberry.field(description="把握，0 到 1 · score")
    count: int = strawberry.field(description="最多时有几个 · how many at most")
    joined: int = strawberry.field(description="合并了几次观察 · how many observations it holds")
    on_trial: bool = strawberry.field(description="是否为试用，试用不立案 · counted only")
    decided_at: datetime | None = strawberry.field(description="处理时间 · when it was decided")
    note: str = strawberry.field(description="处理时的说明 · words with the decision")

    @classmethod
    def seen_by(cls, viewer: Viewer) -> QuerySet[models.Finding]:
        return models.Finding.filter(within(viewer, SEE, SCOPE)).select_related(
            "area", "observation"
        )

    @strawberry.field(description="第一次看到的时间 · when it was first seen", metadata=reads("at"))
    def seen_at(self) -> datetime:
        return self.row.at

    @strawberry.field(description="状态 · state", metadata=reads("state"))
    def state(self) -> FindingState:
        return FindingState(self.row.state)

    @strawberry.field(description="状态，中文 · label of the state", metadata=reads("state"))
    def state_label(self) -> str:
        return STATE_LABELS[State(self.row.state)]

    @strawberry.field(description="排除的原因 · why it was discarded", metadata=reads("reason"))
    def reason(self) -> DiscardReason | None:
        return DiscardReason(self.row.reason) if self.row.reason else None

    @strawberry.field(
        description="排除的原因，中文 · label of the reason", metadata=reads("reason")
    )
    def reason_label(self) -> str | None:
        return REASON_LABELS[Reason(self.row.reason)] if self.row.reason else None

    @strawberry.field(description="打码图片的地址；没有或已到期为空 · its blurred picture")
    def picture_url(self) -> str | None:
        return f"/files/{self.row.shown_id}" if self.row.shown_id else None

    @strawberry.field(description="所在区域 · the area", metadata=follows("area"))
    def area(self) -> Place:
        return Place.of(self.row.area)

    @strawberry.field(description="我能不能确认或排除它 · whether the viewer may decide on it now")
    def may_decide(self, info: Info) -> bool:
        pending = self.row.state == State.PENDING
        return pending and may(info.context.viewer, DECIDE, self.row, SCOPE)

    @strawberry.field(description="场景 · the scene", metadata=follows("scene"))
    async def scene(self, info: Info) -> Scene:
        row = await info.context.loaders.load_one(models.Scene, self.row.scene_id)
        assert row is not None  # a foreign key
        return Scene.of(row)

    @strawberry.field(description="摄像机；无权查看为空 · the camera, if it may be seen")
    async def camera(self, info: Info) -> Camera | None:
        return await Camera.find(info, self.row.camera_id)

    @strawberry.field(description="第一次的观察；无权查看为空 · what was observed first")
    async def observation(self, info: Info) -> Observation | None:
        return await Observation.find(info, self.row.observation_id)

    @strawberry.field(description="处理人 · who decided")
    async def decided_by(self, info: Info) -> str | None:
        person = await info.context.loaders.load_one(Person, self.row.decided_by_id)
        return person.name if person else None

    @strawberry.field(description="确认后的案件；无权查看为空 · its case, if it may be seen")
    async def case(self, info: Info) -> Case | None:
        return await Case.find(info, self.row.case_id) if self.row.case_id else None
