"""`DispatchRule`: a version of a rule. `DutyShift`: who is on duty. `DispatchTrial`: a dry-run."""

# mypy: disallow-untyped-decorators=False
# (strawberry.field, used with brackets, is published without a type)

from datetime import date, datetime
from enum import Enum

import strawberry
from tortoise.queryset import QuerySet

from liuhe import Person, Viewer
from liuhe import Unit as UnitRow
from liuhe.graphql import Info, Node
from plugins.cases.schema import Case, Unit
from plugins.dispatch import models
from plugins.dispatch.actions import Trial
from plugins.dispatch.permissions import seen_rules, seen_shifts
from plugins.dispatch.rules import Tried, clock_text
from plugins.places.schema import Place


@strawberry.enum(description="规则怎么用 · how a rule is used")
class DispatchMode(Enum):
    SUGGEST = strawberry.enum_value("suggest", description="建议派单员选用 · offered")
    AUTO = strawberry.enum_value("auto", description="有人受理后马上派遣 · sent at once")


@strawberry.enum(description="哪些天受理的案件 · days on which a case was accepted")
class DispatchDays(Enum):
    ANY = strawberry.enum_value("any", description="每天 · every day")
    WORK = strawberry.enum_value("work", description="工作日，含调休上班 · working days")
    REST = strawberry.enum_value("rest", description="休息日 · other days")


@strawberry.type(description="派遣规则的一个版本 · one version of a rule: what, where, when → unit")
class DispatchRule(Node):
    row: strawberry.Private[models.Rule]
    number: int = strawberry.field(description="规则编号，各版本相同 · same for all versions")
    version: int = strawberry.field(description="第几版 · version")
    text: str = strawberry.field(description="写成一句话 · as a sentence")
    class_code: str = strawberry.field(description="大类代码，空为所有 · class, empty for all")
    type_code: str = strawberry.field(description="小类代码，空为整个大类 · type, empty for all")
    rank: int = strawberry.field(description="同样窄的规则之间，小的先用 · smaller comes first")
    valid_from: datetime = strawberry.field(description="从何时起有效 · holds from")
    valid_until: datetime | None = strawberry.field(
        description="到何时为止，空为一直 · holds until then"
    )
    made_at: datetime = strawberry.field(description="何时定的 · when it was made")

    @classmethod
    def seen_by(cls, viewer: Viewer) -> QuerySet[models.Rule]:
        return models.Rule.filter(seen_rules(viewer)).select_related("area")

    @strawberry.field(description="区域，含下级；空为所有区域 · area with all below it")
    def area(self) -> Place | None:
        return Place.of_any(self.row.area)

    @strawberry.field(description="哪些天受理的 · accepted on which days")
    def days(self) -> DispatchDays:
        return DispatchDays(self.row.days)

    @strawberry.field(description="从几点，如 20:00；空为全天 · from this time of day")
    def begins(self) -> str | None:
        return None if self.row.begins is None else clock_text(self.row.begins)

    @strawberry.field(description="到几点，不比开始晚就是次日 · up to this time of day")
    def ends(self) -> str | None:
        return None if self.row.ends is None else clock_text(self.row.ends)

    @strawberry.field(description="自动还是建议 · auto or suggest")
    def mode(self) -> DispatchMode:
        return DispatchMode(self.row.mode)

    @strawberry.field(description="派给哪个单位 · the unit")
    async def unit(self, info: Info) -> Unit:
        row = await info.context.loaders.load_one(UnitRow, self.row.unit_id)
        assert row is not None  # a foreign key
        return Unit.of(row)

    @strawberry.field(description="谁定的 · who made it")
    async def made_by(self, info: Info) -> str | None:
        person = await info.context.loaders.load_one(Person, self.row.made_by_id)
        return person.name if person else None


@strawberry.type(description="一班：谁从何时到何时值班 · who is on duty from when to when")
class DutyShift(Node):
    row: strawberry.Private[models.Shift]
    day: date = strawberry.field(description="开始的那一天 · the day on which it begins")
    begins_at: datetime = strawberry.field(description="开始 · begins")
    ends_at: datetime = strawberry.field(description="结束 · ends")

    @classmethod
    def seen_by(cls, viewer: Viewer) -> QuerySet[models.Shift]:
        return models.Shift.filter(seen_shifts(viewer))

    @strawberry.field(description="值班人 · the person")
    async def person_name(self, info: Info) -> str | None:
        person = await info.context.loaders.load_one(Person, self.row.person_id)
        return person.name if person else None

    @strawberry.field(description="值班人的账号编号，排班时交回 · the person's number")
    def person_id(self) -> int:
        return self.row.person_id

    @strawberry.field(description="单位 · the unit")
    async def unit(self, info: Info) -> Unit:
        row = await info.context.loaders.load_one(UnitRow, self.row.unit_id)
        assert row is not None  # a foreign key
        return Unit.of(row)


@strawberry.type(description="可以值班的人 · somebody who may be put on duty")
class DutyPerson:
    id: int = strawberry.field(description="账号编号 · number")
    name: str = strawberry.field(description="姓名 · name")


@strawberry.type(description="一个单位一段时间的值班表 · a unit's roster")
class DutyRoster:
    unit: Unit = strawberry.field(description="单位 · the unit")
    shifts: list[DutyShift] = strawberry.field(description="各班，早的在前 · shifts")
    gaps: list[date] = strawberry.field(description="没有人值班的日子 · days without a shift")
    people: list[DutyPerson] = strawberry.field(
        description="第一天可以排的人；无权排班为空 · who may be put on duty"
    )


@strawberry.type(description="规则对一件案件的建议 · what the rules say of a case")
class SuggestedUnit:
    rule: DispatchRule = strawberry.field(description="哪一条规则 · which rule")
    unit: Unit = strawberry.field(description="派给哪个单位 · the unit")


@strawberry.type(description="试算里一个单位的件数 · counts of one unit in a dry-run")
class DispatchTrialUnit:
    unit: Unit | None = strawberry.field(
        description="单位；空为没有规则，或还没派 · the unit, null where there is none"
    )
    before: int = strawberry.field(description="按现在的规则 · by the rules as they are")
    after: int = strawberry.field(description="改动以后 · by the rules as they would be")
    really: int = strawberry.field(description="实际第一次派给 · where they really went first")


@strawberry.type(description="试算里会派得不一样的一件案件 · a case that would go elsewhere")
class DispatchTrialChange:
    one: strawberry.Private[Tried]

    @strawberry.field(description="案件；无权查看为空 · the case, if it may be seen")
    async def case(self, info: Info) -> Case | None:
        return await Case.find(info, self.one.case_id)

    @strawberry.field(description="现在的规则派给 · by the rules as they are")
    async def before(self, info: Info) -> Unit | None:
        return Unit.of_any(await info.context.loaders.load_one(UnitRow, self.one.before))

    @strawberry.field(description="改动以后派给 · by the rules as they would be")
    async def after(self, info: Info) -> Unit | None:
        return Unit.of_any(await info.context.loaders.load_one(UnitRow, self.one.after))

    @strawberry.field(description="实际第一次派给 · where it really went first")
    async def really(self, info: Info) -> Unit | None:
        return Unit.of_any(await info.context.loaders.load_one(UnitRow, self.one.really))


@strawberry.type(description="试算：改动会让最近 30 天的案件派给谁 · a dry-run over 30 days")
class DispatchTrial:
    trial: strawberry.Private[Trial]

    @strawberry.field(description="规则写成一句话；停用时为空 · the rule as it would read")
    def text(self) -> str:
        return self.trial.text

    @strawberry.field(description="看了多少件 · how many cases were looked at")
    def cases(self) -> int:
        return self.trial.tally.cases

    @strawberry.field(description="会派得不一样的件数 · how many would go elsewhere")
    def changed(self) -> int:
        return self.trial.tally.changed

    @strawberry.field(description="案件太多，没有看完 · whether there were more cases")
    def cut(self) -> bool:
        return self.trial.cut

    @strawberry.field(description="各单位的件数，最后是没有规则的 · by unit, without a rule last")
    async def units(self, info: Info) -> list[DispatchTrialUnit]:
        counted = self.trial.tally
        return [
            DispatchTrialUnit(
                unit=Unit.of_any(await info.context.loaders.load_one(UnitRow, unit)),
                before=counted.before[unit],
                after=counted.after[unit],
                really=counted.really[unit],
            )
            for unit in (*counted.units, None)
        ]

    @strawberry.field(description="会派得不一样的案件，最多 50 件 · the first that change")
    def changes(self) -> list[DispatchTrialChange]:
        return [DispatchTrialChange(one=one) for one in self.trial.tally.shown]
