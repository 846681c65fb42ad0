"""The ways that cases go, and the moves that only some of them know."""

# mypy: disallow-untyped-decorators=False
# (strawberry.field, used with brackets, is published without a type)

import strawberry

from liuhe.graphql import Info, mutation
from plugins.cases import actions
from plugins.cases.models import flow_of, flows
from plugins.cases.rules import Flow, Need
from plugins.cases.schema.mutations import CasePayload, Input
from plugins.cases.schema.nodes import Case, Unit, row_of


@strawberry.type(description="办理流程：案件怎么走 · a way that cases go")
class CaseFlow:
    flow: strawberry.Private[Flow]

    @strawberry.field(description="流程代号，上报时写在 flow 里 · name")
    def name(self) -> str:
        return self.flow.name

    @strawberry.field(description="流程名称 · label")
    def label(self) -> str:
        return self.flow.title

    @strawberry.field(description="上报时必须给的 · what has to come with a report")
    def needs(self) -> list[Need]:
        return list(self.flow.needs)


@strawberry.type
class CaseFlowQueries:
    @strawberry.field(description="我上报时可以选的办理流程 · the flows in which I may report")
    async def case_flows(self, info: Info) -> list[CaseFlow]:
        viewer = info.context.viewer
        return [
            CaseFlow(flow=flow)
            for flow in flows()
            if flow.reported and viewer.holds(flow.permission)
        ]


@strawberry.type
class CaseFlowing:
    @strawberry.field(description="办理流程代号 · the flow that it goes")
    def flow(self) -> str:
        return row_of(self).flow

    @strawberry.field(description="办理流程名称 · label of its flow")
    def flow_label(self) -> str:
        return flow_of(row_of(self)).title


@strawberry.input(description="按名称办理一步 · make a move by its name")
class MoveCaseInput:
    case_id: strawberry.ID = strawberry.field(description="案件 · the case")
    action: str = strawberry.field(
        description="动作代号，见 nextActions；有自己入口的动作不在此列 · the move's name"
    )
    note: str | None = strawberry.field(
        default=None, description="说明或理由，最多 1000 字 · note, or the reason"
    )
    unit_id: strawberry.ID | None = strawberry.field(
        default=None, description="责任单位，动作要选时 · the unit, where the move needs one"
    )
    file_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="处置后的照片，先传到 /files · pictures of how it looks now"
    )
    idempotency_key: strawberry.ID | None = strawberry.field(
        default=None, description="重试时不变的键，同键同内容只办一次 · idempotency key"
    )
    version: int | None = strawberry.field(
        default=None, description="看到的版本；已有变化则不办理 · the version that was looked at"
    )


@strawberry.type
class CaseFlowMutations:
    @mutation(
        description="某种流程特有的一步，如 handle_on_spot · a move that only some flows know"
    )
    async def move_case(self, info: Info, input: Input[MoveCaseInput]) -> CasePayload:
        row = await actions.move_case(
            info.context.viewer,
            Case.key(input.case_id, "caseId"),
            input.action,
            note=input.note or "",
            unit_id=None if input.unit_id is None else Unit.key(input.unit_id, "unitId"),
            file_ids=input.file_ids or (),
            version=input.version,
            idempotency_key=input.idempotency_key,
        )
        return CasePayload(case=Case.of(row))
