"""Two invented plugins over the kernel's own tables: `ground` shows areas, `garden` extends it."""

# mypy: disallow-untyped-decorators=False

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from types import ModuleType
from typing import Annotated, Any, ClassVar

import strawberry
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from tortoise.queryset import QuerySet

from core.discovery import Found
from core.kernel import Kernel
from liuhe import (
    Area,
    BadInput,
    Conflict,
    Extension,
    Fact,
    Manifest,
    RateLimited,
    Unit,
    Viewer,
    announce,
    atomic,
    create_area,
    hookimpl,
)
from liuhe.graphql import (
    PUBLIC,
    After,
    Before,
    Connection,
    First,
    Info,
    Last,
    Node,
    Payload,
    connection,
    facts_stream,
    mutation,
)
from web.graphql.building import build_schema
from web.graphql.endpoint import GraphQLEndpoint
from web.hub import Hub

Id = Annotated[strawberry.ID, strawberry.argument(description="全局标识")]


@dataclass(frozen=True, kw_only=True)
class PlotOpened(Fact):
    name: ClassVar[str] = "ground.opened"
    plot_id: int


@strawberry.enum(description="地块的顺序")
class PlotOrder(Enum):
    CODE = strawberry.enum_value("code", description="编号从小到大")
    CLOSED = strawberry.enum_value("-valid_to", description="撤销得晚的在前")


@strawberry.type(description="单位")
class Team(Node):
    name: str = strawberry.field(description="名称")


@strawberry.type(description="地块")
class Plot(Node):
    row: strawberry.Private[Area]
    name: str = strawberry.field(description="名称")
    code: str = strawberry.field(description="编号")
    valid_to: date | None = strawberry.field(description="撤销日期")

    @classmethod
    def seen_by(cls, viewer: Viewer) -> QuerySet[Area]:
        return Area.exclude(code="hidden")

    @strawberry.field(description="上一级")
    async def parent(self, info: Info) -> "Plot | None":
        return Plot.of_any(await info.context.loaders.load_one(Area, self.row.parent_id))

    @strawberry.field(description="下一级")
    async def parts(self, info: Info, first: First = None) -> "Connection[Plot]":
        below = Area.filter(parent_id=self.row.id)
        return connection(below, Plot.of, order=["code"], first=first)


@strawberry.type
class PlotQueries:
    @strawberry.field(description="地块")
    async def plots(
        self,
        info: Info,
        order_by: Annotated[list[PlotOrder] | None, strawberry.argument(description="顺序")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Plot]:
        return connection(
            Plot.seen_by(info.context.viewer),
            Plot.of,
            order=[str(one.value) for one in order_by or ()],
            first=first,
            after=after,
            last=last,
            before=before,
        )

    @strawberry.field(description="一块地")
    async def plot(self, info: Info, id: Id) -> Plot | None:
        return await Plot.at(info, id)

    @strawberry.field(description="同一时刻，原样送回")
    def moment(self, at: Annotated[datetime, strawberry.argument(description="时刻")]) -> datetime:
        return at

    @strawberry.field(description="谁都能看的问候", metadata=PUBLIC)
    def greeting(self) -> str:
        return "您好"

    @strawberry.field(description="坏了的字段")
    def broken(self) -> str | None:
        raise RuntimeError("secret path /etc/liuhe")

    @strawberry.field(description="太快了")
    def hasty(self) -> str | None:
        raise RateLimited("请慢一点。", retry_after=7)


@strawberry.input(description="开一块地")
class OpenPlotInput:
    name: str = strawberry.field(description="名称")


@strawberry.type(description="开地的结果")
class OpenPlotPayload(Payload):
    plot: Plot | None = strawberry.field(default=None, description="开出的地")


@atomic
async def open_plot(viewer: Viewer, name: str) -> Area:
    if not name:
        raise BadInput("请写名称。", field="name", reason="required")
    if name == "taken":
        raise Conflict("这块地已经有了。")
    area = await create_area(
        code=f"P-{name}", name=name, level="grid", parent=None, valid_from=date(2026, 1, 1)
    )
    await announce(PlotOpened(plot_id=area.id))
    return area


@strawberry.type
class PlotMutations:
    @mutation(description="开一块地")
    async def open_plot(
        self,
        info: Info,
        input: Annotated[OpenPlotInput, strawberry.argument(description="开什么地")],
    ) -> OpenPlotPayload:
        return OpenPlotPayload(plot=Plot.of(await open_plot(info.context.viewer, input.name)))


@strawberry.type
class PlotSubscriptions:
    @strawberry.subscription(description="有地开出")
    async def plot_opened(self, info: Info) -> AsyncGenerator[Plot, None]:
        async for fact in facts_stream(info, PlotOpened):
            if plot := await Plot.find(info, fact.plot_id):
                yield plot


@strawberry.type
class PlotTeams:
    """Hung on `Plot` by the neighbour."""

    @strawberry.field(description="地块上的单位")
    async def teams(self: Any, info: Info) -> list[Team]:
        rows = await info.context.loaders.load_many(Unit, "area_id", self.row.id)
        return [Team.of(row) for row in rows]

    @strawberry.field(description="同一块地的全称")
    def full_name(self, plot: strawberry.Parent[Plot]) -> str:
        return f"{plot.row.level}/{plot.row.name}"


def plugin(name: str, *extensions: Extension, requires: Sequence[str] = (), **more: Any) -> Found:
    """A plugin made by hand."""
    module = ModuleType(f"invented_{name}")
    module.__file__ = __file__

    def add_graphql() -> list[Extension]:
        return list(extensions)

    def add_facts() -> list[type[Fact]]:
        return list(more.get("facts", ()))

    module.add_graphql = hookimpl(add_graphql)  # type: ignore[attr-defined]
    module.add_facts = hookimpl(add_facts)  # type: ignore[attr-defined]
    manifest = Manifest(name=name, title=name.title(), version="1.0", requires=tuple(requires))
    return Found(name=name, module=module, manifest=manifest)


GROUND = plugin(
    "ground",
    Extension("Query", PlotQueries),
    Extension("Mutation", PlotMutations),
    Extension("Subscription", PlotSubscriptions),
    facts=[PlotOpened],
)
GARDEN = plugin("garden", Extension("Plot", PlotTeams), requires=["ground"])


class Given:
    """Stands in for the session middleware: a test says who is asking."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.viewer: Viewer | None = None
        self.by_cookie = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        scope["state"] = {
            "viewer": self.viewer,
            "by_cookie": self.by_cookie,
            "session_token": "",
            "request_id": "r-1",
        }
        await self.app(scope, receive, send)


def app_of(kernel: Kernel) -> Given:
    endpoint = GraphQLEndpoint(build_schema(kernel), kernel)
    app = Starlette(routes=[Route("/graphql", endpoint), WebSocketRoute("/graphql", endpoint)])
    app.state.hub = Hub(every=0.01)
    return Given(app)
