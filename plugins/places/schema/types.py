"""`Place`: an area with its shape, family and history. `Compound`: what stands in it."""

# mypy: disallow-untyped-decorators=False

from asyncio import gather
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON
from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from liuhe import LEVEL_LABELS, Area, Viewer
from liuhe.graphql import (
    After,
    Before,
    Connection,
    First,
    Info,
    Last,
    Node,
    follows,
    reads,
)
from plugins.places import models
from plugins.places.actions import standing, today
from plugins.places.rules.codes import COMPOUND_KINDS, KINDS, SUCCESSIONS
from plugins.places.schema.family import cut, shown

At = Annotated[
    date | None, strawberry.argument(description="按哪一天的区划，默认今天 · on which day")
]


@strawberry.enum(description="区划层级 · level of a division")
class PlaceLevel(Enum):
    DISTRICT = strawberry.enum_value("district", description="区")
    STREET = strawberry.enum_value("street", description="街道")
    COMMUNITY = strawberry.enum_value("community", description="社区")
    GRID = strawberry.enum_value("grid", description="网格")
    MICROGRID = strawberry.enum_value("microgrid", description="微网格")


@strawberry.type(description="曾用名 · a former name")
class FormerName:
    name: str = strawberry.field(description="曾经的名称 · what it was called")
    until: date = strawberry.field(description="从哪一天起不再这样叫 · first day without it")


@strawberry.type(description="前后沿革 · how one place follows another")
class PlaceChange:
    place: "Place" = strawberry.field(description="变更的另一方 · the other place")
    on: date = strawberry.field(description="变更日期 · day of the change")
    kind: str = strawberry.field(description="变更方式代码 · split, merge or transfer")

    @strawberry.field(description="变更方式 · kind in words")
    def kind_label(self) -> str:
        return SUCCESSIONS[self.kind]


@strawberry.type(description="小区或场所 · a compound")
class Compound(Node):
    row: strawberry.Private[models.Compound]
    name: str = strawberry.field(description="名称 · name")
    kind: str = strawberry.field(description="类型代码 · kind")
    address: str = strawberry.field(description="地址 · address")
    longitude: float = strawberry.field(description="经度（WGS-84）· longitude")
    latitude: float = strawberry.field(description="纬度（WGS-84）· latitude")
    polygon: JSON | None = strawberry.field(
        description="范围，GeoJSON（WGS-84）；没有画就为空 · outline"
    )
    households: int | None = strawberry.field(description="户数 · households")
    valid_from: date = strawberry.field(description="从哪一天起 · first day")
    valid_to: date | None = strawberry.field(
        description="到哪一天为止（当天已不存在）；空表示存续 · first day without it"
    )

    @classmethod
    def seen_by(cls, viewer: Viewer) -> "QuerySet[models.Compound]":
        nothing = Q(pk__isnull=True)
        return models.Compound.filter(Q() if viewer.holds("places.see") else nothing)

    @strawberry.field(description="类型 · kind in words")
    def kind_label(self) -> str:
        return COMPOUND_KINDS[self.row.kind]

    @strawberry.field(description="所在的地点 · where it lies")
    async def place(self, info: Info) -> "Place":
        return Place.of(await info.context.loaders.load_one(Area, self.row.area_id))


@strawberry.type(description="地点：区、街道、社区、网格或微网格 · a division")
class Place(Node):
    row: strawberry.Private[Area]
    code: str = strawberry.field(description="区划代码 · division code")
    name: str = strawberry.field(description="名称 · name")
    valid_from: date = strawberry.field(description="设立日期 · first day")
    valid_to: date | None = strawberry.field(
        description="撤销日期（当天已不存在）；空表示存续 · first day without it"
    )

    @classmethod
    def seen_by(cls, viewer: Viewer) -> "QuerySet[Area]":
        nothing = Q(pk__isnull=True)
        return Area.filter(Q() if viewer.holds("places.see") else nothing)

    @strawberry.field(description="层级 · level", metadata=reads("level"))
    def level(self) -> PlaceLevel:
        return PlaceLevel(self.row.level)

    @strawberry.field(description="层级名称 · level in words", metadata=reads("level"))
    def level_label(self) -> str:
        return LEVEL_LABELS[self.row.level]

    @strawberry.field(description="上级 · what it lies in", metadata=follows("parent"))
    async def parent(self, info: Info) -> "Place | None":
        return Place.of_any(await info.context.loaders.load_one(Area, self.row.parent_id))

    @strawberry.field(description="下级，按代码排列 · what lies in it, by code")
    async def children(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at: At = None,
    ) -> Connection["Place"]:
        day = at or today()
        members = await info.context.loaders.batch(("children", day), _children_on(day)).load(
            self.row.id
        )
        page = cut(members, first=first, after=after, last=last, before=before)
        return shown(page, [Place.of(row) for row in page.rows])

    @strawberry.field(description="里面的小区和场所 · compounds in it")
    async def compounds(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Compound]:
        known = await _compounds_in(info, self.row.path)
        page = cut(known, first=first, after=after, last=last, before=before)
        loaders = info.context.loaders
        rows = [loaders.load_one(models.Compound, one.id) for one in page.rows]
        return shown(page, [Compound.of(row) for row in await gather(*rows)])

    @strawberry.field(description="范围，GeoJSON（WGS-84）；没有画就为空 · outline")
    async def polygon(self, info: Info) -> JSON | None:
        division = await _division(info, self.row)
        return division.polygon if division else None

    @strawberry.field(description="城乡分类代码 · urban-rural class")
    async def urban_class(self, info: Info) -> str | None:
        division = await _division(info, self.row)
        return (division.kind if division else "") or None

    @strawberry.field(description="城乡分类 · urban-rural class in words")
    async def urban_class_label(self, info: Info) -> str | None:
        division = await _division(info, self.row)
        return KINDS.get(division.kind) if division else None

    @strawberry.field(description="后来由谁接替 · what followed it")
    async def successors(self, info: Info) -> list[PlaceChange]:
        return await _changes(info, self.row, "predecessor", "successor")

    @strawberry.field(description="由谁变更而来 · what it came from")
    async def predecessors(self, info: Info) -> list[PlaceChange]:
        return await _changes(info, self.row, "successor", "predecessor")

    @strawberry.field(description="曾用名，从早到晚 · former names, oldest first")
    async def former_names(self, info: Info) -> list[FormerName]:
        rows = await _successions(info, self.row, "predecessor", "successor")
        return [FormerName(name=r.former_name, until=r.on) for r in rows if r.kind == "rename"]


@dataclass(frozen=True)
class _Known:
    """A compound before its page is known."""

    id: int


async def _compounds_in(info: Info, path: str) -> list[_Known]:
    """The compounds of today in an area, by name; one query for many areas."""

    async def load(paths: list[str]) -> list[list[_Known]]:
        inside = Q(*(Q(area__path__startswith=one) for one in paths), join_type="OR")
        seen = Compound.seen_by(info.context.viewer).filter(standing(today()), inside)
        rows = await seen.order_by("name", "id").values_list("id", "area__path")
        return [[_Known(id) for id, where in rows if str(where).startswith(one)] for one in paths]

    return await info.context.loaders.batch("compounds in", load).load(path)


def _children_on(day: date) -> Any:
    async def load(parents: list[int]) -> list[list[Area]]:
        found: dict[int, list[Area]] = {parent: [] for parent in parents}
        for row in await Area.filter(standing(day), parent_id__in=parents).order_by("code", "id"):
            found[row.parent_id or 0].append(row)
        return [found[parent] for parent in parents]

    return load


async def _division(info: Info, area: Area) -> models.Division | None:
    return await info.context.loaders.load_one(models.Division, area.id, field="area_id")


async def _changes(info: Info, area: Area, near: str, far: str) -> list[PlaceChange]:
    rows = await _successions(info, area, near, far)
    return [
        PlaceChange(place=Place.of(getattr(row, far)), on=row.on, kind=row.kind)
        for row in rows
        if row.kind != "rename"
    ]


async def _successions(info: Info, area: Area, near: str, far: str) -> Sequence[models.Succession]:
    """What ties the area to others, with the others loaded; one query for many areas."""

    async def load(keys: list[int]) -> list[list[models.Succession]]:
        rows = models.Succession.filter(**{f"{near}_id__in": keys}).select_related(far)
        found: dict[int, list[models.Succession]] = {key: [] for key in keys}
        for row in await rows.order_by("on", "id"):
            found[getattr(row, f"{near}_id")].append(row)
        return [found[key] for key in keys]

    return await info.context.loaders.batch(("successions", near), load).load(area.id)
