"""What the mutations take."""

import strawberry

from plugins.cases.rules import Source
from plugins.cases.schema import enums as _named_first  # noqa: F401 - or Source gets its bare name


@strawberry.input(description="上报案件 · report a matter")
class OpenCaseInput:
    title: str = strawberry.field(description="标题，最多 120 字 · title")
    type_code: str = strawberry.field(description="小类代码，如 0505 · type")
    area_id: strawberry.ID | None = strawberry.field(
        default=None, description="所在区域；不写则按经纬度查找 · area, or it is found by the point"
    )
    address: str | None = strawberry.field(
        default=None, description="地点，最多 200 字 · place in words"
    )
    description: str | None = strawberry.field(
        default=None, description="情况说明，最多 2000 字 · what is the matter"
    )
    longitude: float | None = strawberry.field(default=None, description="经度，WGS-84 · longitude")
    latitude: float | None = strawberry.field(default=None, description="纬度，WGS-84 · latitude")
    source: Source | None = strawberry.field(
        default=None, description="来源；居民上报的总是“居民上报” · source, officer by default"
    )
    source_ref: str | None = strawberry.field(
        default=None, description="来源编号，设备发现的必填 · what the source calls it"
    )
    file_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="现场照片，先传到 /files · pictures of the scene"
    )
    flow: str | None = strawberry.field(
        default=None, description="办理方式，见 caseFlows；默认 standard · the way that it is to go"
    )
    handled_note: str | None = strawberry.field(
        default=None, description="现场即办：怎么处置的 · what was done on the spot"
    )
    after_file_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="现场即办：处置后的照片 · pictures of how it looks now"
    )
    idempotency_key: strawberry.ID | None = strawberry.field(
        default=None, description="重试时不变的键，同键同内容只办一次 · idempotency key"
    )


@strawberry.input(description="受理 · accept")
class AcceptCaseInput:
    case_id: strawberry.ID = strawberry.field(description="案件 · the case")
    note: str | None = strawberry.field(default=None, description="说明，最多 1000 字 · note")
    version: int | None = strawberry.field(
        default=None, description="看到的版本；已有变化则不办理 · the version that was looked at"
    )


@strawberry.input(description="不予受理 · reject")
class RejectCaseInput:
    case_id: strawberry.ID = strawberry.field(description="案件 · the case")
    reason: str = strawberry.field(description="理由，最多 1000 字 · reason")
    version: int | None = strawberry.field(
        default=None, description="看到的版本；已有变化则不办理 · the version that was looked at"
    )


@strawberry.input(description="派遣 · dispatch")
class DispatchCaseInput:
    case_id: strawberry.ID = strawberry.field(description="案件 · the case")
    unit_id: strawberry.ID = strawberry.field(description="责任单位 · the unit")
    note: str | None = strawberry.field(default=None, description="说明，最多 1000 字 · note")
    version: int | None = strawberry.field(
        default=None, description="看到的版本；已有变化则不办理 · the version that was looked at"
    )


@strawberry.input(description="签收 · sign")
class SignCaseInput:
    case_id: strawberry.ID = strawberry.field(description="案件 · the case")
    version: int | None = strawberry.field(
        default=None, description="看到的版本；已有变化则不办理 · the version that was looked at"
    )


@strawberry.input(description="退回 · return")
class ReturnCaseInput:
    case_id: strawberry.ID = strawberry.field(description="案件 · the case")
    reason: str = strawberry.field(description="理由，最多 1000 字 · reason")
    proposed_unit_id: strawberry.ID | None = strawberry.field(
        default=None, description="建议的责任单位 · whose matter it is"
    )
    version: int | None = strawberry.field(
        default=None, description="看到的版本；已有变化则不办理 · the version that was looked at"
    )


@strawberry.input(description="反馈处置结果 · report what was done")
class SubmitHandlingInput:
    case_id: strawberry.ID = strawberry.field(description="案件 · the case")
    note: str = strawberry.field(description="说明，最多 1000 字 · note")
    file_ids: list[strawberry.ID] = strawberry.field(
        description="处置后的照片，先传到 /files · pictures of how it looks now"
    )
    idempotency_key: strawberry.ID | None = strawberry.field(
        default=None, description="重试时不变的键，同键同内容只办一次 · idempotency key"
    )
    version: int | None = strawberry.field(
        default=None, description="看到的版本；已有变化则不办理 · the version that was looked at"
    )


@strawberry.input(description="核查通过 · verify")
class VerifyCaseInput:
    case_id: strawberry.ID = strawberry.field(description="案件 · the case")
    note: str | None = strawberry.field(default=None, description="说明，最多 1000 字 · note")
    version: int | None = strawberry.field(
        default=None, description="看到的版本；已有变化则不办理 · the version that was looked at"
    )


@strawberry.input(description="返工 · rework")
class ReworkCaseInput:
    case_id: strawberry.ID = strawberry.field(description="案件 · the case")
    reason: str = strawberry.field(description="理由，最多 1000 字 · reason")
    version: int | None = strawberry.field(
        default=None, description="看到的版本；已有变化则不办理 · the version that was looked at"
    )


@strawberry.input(description="结案 · close")
class CloseCaseInput:
    case_id: strawberry.ID = strawberry.field(description="案件 · the case")
    note: str | None = strawberry.field(default=None, description="结论，最多 1000 字 · note")
    version: int | None = strawberry.field(
        default=None, description="看到的版本；已有变化则不办理 · the version that was looked at"
    )


@strawberry.input(description="评价 · rate")
class RateCaseInput:
    case_id: strawberry.ID = strawberry.field(description="案件 · the case")
    rating: int = strawberry.field(description="1 到 5 分 · 1 to 5")
    note: str | None = strawberry.field(default=None, description="说明，最多 1000 字 · note")
    version: int | None = strawberry.field(
        default=None, description="看到的版本；已有变化则不办理 · the version that was looked at"
    )
