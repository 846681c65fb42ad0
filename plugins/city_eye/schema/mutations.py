"""Deciding on findings."""

# mypy: disallow-untyped-decorators=False

from typing import Annotated

import strawberry

from liuhe.graphql import Info, Payload, mutation
from plugins.city_eye import actions
from plugins.city_eye.schema.types import DiscardReason, Finding


@strawberry.input(description="确认一条线索 · confirm a finding")
class ConfirmFindingInput:
    id: strawberry.ID = strawberry.field(description="哪条线索 · which finding")
    note: str | None = strawberry.field(
        default=None, description="说明，写进案件 · words for the case"
    )
    idempotency_key: strawberry.ID | None = strawberry.field(
        default=None, description="重试时不变的键，同键同内容只办一次 · idempotency key"
    )


@strawberry.input(description="排除一条线索 · discard a finding")
class DiscardFindingInput:
    id: strawberry.ID = strawberry.field(description="哪条线索 · which finding")
    reason: DiscardReason = strawberry.field(description="原因 · why")
    note: str | None = strawberry.field(
        default=None, description="说明；原因是其他时必填 · words, needed with OTHER"
    )


@strawberry.type(description="处理线索的结果 · what came of the decision")
class FindingPayload(Payload):
    finding: Finding | None = strawberry.field(
        default=None,
        description="处理后的线索；确认后从它的 case 到案件 · the finding as it is now",
    )


@strawberry.type
class CityEyeMutations:
    @mutation(description="确认线索并立案；试用场景的线索不能确认 · confirm, and open a case")
    async def confirm_finding(
        self,
        info: Info,
        input: Annotated[ConfirmFindingInput, strawberry.argument(description="确认什么 · what")],
    ) -> FindingPayload:
        row = await actions.confirm_finding(
            info.context.viewer,
            Finding.key(input.id),
            input.note or "",
            idempotency_key=input.idempotency_key,
        )
        return FindingPayload(finding=Finding.of(row))

    @mutation(description="排除线索；误报后这个地方安静一段时间 · discard")
    async def discard_finding(
        self,
        info: Info,
        input: Annotated[DiscardFindingInput, strawberry.argument(description="排除什么 · what")],
    ) -> FindingPayload:
        reason = str(input.reason.value)
        row = await actions.discard_finding(
            info.context.viewer, Finding.key(input.id), reason, input.note or ""
        )
        return FindingPayload(finding=Finding.of(row))
