"""Writing rules and rosters; trying a change out."""

# mypy: disallow-untyped-decorators=False

from datetime import date
from typing import Annotated, TypeVar

import strawberry

from liuhe.graphql import Info, Payload, mutation
from plugins.cases.schema import Unit
from plugins.dispatch import actions
from plugins.dispatch.actions import Draft
from plugins.dispatch.schema.types import (
    DispatchDays,
    DispatchMode,
    DispatchRule,
    DispatchTrial,
    DutyShift,
)
from plugins.places.schema import Place

T = TypeVar("T")
Input = Annotated[T, strawberry.argument(description="办理的内容 · what to do")]


@strawberry.input(description="一条派遣规则的内容 · what a rule says")
class DispatchRuleInput:
    unit_id: strawberry.ID = strawberry.field(description="派给哪个单位 · the unit")
    class_code: str | None = strawberry.field(
        default=None, description="大类代码，如 05；大类小类都不写为所有 · class"
    )
    type_code: str | None = strawberry.field(default=None, description="小类代码，如 0505 · type")
    area_id: strawberry.ID | None = strawberry.field(
        default=None, description="区域，含下级；不写为所有 · area"
    )
    days: DispatchDays = strawberry.field(
        default=DispatchDays.ANY, description="哪些天受理的 · accepted on which days"
    )
    begins: str | None = strawberry.field(
        default=None, description="从几点，如 20:00；和 ends 一起写 · from"
    )
    ends: str | None = strawberry.field(
        default=None, description="到几点；不比开始晚就是次日 · up to"
    )
    mode: DispatchMode = strawberry.field(
        default=DispatchMode.SUGGEST, description="自动还是建议 · auto or suggest"
    )
    rank: int | None = strawberry.field(
        default=None, description="1 到 999，默认 100，小的先用 · smaller comes first"
    )
    valid_from: date | None = strawberry.field(
        default=None, description="从哪天起，不写为马上 · first day"
    )
    valid_until: date | None = strawberry.field(
        default=None, description="到哪天为止，含这一天 · last day"
    )


@strawberry.input(description="建或改一条派遣规则 · make or change a rule")
class SaveDispatchRuleInput:
    rule: DispatchRuleInput = strawberry.field(description="内容 · what it says")
    id: strawberry.ID | None = strawberry.field(
        default=None, description="要改的规则，最新的版本；不写为新建 · the version to change"
    )
    idempotency_key: strawberry.ID | None = strawberry.field(
        default=None, description="重试时不变的键，同键同内容只办一次 · idempotency key"
    )


@strawberry.input(description="停用一条派遣规则 · end a rule")
class EndDispatchRuleInput:
    id: strawberry.ID = strawberry.field(description="最新的版本 · its latest version")


@strawberry.input(description="试算一项改动，什么也不写 · try a change out")
class TryDispatchRuleInput:
    rule: DispatchRuleInput | None = strawberry.field(
        default=None, description="内容；不写就试算停用 · what it would say, nothing for an end"
    )
    id: strawberry.ID | None = strawberry.field(
        default=None, description="要改或停用的规则 · the rule to change or end"
    )


@strawberry.input(description="排一班 · put somebody on duty")
class SaveDutyShiftInput:
    unit_id: strawberry.ID = strawberry.field(description="单位 · the unit")
    person_id: int = strawberry.field(description="值班人的账号编号，见 dutyRoster.people · who")
    day: date = strawberry.field(description="开始的那一天 · the day on which it begins")
    begins: str = strawberry.field(description="从几点，如 17:30 · from")
    ends: str = strawberry.field(description="到几点；不比开始晚就是次日 · up to")
    id: strawberry.ID | None = strawberry.field(
        default=None, description="要改的一班；不写为新排 · the shift to change"
    )
    idempotency_key: strawberry.ID | None = strawberry.field(
        default=None, description="重试时不变的键，同键同内容只办一次 · idempotency key"
    )


@strawberry.input(description="删掉一班 · take a shift off")
class RemoveDutyShiftInput:
    id: strawberry.ID = strawberry.field(description="哪一班 · which shift")


@strawberry.type(description="建、改、停用规则的结果 · what came of it")
class DispatchRulePayload(Payload):
    rule: DispatchRule | None = strawberry.field(
        default=None, description="现在的规则 · the rule as it is now"
    )


@strawberry.type(description="试算的结果 · what came of a dry-run")
class DispatchTrialPayload(Payload):
    trial: DispatchTrial | None = strawberry.field(
        default=None, description="会派给谁 · what would have gone where"
    )


@strawberry.type(description="排班的结果 · what came of it")
class DutyShiftPayload(Payload):
    shift: DutyShift | None = strawberry.field(default=None, description="这一班 · the shift")


def _draft(given: DispatchRuleInput) -> Draft:
    return Draft(
        unit_id=Unit.key(given.unit_id, "unitId"),
        class_code=given.class_code or "",
        type_code=given.type_code or "",
        area_id=None if given.area_id is None else Place.key(given.area_id, "areaId"),
        days=str(given.days.value),
        begins=given.begins or "",
        ends=given.ends or "",
        mode=str(given.mode.value),
        rank=given.rank,
        valid_from=given.valid_from,
        valid_until=given.valid_until,
    )


def _key(id: strawberry.ID | None) -> int | None:
    return None if id is None else int(DispatchRule.key(id))


@strawberry.type
class DispatchMutations:
    @mutation(description="建一条派遣规则，或给它一个新版本 · make or change a rule")
    async def save_dispatch_rule(
        self, info: Info, input: Input[SaveDispatchRuleInput]
    ) -> DispatchRulePayload:
        row = await actions.save_rule(
            info.context.viewer,
            _draft(input.rule),
            rule_id=_key(input.id),
            idempotency_key=input.idempotency_key,
        )
        return DispatchRulePayload(rule=DispatchRule.of(row))

    @mutation(description="停用一条派遣规则，以前派的不变 · end a rule")
    async def end_dispatch_rule(
        self, info: Info, input: Input[EndDispatchRuleInput]
    ) -> DispatchRulePayload:
        row = await actions.end_rule(info.context.viewer, int(DispatchRule.key(input.id)))
        return DispatchRulePayload(rule=DispatchRule.of(row))

    @mutation(description="试算：改动会让最近 30 天的案件派给谁；什么也不写 · a dry-run")
    async def try_dispatch_rule(
        self, info: Info, input: Input[TryDispatchRuleInput]
    ) -> DispatchTrialPayload:
        draft = _draft(input.rule) if input.rule else None
        trial = await actions.try_change(info.context.viewer, draft, rule_id=_key(input.id))
        return DispatchTrialPayload(trial=DispatchTrial(trial=trial))

    @mutation(description="排一班，或改一班 · put somebody on duty")
    async def save_duty_shift(
        self, info: Info, input: Input[SaveDutyShiftInput]
    ) -> DutyShiftPayload:
        row = await actions.save_shift(
            info.context.viewer,
            unit_id=Unit.key(input.unit_id, "unitId"),
            person_id=input.person_id,
            day=input.day,
            begins=input.begins,
            ends=input.ends,
            shift_id=None if input.id is None else DutyShift.key(input.id),
            idempotency_key=input.idempotency_key,
        )
        return DutyShiftPayload(shift=DutyShift.of(row))

    @mutation(description="删掉一班 · take a shift off")
    async def remove_duty_shift(
        self, info: Info, input: Input[RemoveDutyShiftInput]
    ) -> DutyShiftPayload:
        await actions.remove_shift(info.context.viewer, DutyShift.key(input.id))
        return DutyShiftPayload(shift=None)
