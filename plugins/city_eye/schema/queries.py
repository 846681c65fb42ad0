"""Reading findings and scenes; what hangs on cases and cameras."""

# mypy: disallow-untyped-decorators=False

from collections import defaultdict
from datetime import datetime
from typing import Annotated, Any

import strawberry
from tortoise.expressions import Q

from liuhe import Area
from liuhe.graphql import After, Before, Connection, First, Info, Last, connection
from plugins.city_eye.rules import State
from plugins.city_eye.schema.types import Finding, FindingState, Scene
from plugins.places.schema import Place
from plugins.video.schema import Camera


@strawberry.input(description="线索的筛选，几项同时满足 · all of these")
class FindingFilter:
    state: FindingState | None = strawberry.field(default=None, description="状态 · state")
    scene: str | None = strawberry.field(default=None, description="场景代码 · code of the scene")
    on_trial: bool | None = strawberry.field(default=None, description="是否为试用 · on trial")
    camera_id: strawberry.ID | None = strawberry.field(
        default=None, description="哪台摄像机 · of this camera"
    )
    within: strawberry.ID | None = strawberry.field(
        default=None, description="在这个地点里 · in this place"
    )
    seen_from: datetime | None = strawberry.field(
        default=None, description="从这时起看到的 · seen then or later"
    )
    seen_to: datetime | None = strawberry.field(
        default=None, description="在这之前看到的 · seen before"
    )


FilterArgument = Annotated[FindingFilter | None, strawberry.argument(description="筛选 · filter")]
Id = Annotated[strawberry.ID, strawberry.argument(description="全局标识 · global id")]


@strawberry.type
class CityEyeQueries:
    @strawberry.field(description="看得到的线索，新的在前 · findings, newest first")
    async def findings(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: FilterArgument = None,
    ) -> Connection[Finding]:
        return connection(
            Finding.seen_by(info.context.viewer).filter(await _wanted(filter or FindingFilter())),
            Finding.of,
            order=["-at"],
            first=first,
            after=after,
            last=last,
            before=before,
        )

    @strawberry.field(description="一条线索 · one finding")
    async def finding(self, info: Info, id: Id) -> Finding | None:
        return await Finding.at(info, id)

    @strawberry.field(description="场景，按代码排列 · scenes, by code")
    async def scenes(self, info: Info) -> list[Scene]:
        rows = await Scene.seen_by(info.context.viewer).order_by("code")
        return [Scene.of(row) for row in rows]


async def _wanted(given: FindingFilter) -> Q:
    wanted: dict[str, Any] = {
        "state": given.state.value if given.state else None,
        "scene__code": given.scene,
        "on_trial": given.on_trial,
        "at__gte": given.seen_from,
        "at__lt": given.seen_to,
    }
    if given.camera_id is not None:
        wanted["camera_id"] = Camera.key(given.camera_id, "cameraId")
    if given.within is not None:
        area = await Area.get_or_none(id=Place.key(given.within, "within"))
        wanted["area__path__startswith"] = area.path if area else "-"
    return Q(**{lookup: value for lookup, value in wanted.items() if value is not None})


@strawberry.type
class CaseFinding:
    @strawberry.field(
        description="立案的线索；不是城市眼立的案为空 · the finding that it came from"
    )
    async def finding(self, info: Info) -> Finding | None:
        found = await _by(info, "case_id", self.row.id)  # type: ignore[attr-defined]
        return found[0] if found else None


@strawberry.type
class CameraFindings:
    @strawberry.field(description="待确认的线索 · findings that wait for a person")
    async def findings(self, info: Info) -> list[Finding]:
        row = self.row  # type: ignore[attr-defined]
        return await _by(info, "camera_id", row.id, state=State.PENDING)


async def _by(info: Info, field: str, key: int, **wanted: Any) -> list[Finding]:
    """The findings that the viewer may see, by a foreign key; many at once cost one query."""
    seen = Finding.seen_by(info.context.viewer).filter(**wanted)

    async def load(keys: list[int]) -> list[list[Finding]]:
        found: dict[int, list[Finding]] = defaultdict(list)
        for row in await seen.filter(**{f"{field}__in": keys}).order_by("-at", "-id"):
            found[getattr(row, field)].append(Finding.of(row))
        return [found[key] for key in keys]

    return await info.context.loaders.batch(("city_eye", field), load).load(key)
