"""What cases and the tasks of called units have alike: clocks, ways on, blurred pictures."""

# mypy: disallow-untyped-decorators=False
# (strawberry.field, used with brackets, is published without a type)

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

import strawberry

from liuhe import File
from liuhe.graphql import Info
from plugins.cases import models
from plugins.cases.rules import Move, Need, TaskMove
from plugins.cases.schema.enums import PICTURE_LABELS, PictureState


@strawberry.type
class Timed:
    row: strawberry.Private[models.Clock | models.TaskClock]
    labels: ClassVar[Mapping[Any, str]]

    @strawberry.field(description="计时的环节代号 · what is timed")
    def kind(self) -> str:
        return self.row.kind

    @strawberry.field(description="计时的环节 · label of what is timed")
    def kind_label(self) -> str:
        return self.labels[self.row.kind]

    @strawberry.field(description="开始时间 · when it started")
    def started_at(self) -> datetime:
        return self.row.started_at

    @strawberry.field(description="到期时间；暂停时是暂停前的 · when it is due")
    def due_at(self) -> datetime:
        return self.row.due_at

    @strawberry.field(description="结束时间，还在走则为空 · when it stopped")
    def stopped_at(self) -> datetime | None:
        return self.row.stopped_at

    @strawberry.field(description="从何时起暂停 · since when it is paused")
    def paused_at(self) -> datetime | None:
        return self.row.paused_at

    @strawberry.field(description="当时的规则 · the rule as it read when it started")
    def rule(self) -> str:
        return self.row.rule

    @strawberry.field(description="是否超期 · whether it ended or still runs after its due time")
    def late(self, info: Info) -> bool:
        return self.row.late(info.context.now)


@strawberry.type
class WayOn:
    move: strawberry.Private[Move | TaskMove]

    @strawberry.field(description="动作代号 · name")
    def name(self) -> str:
        return self.move.action

    @strawberry.field(description="动作名称 · label")
    def label(self) -> str:
        return self.move.label

    @strawberry.field(description="必须填写的 · what must be given")
    def needs(self) -> list[Need]:
        return list(self.move.needs)

    @strawberry.field(description="可以填写的 · what may be given")
    def takes(self) -> list[Need]:
        return list(self.move.takes)

    @strawberry.field(description="是否为通常的下一步 · whether it is the usual way on")
    def main(self) -> bool:
        return self.move.main


@strawberry.type
class BlurredPicture:
    row: strawberry.Private[models.Evidence | models.TaskEvidence]

    @strawberry.field(description="图片地址，每次访问都检查权限 · where it is; permission is asked")
    def url(self) -> str:
        return f"/files/{self.row.file_id}"

    @strawberry.field(description="能不能看 · whether it can be seen")
    async def state(self, info: Info) -> PictureState:
        return await picture_state(info, self.row.file_id)

    @strawberry.field(description="能不能看，中文 · label of its state")
    async def state_label(self, info: Info) -> str:
        return PICTURE_LABELS[await picture_state(info, self.row.file_id)]


async def picture_state(info: Info, file_id: Any) -> PictureState:
    file = await info.context.loaders.load_one(File, file_id)
    return PictureState(file.state) if file else PictureState.REFUSED
