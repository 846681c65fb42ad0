"""Writing: the whistle, and one mutation for each move of a task."""

# mypy: disallow-untyped-decorators=False
# (strawberry.field, used with brackets, is published without a type)

from datetime import datetime

import strawberry

from liuhe.graphql import Info, Payload, mutation
from plugins.cases import actions
from plugins.cases.actions import Call
from plugins.cases.schema.mutations import Input
from plugins.cases.schema.nodes import Case, Unit
from plugins.cases.schema.tasks import CaseTask


@strawberry.input(description="吹哨叫的一个单位 · one unit to call")
class WhistleCallInput:
    unit_id: strawberry.ID = strawberry.field(description="单位 · the unit")
    wanted: str | None = strawberry.field(
        default=None, description="只对它的要求；不写则用总的要求 · what it alone is to do"
    )


@strawberry.input(description="吹哨 · call units to a case")
class BlowWhistleInput:
    case_id: strawberry.ID = strawberry.field(description="案件 · the case")
    calls: list[WhistleCallInput] = strawberry.field(
        description="叫哪些单位，最多 8 个 · the units, 8 at most"
    )
    wanted: str | None = strawberry.field(
        default=None, description="总的要求，最多 1000 字 · what each is to do"
    )
    arrive_by: datetime | None = strawberry.field(
        default=None, description="要求什么时候到；不写则 24 小时内 · when they have to be there"
    )
    idempotency_key: strawberry.ID | None = strawberry.field(
        default=None, description="重试时不变的键，同键同内容只办一次 · idempotency key"
    )
    version: int | None = strawberry.field(
        default=None, description="看到的案件版本 · the case's version that was looked at"
    )


@strawberry.input(description="报到 · the unit is there")
class SignTaskInput:
    task_id: strawberry.ID = strawberry.field(description="协办任务 · the task")
    version: int | None = strawberry.field(
        default=None, description="看到的版本；已有变化则不办理 · the version that was looked at"
    )


@strawberry.input(description="反馈 · report what the unit did")
class ReportTaskInput:
    task_id: strawberry.ID = strawberry.field(description="协办任务 · the task")
    note: str = strawberry.field(description="做了什么，最多 1000 字 · what was done")
    file_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="现场照片，先传到 /files · pictures"
    )
    version: int | None = strawberry.field(
        default=None, description="看到的版本；已有变化则不办理 · the version that was looked at"
    )


@strawberry.input(description="退回给吹哨人 · return to the whistler")
class ReturnTaskInput:
    task_id: strawberry.ID = strawberry.field(description="协办任务 · the task")
    reason: str = strawberry.field(description="理由，最多 1000 字 · reason")
    version: int | None = strawberry.field(
        default=None, description="看到的版本；已有变化则不办理 · the version that was looked at"
    )


@strawberry.input(description="认可反馈 · accept the report")
class AcceptTaskInput:
    task_id: strawberry.ID = strawberry.field(description="协办任务 · the task")
    note: str | None = strawberry.field(default=None, description="说明，最多 1000 字 · note")
    version: int | None = strawberry.field(
        default=None, description="看到的版本；已有变化则不办理 · the version that was looked at"
    )


@strawberry.input(description="再办 · have it done again, or after all")
class RedoTaskInput:
    task_id: strawberry.ID = strawberry.field(description="协办任务 · the task")
    reason: str = strawberry.field(description="理由，最多 1000 字 · reason")
    version: int | None = strawberry.field(
        default=None, description="看到的版本；已有变化则不办理 · the version that was looked at"
    )


@strawberry.input(description="撤销 · the unit is not needed")
class CancelTaskInput:
    task_id: strawberry.ID = strawberry.field(description="协办任务 · the task")
    reason: str = strawberry.field(description="理由，最多 1000 字 · reason")
    version: int | None = strawberry.field(
        default=None, description="看到的版本；已有变化则不办理 · the version that was looked at"
    )


@strawberry.type(description="吹哨的结果 · what came of the whistle")
class BlowWhistlePayload(Payload):
    tasks: list[CaseTask] | None = strawberry.field(
        default=None, description="每个单位的协办任务 · a task for each unit"
    )


@strawberry.type(description="协办任务办理的结果 · what came of it")
class CaseTaskPayload(Payload):
    task: CaseTask | None = strawberry.field(
        default=None, description="办理后的协办任务 · the task as it is now"
    )


@strawberry.type
class CaseTaskMutations:
    @mutation(description="吹哨：叫几个单位到一件在办的案件协办 · call units to a case")
    async def blow_whistle(self, info: Info, input: Input[BlowWhistleInput]) -> BlowWhistlePayload:
        rows = await actions.blow_whistle(
            info.context.viewer,
            Case.key(input.case_id, "caseId"),
            calls=[
                Call(unit_id=Unit.key(one.unit_id, "calls"), wanted=one.wanted or "")
                for one in input.calls
            ],
            wanted=input.wanted or "",
            arrive_by=input.arrive_by,
            version=input.version,
            idempotency_key=input.idempotency_key,
        )
        return BlowWhistlePayload(tasks=[CaseTask.of(row) for row in rows])

    @mutation(description="报到 · the unit is there")
    async def sign_task(self, info: Info, input: Input[SignTaskInput]) -> CaseTaskPayload:
        row = await actions.sign_task(
            info.context.viewer, CaseTask.key(input.task_id, "taskId"), version=input.version
        )
        return CaseTaskPayload(task=CaseTask.of(row))

    @mutation(description="反馈协办结果 · report what the unit did")
    async def report_task(self, info: Info, input: Input[ReportTaskInput]) -> CaseTaskPayload:
        row = await actions.report_task(
            info.context.viewer,
            CaseTask.key(input.task_id, "taskId"),
            note=input.note,
            file_ids=input.file_ids or (),
            version=input.version,
        )
        return CaseTaskPayload(task=CaseTask.of(row))

    @mutation(description="退回给吹哨人，时限照算 · return; the time runs on")
    async def return_task(self, info: Info, input: Input[ReturnTaskInput]) -> CaseTaskPayload:
        row = await actions.return_task(
            info.context.viewer,
            CaseTask.key(input.task_id, "taskId"),
            reason=input.reason,
            version=input.version,
        )
        return CaseTaskPayload(task=CaseTask.of(row))

    @mutation(description="认可反馈；不能认可自己的 · accept; never one's own")
    async def accept_task(self, info: Info, input: Input[AcceptTaskInput]) -> CaseTaskPayload:
        row = await actions.accept_task(
            info.context.viewer,
            CaseTask.key(input.task_id, "taskId"),
            note=input.note or "",
            version=input.version,
        )
        return CaseTaskPayload(task=CaseTask.of(row))

    @mutation(description="再办：反馈不行，或退回的还是要办 · have it done again, or after all")
    async def redo_task(self, info: Info, input: Input[RedoTaskInput]) -> CaseTaskPayload:
        row = await actions.redo_task(
            info.context.viewer,
            CaseTask.key(input.task_id, "taskId"),
            reason=input.reason,
            version=input.version,
        )
        return CaseTaskPayload(task=CaseTask.of(row))

    @mutation(description="撤销：不需要这个单位了 · the unit is not needed any more")
    async def cancel_task(self, info: Info, input: Input[CancelTaskInput]) -> CaseTaskPayload:
        row = await actions.cancel_task(
            info.context.viewer,
            CaseTask.key(input.task_id, "taskId"),
            reason=input.reason,
            version=input.version,
        )
        return CaseTaskPayload(task=CaseTask.of(row))
