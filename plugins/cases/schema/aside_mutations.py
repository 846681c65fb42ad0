"""Writing: the side exits."""

# mypy: disallow-untyped-decorators=False
# (strawberry.field, used with brackets, is published without a type)

import strawberry

from liuhe.graphql import Info, mutation
from plugins.cases import actions
from plugins.cases.schema.aside_inputs import (
    DecideExtensionInput,
    MergeCaseInput,
    ReopenCaseInput,
    RequestExtensionInput,
    ResumeCaseInput,
    SuperviseCaseInput,
    SuspendCaseInput,
    TransferCaseInput,
    WithdrawCaseInput,
)
from plugins.cases.schema.mutations import CasePayload, Input
from plugins.cases.schema.nodes import Case, Unit


@strawberry.type
class CaseAsideMutations:
    @mutation(description="处置中申请延期，派单员答复前时限照走 · ask for more time")
    async def request_extension(
        self, info: Info, input: Input[RequestExtensionInput]
    ) -> CasePayload:
        row = await actions.request_extension(
            info.context.viewer,
            Case.key(input.case_id, "caseId"),
            until=input.until,
            reason=input.reason,
            version=input.version,
        )
        return CasePayload(case=Case.of(row))

    @mutation(description="答复延期申请；同意则移动处置的到期时间 · grant or refuse")
    async def decide_extension(self, info: Info, input: Input[DecideExtensionInput]) -> CasePayload:
        row = await actions.decide_extension(
            info.context.viewer,
            Case.key(input.case_id, "caseId"),
            granted=input.granted,
            note=input.note or "",
            version=input.version,
        )
        return CasePayload(case=Case.of(row))

    @mutation(description="挂起，时限暂停 · suspend, clocks pause")
    async def suspend_case(self, info: Info, input: Input[SuspendCaseInput]) -> CasePayload:
        row = await actions.suspend_case(
            info.context.viewer,
            Case.key(input.case_id, "caseId"),
            reason=input.reason,
            version=input.version,
        )
        return CasePayload(case=Case.of(row))

    @mutation(description="恢复办理，时限接着走 · resume, clocks go on with what was left")
    async def resume_case(self, info: Info, input: Input[ResumeCaseInput]) -> CasePayload:
        row = await actions.resume_case(
            info.context.viewer,
            Case.key(input.case_id, "caseId"),
            note=input.note or "",
            version=input.version,
        )
        return CasePayload(case=Case.of(row))

    @mutation(description="撤回，由上报人或派单员在签收之前 · withdraw before a unit has signed")
    async def withdraw_case(self, info: Info, input: Input[WithdrawCaseInput]) -> CasePayload:
        row = await actions.withdraw_case(
            info.context.viewer,
            Case.key(input.case_id, "caseId"),
            reason=input.reason,
            version=input.version,
        )
        return CasePayload(case=Case.of(row))

    @mutation(
        description="转派给另一个单位，时限重新开始 · send to another unit, clocks begin anew"
    )
    async def transfer_case(self, info: Info, input: Input[TransferCaseInput]) -> CasePayload:
        row = await actions.transfer_case(
            info.context.viewer,
            Case.key(input.case_id, "caseId"),
            unit_id=Unit.key(input.unit_id, "unitId"),
            reason=input.reason,
            version=input.version,
        )
        return CasePayload(case=Case.of(row))

    @mutation(description="督办：留下意见和标记，不改变环节 · a mark with words")
    async def supervise_case(self, info: Info, input: Input[SuperviseCaseInput]) -> CasePayload:
        row = await actions.supervise_case(
            info.context.viewer,
            Case.key(input.case_id, "caseId"),
            note=input.note,
            proposed_unit_id=None
            if input.proposed_unit_id is None
            else Unit.key(input.proposed_unit_id, "proposedUnitId"),
            version=input.version,
        )
        return CasePayload(case=Case.of(row))

    @mutation(description="已结案的重新办理，回到待派遣 · take up again what was closed")
    async def reopen_case(self, info: Info, input: Input[ReopenCaseInput]) -> CasePayload:
        row = await actions.reopen_case(
            info.context.viewer,
            Case.key(input.case_id, "caseId"),
            reason=input.reason,
            version=input.version,
        )
        return CasePayload(case=Case.of(row))

    @mutation(description="并入同一街道另一件在办的案件 · merge a duplicate into another case")
    async def merge_case(self, info: Info, input: Input[MergeCaseInput]) -> CasePayload:
        row = await actions.merge_case(
            info.context.viewer,
            Case.key(input.case_id, "caseId"),
            main_case_id=Case.key(input.main_case_id, "mainCaseId"),
            reason=input.reason,
            version=input.version,
        )
        return CasePayload(case=Case.of(row))
