"""How a case stands besides its stage: its marks and its clocks; hung on `Case`."""

# mypy: disallow-untyped-decorators=False
# (strawberry.field, used with brackets, is published without a type)

from datetime import datetime

import strawberry

from liuhe.graphql import Info, reads
from plugins.cases import models
from plugins.cases.models import MARK_COLUMNS
from plugins.cases.rules import CLOCK_LABELS
from plugins.cases.schema.nodes import Case, row_of
from plugins.cases.schema.parts import Timed


@strawberry.type(description="案件的一个时限 · a timed stretch of a case")
class CaseClock(Timed):
    labels = CLOCK_LABELS


@strawberry.type
class CaseStanding:
    @strawberry.field(
        description="现在的状态，中文 · how it stands, in words",
        metadata=reads("flow", "stage", *MARK_COLUMNS.values()),
    )
    def state_label(self) -> str:
        return models.state_of_case(row_of(self))

    @strawberry.field(
        description="从何时起挂起，没有挂起则为空 · since when it is suspended",
        metadata=reads("suspended_at"),
    )
    def suspended_at(self) -> datetime | None:
        return row_of(self).suspended_at

    @strawberry.field(description="等答复的延期申请希望延到何时 · the due time that is asked for")
    def extension_until(self) -> datetime | None:
        return row_of(self).extension_until

    @strawberry.field(
        description="退回太多，从何时起等督查员 · since when it waits for a supervisor"
    )
    def escalated_at(self) -> datetime | None:
        return row_of(self).escalated_at

    @strawberry.field(
        description="最近一次督办的时间 · when it was last supervised",
        metadata=reads("supervised_at"),
    )
    def supervised_at(self) -> datetime | None:
        return row_of(self).supervised_at

    @strawberry.field(description="并入的案件，无权查看则为空 · the case that it was merged into")
    async def merged_into(self, info: Info) -> Case | None:
        main = row_of(self).merged_into_id
        return None if main is None else await Case.find(info, main)

    @strawberry.field(description="时限，先开始的在前 · its clocks")
    async def clocks(self, info: Info) -> list[CaseClock]:
        rows = await info.context.loaders.load_many(
            models.Clock, "case_id", row_of(self).id, order=["started_at", "id"]
        )
        return [CaseClock(row=row) for row in rows]
