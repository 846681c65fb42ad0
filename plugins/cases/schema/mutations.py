"""Writing: one mutation for each action."""

# mypy: disallow-untyped-decorators=False
# (strawberry.field, used with brackets, is published without a type)

from typing import Annotated, TypeVar

import strawberry

from liuhe import BadInput
from liuhe.graphql import Info, Payload, mutation
from plugins.cases import actions
from plugins.cases.rules import Source
from plugins.cases.schema.inputs import (
    AcceptCaseInput,
    CloseCaseInput,
    DispatchCaseInput,
    OpenCaseInput,
    RateCaseInput,
    RejectCaseInput,
    ReturnCaseInput,
    ReworkCaseInput,
    SignCaseInput,
    SubmitHandlingInput,
    VerifyCaseInput,
)
from plugins.cases.schema.nodes import Case, Unit
from plugins.places.schema import Place

T = TypeVar("T")
Input = Annotated[T, strawberry.argument(description="办理的内容 · what to do")]


@strawberry.type(description="办理的结果 · what came of it")
class CasePayload(Payload):
    case: Case | None = strawberry.field(
        default=None, description="办理后的案件 · the case as it is now"
    )


def _outside(source_ref: str | None) -> str | None:
    """A source's own number; those with a colon belong to plugins ("city_eye:7"), which vouch for
    them, and nobody outside may take one."""
    if source_ref and ":" in source_ref:
        raise BadInput("来源编号里不能有冒号。", field="sourceRef", reason="reserved")
    return source_ref


def _handled(input: OpenCaseInput) -> actions.Given | None:
    """What has been done on the spot, if anything is told of it."""
    if not (input.handled_note or input.after_file_ids):
        return None
    return actions.Given(note=input.handled_note or "", file_ids=input.after_file_ids or ())


@strawberry.type
class CaseMutations:
    @mutation(description="上报一件案件；同一来源编号不会重复立案 · report a matter")
    async def open_case(self, info: Info, input: Input[OpenCaseInput]) -> CasePayload:
        row = await actions.open_case(
            info.context.viewer,
            title=input.title,
            type_code=input.type_code,
            area_id=None if input.area_id is None else Place.key(input.area_id, "areaId"),
            address=input.address or "",
            description=input.description or "",
            longitude=input.longitude,
            latitude=input.latitude,
            source=input.source or Source.OFFICER,
            source_ref=_outside(input.source_ref),
            file_ids=input.file_ids or (),
            flow=input.flow or "",
            handled=_handled(input),
            idempotency_key=input.idempotency_key,
        )
        return CasePayload(case=Case.of(row))

    @mutation(description="受理 · accept")
    async def accept_case(self, info: Info, input: Input[AcceptCaseInput]) -> CasePayload:
        row = await actions.accept_case(
            info.context.viewer,
            Case.key(input.case_id, "caseId"),
            note=input.note or "",
            version=input.version,
        )
        return CasePayload(case=Case.of(row))

    @mutation(description="不予受理，要有理由 · reject, with a reason")
    async def reject_case(self, info: Info, input: Input[RejectCaseInput]) -> CasePayload:
        row = await actions.reject_case(
            info.context.viewer,
            Case.key(input.case_id, "caseId"),
            reason=input.reason,
            version=input.version,
        )
        return CasePayload(case=Case.of(row))

    @mutation(description="派遣给责任单位 · dispatch to a unit")
    async def dispatch_case(self, info: Info, input: Input[DispatchCaseInput]) -> CasePayload:
        row = await actions.dispatch_case(
            info.context.viewer,
            Case.key(input.case_id, "caseId"),
            unit_id=Unit.key(input.unit_id, "unitId"),
            note=input.note or "",
            version=input.version,
        )
        return CasePayload(case=Case.of(row))

    @mutation(description="签收，开始处置 · sign for it and begin")
    async def sign_case(self, info: Info, input: Input[SignCaseInput]) -> CasePayload:
        row = await actions.sign_case(
            info.context.viewer,
            Case.key(input.case_id, "caseId"),
            version=input.version,
        )
        return CasePayload(case=Case.of(row))

    @mutation(description="退回派单员，可以建议责任单位 · return, perhaps with a proposal")
    async def return_case(self, info: Info, input: Input[ReturnCaseInput]) -> CasePayload:
        row = await actions.return_case(
            info.context.viewer,
            Case.key(input.case_id, "caseId"),
            reason=input.reason,
            proposed_unit_id=None
            if input.proposed_unit_id is None
            else Unit.key(input.proposed_unit_id, "proposedUnitId"),
            version=input.version,
        )
        return CasePayload(case=Case.of(row))

    @mutation(description="处置完成并反馈，至少一张处置后的照片 · report what was done")
    async def submit_handling(self, info: Info, input: Input[SubmitHandlingInput]) -> CasePayload:
        row = await actions.submit_handling(
            info.context.viewer,
            Case.key(input.case_id, "caseId"),
            note=input.note,
            file_ids=input.file_ids,
            idempotency_key=input.idempotency_key,
            version=input.version,
        )
        return CasePayload(case=Case.of(row))

    @mutation(description="核查通过；处置人不能核查自己的案件 · verify")
    async def verify_case(self, info: Info, input: Input[VerifyCaseInput]) -> CasePayload:
        row = await actions.verify_case(
            info.context.viewer,
            Case.key(input.case_id, "caseId"),
            note=input.note or "",
            version=input.version,
        )
        return CasePayload(case=Case.of(row))

    @mutation(description="要求返工，要有理由 · ask for the work to be redone")
    async def rework_case(self, info: Info, input: Input[ReworkCaseInput]) -> CasePayload:
        row = await actions.rework_case(
            info.context.viewer,
            Case.key(input.case_id, "caseId"),
            reason=input.reason,
            version=input.version,
        )
        return CasePayload(case=Case.of(row))

    @mutation(description="结案 · close")
    async def close_case(self, info: Info, input: Input[CloseCaseInput]) -> CasePayload:
        row = await actions.close_case(
            info.context.viewer,
            Case.key(input.case_id, "caseId"),
            note=input.note or "",
            version=input.version,
        )
        return CasePayload(case=Case.of(row))

    @mutation(description="评价处理结果 · rate the outcome")
    async def rate_case(self, info: Info, input: Input[RateCaseInput]) -> CasePayload:
        row = await actions.rate_case(
            info.context.viewer,
            Case.key(input.case_id, "caseId"),
            rating=input.rating,
            note=input.note or "",
            version=input.version,
        )
        return CasePayload(case=Case.of(row))
