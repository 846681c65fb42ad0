"""国标设备 devices of GB/T 28181 and their catalogues, for who manages all cameras."""

# mypy: disallow-untyped-decorators=False
# (strawberry.field, used with brackets, is published without a type)

from datetime import datetime
from typing import Annotated

import strawberry
from tortoise.functions import Count
from tortoise.queryset import QuerySet

from liuhe import NotFound, Viewer, settings_of
from liuhe.graphql import After, Before, Connection, First, Info, Last, Node, connection
from plugins.video import models
from plugins.video.permissions import MANAGE
from plugins.video.rules.health import is_here
from plugins.video.schema.types import Camera
from plugins.video.settings import VideoSettings

Id = Annotated[strawberry.ID, strawberry.argument(description="全局标识 · global id")]
DeviceId = Annotated[strawberry.ID, strawberry.argument(description="哪台设备 · of which device")]


@strawberry.type(
    description="国标设备：录像机或下级平台；没有密码 · what registers by GB/T 28181, no password"
)
class NationalDevice(Node):
    row: strawberry.Private[models.Device]
    name: str = strawberry.field(description="名称 · name")
    code: str = strawberry.field(description="国标编码，20 位 · GB/T 28181 id")
    address: str = strawberry.field(description="从哪里注册来的 · where it registered from")
    registered_at: datetime | None = strawberry.field(
        description="注册的时间，没有注册过为空 · when it registered"
    )
    heard_at: datetime | None = strawberry.field(
        description="最近一次有消息 · when it was heard last"
    )
    catalogued_at: datetime | None = strawberry.field(
        description="目录是什么时候的 · when its catalogue came"
    )
    complete: bool = strawberry.field(description="目录是否收全 · whether all of it came")
    trouble: str = strawberry.field(description="注册或目录的问题 · what went wrong, empty if none")

    @classmethod
    def seen_by(cls, viewer: Viewer) -> QuerySet[models.Device]:
        """The whole district's, as the page is."""
        if viewer.holds_everywhere(MANAGE):
            return models.Device.all()
        return models.Device.filter(id__isnull=True)

    @strawberry.field(description="是否在线 · whether it is there now")
    def online(self, info: Info) -> bool:
        silence = settings_of(VideoSettings).silence
        return self.row.online and is_here(self.row.told_at, info.context.now, silence)

    @strawberry.field(
        description="密码能不能用；换过 secret.key 的要重新设 · whether its password still opens"
    )
    def open(self) -> bool:
        return bool(self.row.password)

    @strawberry.field(description="目录里有多少项 · how many entries its catalogue has")
    async def channel_count(self, info: Info) -> int:
        async def load(ids: list[int]) -> list[int]:
            counted = models.Channel.filter(device_id__in=ids).group_by("device_id")
            found = dict(await counted.annotate(n=Count("id")).values_list("device_id", "n"))
            return [found.get(id, 0) for id in ids]

        return await info.context.loaders.batch("video.channels", load).load(self.row.id)


@strawberry.type(description="国标目录的一项，添加成摄像机以后才看 · an entry of a catalogue")
class NationalChannel(Node):
    row: strawberry.Private[models.Channel]
    code: str = strawberry.field(description="国标编码，20 位 · GB/T 28181 id")
    name: str = strawberry.field(description="设备给的名称 · the name that the device gives")
    online: bool = strawberry.field(description="设备说它在线 · whether the device calls it on")
    address: str = strawberry.field(description="设备给的地址 · address")
    longitude: float | None = strawberry.field(description="经度 · longitude")
    latitude: float | None = strawberry.field(description="纬度 · latitude")

    @classmethod
    def seen_by(cls, viewer: Viewer) -> QuerySet[models.Channel]:
        if viewer.holds_everywhere(MANAGE):
            return models.Channel.all()
        return models.Channel.filter(id__isnull=True)

    @strawberry.field(description="添加成的摄像机，没有为空 · the camera that it was entered as")
    async def camera(self, info: Info) -> Camera | None:
        return await Camera.find(info, self.row.code, field="code")


@strawberry.type
class NationalQueries:
    @strawberry.field(
        description="国标设备，按名称排列；给管全区摄像机的人 · devices of GB/T 28181, by name"
    )
    async def national_devices(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[NationalDevice]:
        return connection(
            NationalDevice.seen_by(info.context.viewer),
            NationalDevice.of,
            order=["name"],
            first=first,
            after=after,
            last=last,
            before=before,
        )

    @strawberry.field(description="一台国标设备 · one device of GB/T 28181")
    async def national_device(self, info: Info, id: Id) -> NationalDevice | None:
        return await NationalDevice.at(info, id)

    @strawberry.field(description="一台国标设备的目录 · the catalogue of a device")
    async def national_channels(
        self,
        info: Info,
        device_id: DeviceId,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[NationalChannel]:
        viewer, key = info.context.viewer, NationalDevice.key(device_id, "deviceId")
        if not await NationalDevice.seen_by(viewer).filter(id=key).exists():
            raise NotFound("没有这台设备，或者您无权查看。")
        return connection(
            NationalChannel.seen_by(viewer).filter(device_id=key),
            NationalChannel.of,
            order=["id"],
            first=first,
            after=after,
            last=last,
            before=before,
        )
