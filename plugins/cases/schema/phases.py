"""分段处置: the parts in which a matter is handled."""

# mypy: disallow-untyped-decorators=False
# (strawberry.field, used with brackets, is published without a type)

from collections.abc import Sequence
from datetime import datetime

import strawberry

from liuhe.graphql import Info, mutation
from plugins.cases import actions, models
from plugins.cases.rules import ClockKind, Phase, clocks_of_phases, plan_of
from plugins.cases.schema.mutations import CasePayload, Input
from plugins.cases.schema.nodes import Case, row_of


@strawberry.type(description="案件处置的一段 · a part of the handling of a case")
class CasePhase:
    phase: strawberry.Private[Phase]
    clock: strawberry.Private[models.Clock | None]
    number: int = strawberry.field(description="第几段，从 1 起 · number, from 1")

    @strawberry.field(description="名称 · name")
    def name(self) -> str:
        return self.phase.name

    @strawberry.field(description="时限，如“3 紧急工作时” · how long it may take")
    def limit_text(self) -> str:
        return self.phase.limit.text

    @strawberry.field(description="开始时间，还没开始则为空 · when it began")
    def started_at(self) -> datetime | None:
        return self.clock.started_at if self.clock else None

    @strawberry.field(description="到期时间；暂停时是暂停前的 · when it is due")
    def due_at(self) -> datetime | None:
        return self.clock.due_at if self.clock else None

    @strawberry.field(description="完成时间 · when it was finished")
    def stopped_at(self) -> datetime | None:
        return self.clock.stopped_at if self.clock else None

    @strawberry.field(description="是否超期 · whether it ended or still runs after its due time")
    def late(self, info: Info) -> bool:
        return self.clock is not None and self.clock.late(info.context.now)


@strawberry.type(description="案件类型规定的一段 · a part in which cases of a type are handled")
class CaseTypePhase:
    phase: strawberry.Private[Phase]

    @strawberry.field(description="名称 · name")
    def name(self) -> str:
        return self.phase.name

    @strawberry.field(description="时限，如“3 紧急工作时” · how long it may take")
    def limit_text(self) -> str:
        return self.phase.limit.text


@strawberry.type
class CasePhases:
    @strawberry.field(description="分段处置的各段；不分段的为空 · the parts of its handling")
    async def phases(self, info: Info) -> list[CasePhase]:
        row = row_of(self)
        if not (plan := plan_of(row.phases)):
            return []
        clocks: Sequence[models.Clock] = await info.context.loaders.load_many(
            models.Clock, "case_id", row.id, order=["started_at", "id"]
        )
        found = clocks_of_phases(plan, ClockKind.HANDLE, clocks)
        return [
            CasePhase(phase=phase, clock=clock, number=number)
            for number, (phase, clock) in enumerate(zip(plan, found, strict=True), 1)
        ]


@strawberry.type
class TypePhases:
    @strawberry.field(description="处置分几段，各有多久；不分段的为空 · the parts of handling")
    async def phases(self, info: Info) -> list[CaseTypePhase]:
        type_id = self.row.id  # type: ignore[attr-defined]  # of the `CaseType` on which it hangs
        rows = await info.context.loaders.load_many(
            models.TypePhase, "type_id", type_id, order=["seq"]
        )
        return [CaseTypePhase(phase=row.phase) for row in rows]


@strawberry.input(description="完成一段 · finish a part of the handling")
class FinishPhaseInput:
    case_id: strawberry.ID = strawberry.field(description="案件 · the case")
    note: str = strawberry.field(description="这一段做了什么，最多 1000 字 · note")
    file_ids: list[strawberry.ID] = strawberry.field(
        description="做完这一段的照片，先传到 /files · pictures of how it looks now"
    )
    idempotency_key: strawberry.ID | None = strawberry.field(
        default=None, description="重试时不变的键，同键同内容只办一次 · idempotency key"
    )
    version: int | None = strawberry.field(
        default=None, description="看到的版本；已有变化则不办理 · the version that was looked at"
    )


@strawberry.type
class CasePhaseMutations:
    @mutation(description="完成分段处置的一段，下一段开始计时 · finish a part, the next one begins")
    async def finish_phase(self, info: Info, input: Input[FinishPhaseInput]) -> CasePayload:
        row = await actions.finish_phase(
            info.context.viewer,
            Case.key(input.case_id, "caseId"),
            note=input.note,
            file_ids=input.file_ids,
            idempotency_key=input.idempotency_key,
            version=input.version,
        )
        return CasePayload(case=Case.of(row))
