"""Work orders in GraphQL: what the pages show, and what kind of case their types come to."""

# mypy: disallow-untyped-decorators=False
# (strawberry.field, used with brackets, is published without a type)

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry
from tortoise.queryset import QuerySet

from liuhe import Extension, Viewer
from liuhe.graphql import After, Before, Connection, First, Info, Last, Node, connection
from plugins.cases.schema import Case, CaseType
from plugins.hotline import models
from plugins.hotline.actions import waiting_kinds
from plugins.hotline.permissions import mapped_types, matching, visible
from plugins.hotline.rules import CLASSES, STATE_LABELS
from plugins.places.schema import Place

CLASS_LABELS = dict(CLASSES)
Id = Annotated[strawberry.ID, strawberry.argument(description="全局标识 · global id")]


@strawberry.enum(description="热线工单在这里办到哪里 · where a work order stands here")
class WorkOrderState(Enum):
    UNMAPPED = strawberry.enum_value("unmapped", description="待对应类型 · no type for it yet")
    OPEN = strawberry.enum_value("open", description="已转案件 · became a case")
    SETTLED = strawberry.enum_value("settled", description="已办结 · settled")
    RETURNED = strawberry.enum_value("returned", description="已退回 · sent back")


@strawberry.type(
    description="12345 热线工单；没有来电人的姓名和电话 · a work order, without who called"
)
class WorkOrder(Node):
    row: strawberry.Private[models.WorkOrder]
    task_num: str = strawberry.field(description="任务号 · number of the platform")
    rec_id: str = strawberry.field(description="平台的案卷号 · the platform's record")
    rec_type: str = strawberry.field(description="诉求类别代号 · class of the matter")
    event_src: str = strawberry.field(description="来源 · by which way it was told")
    main_type: str = strawberry.field(description="一级类型 · first type")
    sub_type: str = strawberry.field(description="二级类型 · second type")
    third_type: str = strawberry.field(description="三级类型 · third type")
    event_desc: str = strawberry.field(
        description="诉求内容，到期清除后为空 · what was said; empty once forgotten"
    )
    address: str = strawberry.field(description="地址 · address")
    first_unit: str = strawberry.field(description="首派单位 · the unit that the platform names")
    marks: str = strawberry.field(description="标记 · marks of the platform")
    told_at: datetime = strawberry.field(description="受理时间 · when the caller told it")
    brought_at: datetime = strawberry.field(description="导入时间 · when it was brought in")
    finished_at: datetime | None = strawberry.field(
        description="平台上的办结时间 · when the platform had it finished"
    )
    result: str = strawberry.field(description="办理结果 · what came of it")
    return_basis: str = strawberry.field(description="退回依据 · ground for sending it back")
    returned_at: datetime | None = strawberry.field(description="退回时间 · when it was sent back")

    again_at: datetime | None = strawberry.field(
        description="在这里退回或办结以后平台又发来的时间，还没有人处理 "
        "· when it came again after it was over here; null once somebody has looked"
    )
    problem: str = strawberry.field(
        description="类型对应得上但没有转成案件的原因 · why no case came of it"
    )

    @classmethod
    def seen_by(cls, viewer: Viewer) -> QuerySet[models.WorkOrder]:
        return models.WorkOrder.filter(visible(viewer)).select_related("area")

    @strawberry.field(description="诉求类别 · label of its class")
    def rec_type_label(self) -> str:
        return CLASS_LABELS.get(self.row.rec_type, self.row.rec_type)

    @strawberry.field(description="办到哪里 · where it stands")
    def state(self) -> WorkOrderState:
        return WorkOrderState(self.row.state)

    @strawberry.field(description="办到哪里，中文 · label of where it stands")
    def state_label(self) -> str:
        return STATE_LABELS[self.row.state]

    @strawberry.field(description="所在区域 · the area that it lies in")
    def area(self) -> Place:
        return Place.of(self.row.area)

    @strawberry.field(description="转成的案件，没有或无权查看为空 · the case that it became")
    async def case(self, info: Info) -> Case | None:
        return None if self.row.case_id is None else await Case.find(info, self.row.case_id)


@strawberry.type(description="类型对应：这样的工单转成这种案件 · which case a kind becomes")
class WorkOrderType(Node):
    row: strawberry.Private[models.TypeRule]
    main_type: str = strawberry.field(description="一级类型 · first type")
    sub_type: str = strawberry.field(description="二级类型，空为不论 · second type, empty for any")
    third_type: str = strawberry.field(description="三级类型，空为不论 · third type, empty for any")
    type_code: str = strawberry.field(description="案件小类代码 · code of the case type")

    @classmethod
    def seen_by(cls, viewer: Viewer) -> QuerySet[models.TypeRule]:
        return mapped_types(viewer)

    @strawberry.field(description="案件类型；停用了为空 · the case type, null once ended")
    async def case_type(self, info: Info) -> CaseType | None:
        return await CaseType.find(info, self.row.type_code, field="code")


@strawberry.type(description="等着对应的一种工单 · a kind of matter that waits for a type")
class WaitingWorkOrderKind:
    main_type: str = strawberry.field(description="一级类型 · first type")
    sub_type: str = strawberry.field(description="二级类型 · second type")
    third_type: str = strawberry.field(description="三级类型 · third type")
    count: int = strawberry.field(description="有多少件等着 · how many wait")


@strawberry.input(description="热线工单的筛选，几项同时满足 · all of these")
class WorkOrderFilter:
    state: WorkOrderState | None = strawberry.field(
        default=None, description="办到哪里 · where it stands"
    )
    search: str | None = strawberry.field(
        default=None, description="任务号里有的字 · part of the platform's number"
    )


@strawberry.type
class WorkOrderQueries:
    @strawberry.field(description="看得到的热线工单，新导入的在前 · work orders, latest first")
    async def work_orders(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Annotated[
            WorkOrderFilter | None, strawberry.argument(description="筛选 · filter")
        ] = None,
    ) -> Connection[WorkOrder]:
        asked = filter or WorkOrderFilter()
        state = str(asked.state.value) if asked.state else ""
        return connection(
            WorkOrder.seen_by(info.context.viewer).filter(matching(state, asked.search or "")),
            WorkOrder.of,
            order=["-id"],
            first=first,
            after=after,
            last=last,
            before=before,
        )

    @strawberry.field(description="一件热线工单 · one work order")
    async def work_order(self, info: Info, id: Id) -> WorkOrder | None:
        return await WorkOrder.at(info, id)

    @strawberry.field(description="类型对应，给管全区的人 · the mapping of types, for who keeps it")
    async def work_order_types(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[WorkOrderType]:
        return connection(
            WorkOrderType.seen_by(info.context.viewer),
            WorkOrderType.of,
            order=["main_type", "sub_type", "third_type"],
            first=first,
            after=after,
            last=last,
            before=before,
        )

    @strawberry.field(
        description="等着对应类型的各种工单，件数多的在前，最多 50 种 · kinds that wait for a type"
    )
    async def waiting_work_order_kinds(self, info: Info) -> list[WaitingWorkOrderKind]:
        found = await waiting_kinds(info.context.viewer)
        return [
            WaitingWorkOrderKind(main_type=main, sub_type=sub, third_type=third, count=many)
            for (main, sub, third), many in found
        ]


@strawberry.type
class CaseWorkOrders:
    @strawberry.field(
        description="它由哪些热线工单而来，无权查看的没有 · the work orders that it came of"
    )
    async def work_orders(self, info: Info) -> list[WorkOrder]:
        viewer = info.context.viewer

        async def load(ids: list[int]) -> list[list[WorkOrder]]:
            rows = await WorkOrder.seen_by(viewer).filter(case_id__in=ids).order_by("id")
            return [[WorkOrder.of(row) for row in rows if row.case_id == id] for id in ids]

        key: int = self.row.id  # type: ignore[attr-defined]
        return await info.context.loaders.batch("hotline.of_case", load).load(key)


EXTENSIONS = (Extension("Query", WorkOrderQueries), Extension("Case", CaseWorkOrders))

__all__ = ["EXTENSIONS", "WorkOrder"]
