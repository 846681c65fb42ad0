"""Reading cameras and observations."""

# mypy: disallow-untyped-decorators=False

from datetime import datetime
from typing import Annotated, Any

import strawberry
from tortoise.expressions import Q

from liuhe import Area
from liuhe.graphql import After, Before, Connection, First, Info, Last, connection
from plugins.places.schema import Place
from plugins.video import models
from plugins.video.models.cameras import ILL
from plugins.video.schema.types import Camera, Observation


@strawberry.input(description="摄像机的筛选，几项同时满足 · all of these")
class CameraFilter:
    within: strawberry.ID | None = strawberry.field(
        default=None, description="在这个地点里 · in this place"
    )
    active: bool | None = strawberry.field(default=None, description="是否启用 · on or off")
    in_trouble: bool | None = strawberry.field(
        default=None, description="是否要人去看 · whether a person must see to it"
    )
    search: str | None = strawberry.field(
        default=None,
        description="名称或地址里有的字，或国标编码 · part of name or address",
    )


@strawberry.input(description="观察的筛选，几项同时满足 · all of these")
class ObservationFilter:
    camera_id: strawberry.ID | None = strawberry.field(
        default=None, description="哪台摄像机 · of this camera"
    )
    scene: str | None = strawberry.field(default=None, description="场景代码 · of this scene")
    open: bool | None = strawberry.field(default=None, description="是否还在 · still so, or over")
    started_from: datetime | None = strawberry.field(
        default=None, description="从这时起开始的 · started then or later"
    )
    started_to: datetime | None = strawberry.field(
        default=None, description="在这之前开始的 · started before"
    )


CameraFilterArgument = Annotated[
    CameraFilter | None, strawberry.argument(description="筛选 · filter")
]
ObservationFilterArgument = Annotated[
    ObservationFilter | None, strawberry.argument(description="筛选 · filter")
]
Id = Annotated[strawberry.ID, strawberry.argument(description="全局标识 · global id")]


@strawberry.type
class VideoQueries:
    @strawberry.field(description="看得到的摄像机，按名称排列 · cameras, by name")
    async def cameras(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: CameraFilterArgument = None,
    ) -> Connection[Camera]:
        return connection(
            Camera.seen_by(info.context.viewer).filter(await _cameras(filter or CameraFilter())),
            Camera.of,
            order=["name"],
            first=first,
            after=after,
            last=last,
            before=before,
        )

    @strawberry.field(description="一台摄像机 · one camera")
    async def camera(self, info: Info, id: Id) -> Camera | None:
        return await Camera.at(info, id)

    @strawberry.field(description="看得到的观察，新的在前 · observations, newest first")
    async def observations(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: ObservationFilterArgument = None,
    ) -> Connection[Observation]:
        wanted = _observations(filter or ObservationFilter())
        return connection(
            Observation.seen_by(info.context.viewer).filter(wanted),
            Observation.of,
            order=["-started_at"],
            first=first,
            after=after,
            last=last,
            before=before,
        )


async def _cameras(given: CameraFilter) -> Q:
    wanted: dict[str, Any] = {}
    if given.within is not None:
        area = await Area.get_or_none(id=Place.key(given.within, "within"))
        wanted["area__path__startswith"] = area.path if area else "-"
    if given.active is not None:
        wanted["active"] = given.active
    trouble = Q() if given.in_trouble is None else ILL if given.in_trouble else ~ILL
    named = models.Camera.matching((given.search or "").strip())
    return Q(**wanted) & named & trouble


def _observations(given: ObservationFilter) -> Q:
    wanted: dict[str, Any] = {
        "scene": given.scene,
        "started_at__gte": given.started_from,
        "started_at__lt": given.started_to,
    }
    if given.camera_id is not None:
        wanted["camera_id"] = Camera.key(given.camera_id, "cameraId")
    if given.open is not None:
        wanted["ended_at__isnull"] = given.open
    return Q(**{lookup: value for lookup, value in wanted.items() if value is not None})
