"""Reading: lists of cases, one case, types, units."""

# mypy: disallow-untyped-decorators=False
# (strawberry.field, used with brackets, is published without a type)

from datetime import datetime
from typing import Annotated

import strawberry

from liuhe import Area
from liuhe.graphql import After, Before, Connection, First, Info, Last, connection
from plugins.cases import models
from plugins.cases.permissions import NONE, reachable_units, waits_for
from plugins.cases.rules import Source, Stage
from plugins.cases.schema.enums import Direction, OrderField
from plugins.cases.schema.nodes import Case, CaseType, Unit
from plugins.places.schema import Place


@strawberry.input(description="只看符合全部条件的案件 · every condition given must fit")
class CaseFilter:
    stage: list[Stage] | None = strawberry.field(
        default=None, description="处在这些阶段之一 · in one of these stages"
    )
    type_code: str | None = strawberry.field(default=None, description="小类代码 · type")
    class_code: str | None = strawberry.field(default=None, description="大类代码 · class")
    area_id: strawberry.ID | None = strawberry.field(
        default=None, description="在这个区域及其下级 · in this area or below"
    )
    unit_id: strawberry.ID | None = strawberry.field(
        default=None, description="现在由这个单位负责 · with this unit now"
    )
    source: Source | None = strawberry.field(default=None, description="来源 · source")
    overdue: bool | None = strawberry.field(
        default=None, description="现在是否超期 · whether late now"
    )
    opened_from: datetime | None = strawberry.field(
        default=None, description="上报不早于 · reported at or after"
    )
    opened_to: datetime | None = strawberry.field(
        default=None, description="上报早于 · reported before"
    )
    waiting_for_me: bool | None = strawberry.field(
        default=None, description="通常的下一步该我办理 · whose usual next step is mine"
    )
    search: str | None = strawberry.field(
        default=None,
        description="标题、案卷号、地点或情况说明含有，最多 100 字 · in any of its texts",
    )


@strawberry.input(description="一层排序 · one step of an order")
class CaseOrder:
    field: OrderField = strawberry.field(description="依据 · by what")
    direction: Direction = strawberry.field(
        default=Direction.ASC, description="方向，默认从小到大 · which way"
    )


@strawberry.type
class CaseQueries:
    @strawberry.field(description="我能看到的案件，默认新上报的在前 · the cases that I may see")
    async def cases(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Annotated[
            CaseFilter | None, strawberry.argument(description="条件 · conditions")
        ] = None,
        order_by: Annotated[
            list[CaseOrder] | None, strawberry.argument(description="排序 · order")
        ] = None,
    ) -> Connection[Case]:
        found = Case.seen_by(info.context.viewer)
        if filter is not None:
            wanted = await _wanted(filter)
            found = found.filter(
                await models.narrowed(wanted, info.context.now) if wanted else NONE
            )
            if filter.waiting_for_me is not None:
                mine = waits_for(info.context.viewer)
                found = found.filter(mine if filter.waiting_for_me else ~mine)
        return connection(
            found,
            Case.of,
            order=_order(order_by),
            first=first,
            after=after,
            last=last,
            before=before,
        )

    @strawberry.field(description="一件案件；没有或无权查看时为空 · one case, if I may see it")
    async def case(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="全局标识 · global id")],
    ) -> Case | None:
        return await Case.at(info, id)

    @strawberry.field(description="案件类型，按代码 · the types of cases, by code")
    async def case_types(
        self,
        info: Info,
        class_code: Annotated[
            str | None, strawberry.argument(description="只要这个大类 · of this class only")
        ] = None,
    ) -> list[CaseType]:
        found = CaseType.seen_by(info.context.viewer)
        if class_code is not None:
            found = found.filter(class_code=class_code)
        return [CaseType.of(row) for row in await found.order_by("kind", "code")]

    @strawberry.field(description="处置单位，按名称 · units, by name")
    async def units(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        search: Annotated[
            str | None, strawberry.argument(description="名称含有 · part of the name")
        ] = None,
        dispatchable: Annotated[
            bool, strawberry.argument(description="只要我可以派遣的 · only those in my reach")
        ] = False,
    ) -> Connection[Unit]:
        viewer = info.context.viewer
        found = Unit.seen_by(viewer).filter(models.contains(search or "", "name"))
        if dispatchable:
            found = found.filter(reachable_units(viewer))
        return connection(
            found, Unit.of, order=["name"], first=first, after=after, last=last, before=before
        )


async def _wanted(given: CaseFilter) -> models.Wanted | None:
    """What the filter asks for; None where nothing can fit."""
    path = ""
    if given.area_id is not None:
        area = await Area.get_or_none(id=Place.key(given.area_id, "areaId"))
        if area is None:
            return None
        path = area.path
    return models.Wanted(
        stages=given.stage or (),
        type_code=given.type_code or "",
        class_code=given.class_code or "",
        area_path=path,
        unit_id=None if given.unit_id is None else Unit.key(given.unit_id, "unitId"),
        source=given.source,
        overdue=given.overdue,
        opened_from=given.opened_from,
        opened_to=given.opened_to,
        search=given.search or "",
    )


def _order(given: list[CaseOrder] | None) -> list[str]:
    """Column names, "-" before falling ones; a field counts once."""
    order: dict[str, str] = {}
    for one in given or [CaseOrder(field=OrderField.OPENED_AT, direction=Direction.DESC)]:
        sign = "-" if one.direction == Direction.DESC else ""
        order.setdefault(one.field.value, sign + one.field.value)
    return list(order.values())
