"""What can be asked about the ground."""

# mypy: disallow-untyped-decorators=False

from datetime import date
from typing import Annotated, Any

import strawberry
from tortoise.expressions import Q

from liuhe import Area, demand_held
from liuhe.graphql import After, Before, Connection, First, Info, Last, connection
from plugins.places.actions import (
    Address,
    Flaw,
    check_ground,
    locate,
    located_at,
    resolve,
    standing,
    today,
)
from plugins.places.schema.types import At, Compound, Place, PlaceLevel

Id = Annotated[strawberry.ID, strawberry.argument(description="全局标识 · global id")]


@strawberry.input(description="地点的筛选，几项同时满足 · all of these")
class PlaceFilter:
    level: PlaceLevel | None = strawberry.field(default=None, description="层级 · level")
    parent_id: strawberry.ID | None = strawberry.field(
        default=None, description="直接上级 · directly in"
    )
    within: strawberry.ID | None = strawberry.field(
        default=None, description="在它里面，含它自己 · it and all in it"
    )
    search: str | None = strawberry.field(
        default=None, description="名称里有的字，或代码的开头 · part of the name, or code prefix"
    )
    code: str | None = strawberry.field(default=None, description="区划代码 · exact code")
    at: date | None = strawberry.field(
        default=None, description="按哪一天的区划，默认今天 · on which day, else today"
    )


@strawberry.input(description="小区和场所的筛选，几项同时满足 · all of these")
class CompoundFilter:
    within: strawberry.ID | None = strawberry.field(
        default=None, description="在这个地点里 · in this place"
    )
    kind: str | None = strawberry.field(default=None, description="类型代码 · kind")
    search: str | None = strawberry.field(
        default=None, description="名称或地址里有的字 · part of name or address"
    )
    at: date | None = strawberry.field(
        default=None, description="哪一天的，默认今天 · on which day, else today"
    )


PlaceFilterArgument = Annotated[
    PlaceFilter | None, strawberry.argument(description="筛选 · filter")
]
CompoundFilterArgument = Annotated[
    CompoundFilter | None, strawberry.argument(description="筛选 · filter")
]


@strawberry.type(description="一个地址落在哪里 · where an address lies")
class AddressMatch:
    found: strawberry.Private[Address]

    @strawberry.field(description="那一天所在的最小地点 · the deepest place around it on that day")
    def place(self) -> Place:
        return Place.of(self.found.area)

    @strawberry.field(description="认出的小区、场所或地点名称 · the name that was recognised")
    def name(self) -> str:
        return self.found.name

    @strawberry.field(description="经度（WGS-84）· longitude")
    def longitude(self) -> float:
        return self.found.longitude

    @strawberry.field(description="纬度（WGS-84）· latitude")
    def latitude(self) -> float:
        return self.found.latitude


@strawberry.type(description="区划里对不上的一处 · something that does not fit")
class GroundFlaw:
    flaw: strawberry.Private[Flaw]

    @strawberry.field(
        description="overlap 重叠、outside 在上级之外、hole 空白、undrawn 没有画范围 · kind"
    )
    def kind(self) -> str:
        return self.flaw.kind

    @strawberry.field(description="关系到的地点 · the places it is about")
    def places(self) -> list[Place]:
        return [Place.of(area) for area in self.flaw.areas]

    @strawberry.field(description="平方米 · square metres")
    def square_metres(self) -> float:
        return round(self.flaw.square_metres, 1)

    @strawberry.field(description="一句话 · in words")
    def sentence(self) -> str:
        return self.flaw.sentence


@strawberry.type
class PlaceQueries:
    @strawberry.field(description="地点，按代码排列 · places, by code")
    async def places(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: PlaceFilterArgument = None,
    ) -> Connection[Place]:
        wanted = await _wanted_places(filter or PlaceFilter())
        return connection(
            Place.seen_by(info.context.viewer).filter(wanted),
            Place.of,
            order=["code"],
            first=first,
            after=after,
            last=last,
            before=before,
        )

    @strawberry.field(description="一个地点 · one place")
    async def place(self, info: Info, id: Id) -> Place | None:
        return await Place.at(info, id)

    @strawberry.field(
        description="一点（WGS-84）所在的最小地点 · the deepest place that holds a point"
    )
    async def place_at(
        self,
        info: Info,
        longitude: Annotated[float, strawberry.argument(description="经度 · longitude")],
        latitude: Annotated[float, strawberry.argument(description="纬度 · latitude")],
        at: At = None,
        level: Annotated[
            PlaceLevel | None,
            strawberry.argument(description="要哪一级，默认最小的 · which level, else the deepest"),
        ] = None,
    ) -> Place | None:
        demand_held(info.context.viewer, "places.see")
        if level is None:
            return Place.of_any(await locate(longitude, latitude, at))
        return Place.of_any(await located_at(longitude, latitude, str(level.value), at))

    @strawberry.field(
        description="一个地址（写有小区、场所或地点的名称）那一天落在哪里 · where an address lay"
    )
    async def resolve_address(
        self,
        info: Info,
        text: Annotated[str, strawberry.argument(description="地址 · the address as written")],
        at: At = None,
    ) -> AddressMatch | None:
        found = await resolve(info.context.viewer, text, at)
        return AddressMatch(found=found) if found else None

    @strawberry.field(
        description="那一天的区划有没有重叠、空白和出界，最多 200 处 · whether the ground is sound"
    )
    async def ground_flaws(self, info: Info, at: At = None) -> list[GroundFlaw]:
        flaws = await check_ground(info.context.viewer, at or today())
        return [GroundFlaw(flaw=flaw) for flaw in flaws]

    @strawberry.field(description="小区和场所，按名称排列 · compounds, by name")
    async def compounds(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: CompoundFilterArgument = None,
    ) -> Connection[Compound]:
        wanted = await _wanted_compounds(filter or CompoundFilter())
        return connection(
            Compound.seen_by(info.context.viewer).filter(wanted),
            Compound.of,
            order=["name"],
            first=first,
            after=after,
            last=last,
            before=before,
        )


async def _wanted_places(given: PlaceFilter) -> Q:
    wanted: dict[str, Any] = {}
    if given.level is not None:
        wanted["level"] = given.level.value
    if given.parent_id is not None:
        wanted["parent_id"] = Place.key(given.parent_id, "parentId")
    if given.within is not None:
        wanted["path__startswith"] = await _path(given.within)
    if given.code is not None:
        wanted["code"] = given.code
    text = (given.search or "").strip()
    named = Q(name__icontains=text) | Q(code__startswith=text) if text else Q()
    return standing(given.at or today()) & Q(**wanted) & named


async def _wanted_compounds(given: CompoundFilter) -> Q:
    wanted: dict[str, Any] = {}
    if given.within is not None:
        wanted["area__path__startswith"] = await _path(given.within)
    if given.kind is not None:
        wanted["kind"] = given.kind
    text = (given.search or "").strip()
    named = Q(name__icontains=text) | Q(address__icontains=text) if text else Q()
    return standing(given.at or today()) & Q(**wanted) & named


async def _path(id: strawberry.ID) -> str:
    """The path of a place; one that no path begins with, if it is not there."""
    area = await Area.get_or_none(id=Place.key(id, "within"))
    return area.path if area else "?"
