"""What the mutations of the side exits take."""

from datetime import datetime

import strawberry


@strawberry.input(description="申请延期 · ask for more time")
class RequestExtensionInput:
    case_id: strawberry.ID = strawberry.field(description="案件 · the case")
    until: datetime = strawberry.field(
        description="希望延到什么时候，晚于现在的到期时间 · the due time that is asked for"
    )
    reason: str = strawberry.field(description="理由，最多 1000 字 · reason")
    version: int | None = strawberry.field(
        default=None, description="看到的版本；已有变化则不办理 · the version that was looked at"
    )


@strawberry.input(description="答复延期申请 · answer a request for more time")
class DecideExtensionInput:
    case_id: strawberry.ID = strawberry.field(description="案件 · the case")
    granted: bool = strawberry.field(description="是否同意 · whether it is granted")
    note: str | None = strawberry.field(
        default=None, description="说明；不同意时必填，最多 1000 字 · note, needed with a refusal"
    )
    version: int | None = strawberry.field(
        default=None, description="看到的版本；已有变化则不办理 · the version that was looked at"
    )


@strawberry.input(description="挂起 · suspend")
class SuspendCaseInput:
    case_id: strawberry.ID = strawberry.field(description="案件 · the case")
    reason: str = strawberry.field(description="理由，最多 1000 字 · reason")
    version: int | None = strawberry.field(
        default=None, description="看到的版本；已有变化则不办理 · the version that was looked at"
    )


@strawberry.input(description="恢复办理 · resume")
class ResumeCaseInput:
    case_id: strawberry.ID = strawberry.field(description="案件 · the case")
    note: str | None = strawberry.field(default=None, description="说明，最多 1000 字 · note")
    version: int | None = strawberry.field(
        default=None, description="看到的版本；已有变化则不办理 · the version that was looked at"
    )


@strawberry.input(description="撤回 · withdraw")
class WithdrawCaseInput:
    case_id: strawberry.ID = strawberry.field(description="案件 · the case")
    reason: str = strawberry.field(description="理由，最多 1000 字 · reason")
    version: int | None = strawberry.field(
        default=None, description="看到的版本；已有变化则不办理 · the version that was looked at"
    )


@strawberry.input(description="转派 · transfer")
class TransferCaseInput:
    case_id: strawberry.ID = strawberry.field(description="案件 · the case")
    unit_id: strawberry.ID = strawberry.field(description="新的责任单位 · the new unit")
    reason: str = strawberry.field(description="理由，最多 1000 字 · reason")
    version: int | None = strawberry.field(
        default=None, description="看到的版本；已有变化则不办理 · the version that was looked at"
    )


@strawberry.input(description="督办 · supervise")
class SuperviseCaseInput:
    case_id: strawberry.ID = strawberry.field(description="案件 · the case")
    note: str = strawberry.field(description="督办意见，最多 1000 字 · what is expected")
    proposed_unit_id: strawberry.ID | None = strawberry.field(
        default=None, description="建议的责任单位 · whose matter it is"
    )
    version: int | None = strawberry.field(
        default=None, description="看到的版本；已有变化则不办理 · the version that was looked at"
    )


@strawberry.input(description="重新办理 · reopen")
class ReopenCaseInput:
    case_id: strawberry.ID = strawberry.field(description="案件 · the case")
    reason: str = strawberry.field(description="理由，最多 1000 字 · reason")
    version: int | None = strawberry.field(
        default=None, description="看到的版本；已有变化则不办理 · the version that was looked at"
    )


@strawberry.input(description="并案 · merge")
class MergeCaseInput:
    case_id: strawberry.ID = strawberry.field(description="案件 · the case")
    main_case_id: strawberry.ID = strawberry.field(
        description="并入的案件：同一街道、还没办结 · the main case, under way in the same street"
    )
    reason: str = strawberry.field(description="理由，最多 1000 字 · reason")
    version: int | None = strawberry.field(
        default=None, description="看到的版本；已有变化则不办理 · the version that was looked at"
    )
