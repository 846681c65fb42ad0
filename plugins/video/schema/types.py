"""`Camera` with its zones and rules; `Observation`: what was seen there."""

# mypy: disallow-untyped-decorators=False
# (strawberry.field, used with brackets, is published without a type)

from datetime import datetime
from enum import Enum

import strawberry
from tortoise.queryset import QuerySet

from liuhe import Viewer, may, within
from liuhe.graphql import Info, Node
from plugins.places.schema import Place
from plugins.video import models
from plugins.video.actions import snapshot_times
from plugins.video.models.cameras import CAMERA_SCOPE
from plugins.video.models.observations import OBSERVATION_SCOPE
from plugins.video.permissions import MANAGE, SEE
from plugins.video.rules.labels import (
    KIND_LABELS,
    STATE_LABELS,
    clock_words,
    object_label,
    rule_sentence,
)


@strawberry.enum(description="看什么变化 · what a rule watches for")
class WatchKind(Enum):
    DWELL = strawberry.enum_value("dwell", description="停留 · stays in its place")
    ENTER = strawberry.enum_value("enter", description="进入 · crosses in")
    CROWD = strawberry.enum_value("crowd", description="聚集 · many at once")
    LEFT = strawberry.enum_value("left", description="遗留物 · something was left there")
    FALL = strawberry.enum_value("fall", description="高空坠物 · something fell through")


@strawberry.enum(description="摄像机的状态 · how a camera does")
class CameraCondition(Enum):
    UNKNOWN = strawberry.enum_value("unknown", description="等待连接 · nothing heard yet")
    STARTING = strawberry.enum_value("starting", description="正在连接 · connecting")
    RUNNING = strawberry.enum_value("running", description="正常 · well")
    RECONNECTING = strawberry.enum_value("reconnecting", description="正在重连 · connecting again")
    ENDED = strawberry.enum_value("ended", description="画面已结束 · the recording is over")
    FAILED = strawberry.enum_value("failed", description="故障 · failed")
    OFFLINE = strawberry.enum_value("offline", description="离线：没有消息 · silent")
    OFF = strawberry.enum_value("off", description="已停用 · switched off")


@strawberry.enum(description="要人去看的问题，已经有一会儿 · what a person must see to")
class CameraTrouble(Enum):
    UNSTEADY = strawberry.enum_value("unsteady", description="时断时续 · comes and goes")
    ENDED = strawberry.enum_value("ended", description="录像已放完 · the recording is over")
    SELDOM = strawberry.enum_value("seldom", description="识别得太少 · looked at too seldom")
    BLURRED = strawberry.enum_value("blurred", description="画面模糊 · blurred")
    MOVED = strawberry.enum_value("moved", description="画面变了，可能被转动 · turned away")
    DARK = strawberry.enum_value("dark", description="白天画面太暗 · dark by day")
    COVERED = strawberry.enum_value("covered", description="画面被遮挡 · covered")
    STARTING = strawberry.enum_value("starting", description="一直没有画面 · never a picture")
    RECONNECTING = strawberry.enum_value("reconnecting", description="连不上 · cannot be reached")
    FAILED = strawberry.enum_value("failed", description="故障 · failed")
    OFFLINE = strawberry.enum_value("offline", description="离线 · silent")


@strawberry.type(description="区域里的一条规则 · what is watched for in a zone")
class ZoneWatch:
    row: strawberry.Private[models.Watch]

    @strawberry.field(description="场景代码，空表示只记录 · scene, empty = only recorded")
    def scene(self) -> str:
        return self.row.scene

    @strawberry.field(description="看什么变化 · kind")
    def kind(self) -> WatchKind:
        return WatchKind(self.row.kind)

    @strawberry.field(description="看什么变化，中文 · label of the kind")
    def kind_label(self) -> str:
        return KIND_LABELS[self.row.kind]

    @strawberry.field(description="看哪些目标，模型的类别名 · classes of objects")
    def objects(self) -> list[str]:
        return list(self.row.objects)

    @strawberry.field(description="看哪些目标，中文 · labels of the objects")
    def object_labels(self) -> list[str]:
        return [object_label(name) for name in self.row.objects]

    @strawberry.field(description="持续多少秒 · for at least so many seconds")
    def seconds(self) -> float:
        return self.row.seconds

    @strawberry.field(description="至少几个 · at least so many at once")
    def count(self) -> int:
        return self.row.count

    @strawberry.field(description="看不见多少秒算离开 · out of sight for so long is gone")
    def grace(self) -> float:
        return self.row.grace

    @strawberry.field(description="规则的说法 · the rule in words")
    def sentence(self) -> str:
        return rule_sentence(self.row)

    @strawberry.field(description="从几点起看，如 22:00；空表示整天 · from this time of day")
    def begins(self) -> str | None:
        return clock_words(self.row.begins) or None

    @strawberry.field(description="看到几点，如 06:00；空表示整天 · until this time of day")
    def ends(self) -> str | None:
        return clock_words(self.row.ends) or None

    @strawberry.field(description="把握至少多少，0 到 1 · how sure the model is at least")
    def least_score(self) -> float:
        return self.row.least_score


@strawberry.type(description="画面中的一块区域 · a zone of a camera's picture")
class CameraZone:
    row: strawberry.Private[models.Zone]

    @strawberry.field(description="名称 · name")
    def name(self) -> str:
        return self.row.name

    @strawberry.field(
        description="轮廓：各点的 [横, 纵]，按宽高的比例，从左上角算起，0 到 1 · corners [x, y]"
    )
    def polygon(self) -> list[list[float]]:
        return [[x, y] for x, y in self.row.polygon]

    @strawberry.field(description="规则 · rules")
    async def watches(self, info: Info) -> list[ZoneWatch]:
        rows = await info.context.loaders.load_many(models.Watch, "zone_id", self.row.id)
        return [ZoneWatch(row=row) for row in rows if row.active]


@strawberry.type(description="摄像机 · a camera")
class Camera(Node):
    row: strawberry.Private[models.Camera]
    name: str = strawberry.field(description="名称 · name")
    code: str | None = strawberry.field(description="国标编码，20 位 · GB/T 28181 id")
    address: str = strawberry.field(description="地址 · address")
    filing_number: str = strawberry.field(description="备案号 · filing number")
    signage: bool = strawberry.field(description="现场是否有提示标识 · whether there is signage")
    active: bool = strawberry.field(description="是否启用 · whether it is on")

    @classmethod
    def seen_by(cls, viewer: Viewer) -> QuerySet[models.Camera]:
        seen = models.Camera.filter(within(viewer, SEE, CAMERA_SCOPE))
        return seen.select_related("area", "condition")

    @strawberry.field(description="经度，WGS-84 · longitude")
    def longitude(self) -> float | None:
        return self.row.point[0] if self.row.point else None

    @strawberry.field(description="纬度，WGS-84 · latitude")
    def latitude(self) -> float | None:
        return self.row.point[1] if self.row.point else None

    @strawberry.field(description="提示标识照片的地址，已打码 · blurred picture of the signage")
    def signage_url(self) -> str | None:
        picture = self.row.signage_picture_id
        return f"/files/{picture}" if picture else None

    @strawberry.field(description="所在区域 · the area that it stands in")
    def area(self) -> Place:
        return Place.of(self.row.area)

    @strawberry.field(description="视频地址，不含密码；只给管理员 · source without credentials")
    def source(self, info: Info) -> str | None:
        allowed = may(info.context.viewer, MANAGE, self.row, CAMERA_SCOPE)
        return self.row.masked_source if allowed else None

    @strawberry.field(description="状态 · how it does")
    def state(self, info: Info) -> CameraCondition:
        return CameraCondition(self.row.state_at(info.context.now))

    @strawberry.field(description="状态，中文 · label of the state")
    def state_label(self, info: Info) -> str:
        return STATE_LABELS[self.row.state_at(info.context.now)]

    @strawberry.field(description="要人去看的问题；没有就是空 · what a person must see to")
    def trouble(self) -> CameraTrouble | None:
        return CameraTrouble(self.row.trouble) if self.row.trouble else None

    @strawberry.field(description="每秒解码多少帧 · frames a second")
    def fps(self) -> float:
        return self.row.condition.fps if self.row.condition else 0.0

    @strawberry.field(description="最近一帧的时间 · when the last frame came")
    def last_frame_at(self) -> datetime | None:
        return self.row.condition.last_frame_at if self.row.condition else None

    @strawberry.field(description="最新画面的地址，已打码 · the latest picture, blurred")
    async def snapshot_url(self, info: Info) -> str | None:
        at = await info.context.loaders.batch("video.snapshots", _times).load(self.row.id)
        shown = self.row.active and at is not None
        return f"/admin/video/{self.row.id}/snapshot.jpg" if shown else None

    @strawberry.field(description="区域 · its zones")
    async def zones(self, info: Info) -> list[CameraZone]:
        rows = await info.context.loaders.load_many(models.Zone, "camera_id", self.row.id)
        return [CameraZone(row=row) for row in rows if row.active]


async def _times(camera_ids: list[int]) -> list[datetime | None]:
    found = await snapshot_times(camera_ids)
    return [found.get(camera_id) for camera_id in camera_ids]


@strawberry.type(description="观察：区域里看到的一件事，还没有人判断 · something seen in a zone")
class Observation(Node):
    row: strawberry.Private[models.Observation]
    scene: str = strawberry.field(description="场景代码 · scene")
    object: str = strawberry.field(description="目标类别，模型的类别名 · class of the object")
    object_label: str = strawberry.field(description="目标类别，中文 · label of the class")
    count: int = strawberry.field(description="最多时有几个 · how many at most")
    score: float = strawberry.field(description="把握，0 到 1 · score")
    started_at: datetime = strawberry.field(description="开始时间 · since when")
    ended_at: datetime | None = strawberry.field(description="结束时间；空表示还在 · until when")
    lost: bool = strawberry.field(description="是否没有看到结束 · nobody saw it end")
    model: str = strawberry.field(description="识别模型 · the model that saw it")

    @classmethod
    def seen_by(cls, viewer: Viewer) -> QuerySet[models.Observation]:
        return models.Observation.filter(within(viewer, SEE, OBSERVATION_SCOPE))

    @strawberry.field(description="看什么变化 · kind")
    def kind(self) -> WatchKind:
        return WatchKind(self.row.kind)

    @strawberry.field(description="在画面中的位置：左、上、右、下，0 到 1 · left, top …")
    def box(self) -> list[float]:
        return list(self.row.box)

    @strawberry.field(description="打码图片的地址；到期删除后为空 · its blurred picture")
    def evidence_url(self) -> str | None:
        return f"/files/{self.row.evidence_id}" if self.row.evidence_id else None

    @strawberry.field(description="摄像机 · the camera")
    async def camera(self, info: Info) -> Camera | None:
        return await Camera.find(info, self.row.camera_id)

    @strawberry.field(description="区域 · the zone")
    async def zone(self, info: Info) -> CameraZone | None:
        row = await info.context.loaders.load_one(models.Zone, self.row.zone_id)
        return CameraZone(row=row) if row else None
