"""Reading rules, rosters and the queue; what hangs on a case."""

# mypy: disallow-untyped-decorators=False

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import strawberry

from liuhe import BadInput, NotFound
from liuhe import Unit as UnitRow
from liuhe.graphql import After, Before, Connection, First, Info, Last, connection
from plugins.cases.schema import Case, Unit
from plugins.dispatch import actions, models
from plugins.dispatch.models import not_ended
from plugins.dispatch.permissions import SEE, may_roster, seen_units
from plugins.dispatch.rules import days_without
from plugins.dispatch.schema.types import (
    DispatchRule,
    DutyPerson,
    DutyRoster,
    DutyShift,
    SuggestedUnit,
)

LONGEST = 31
Id = Annotated[strawberry.ID, strawberry.argument(description="全局标识 · global id")]


@strawberry.type
class DispatchQueries:
    @strawberry.field(description="看得到的派遣规则，先用的在前 · rules, in the order of use")
    async def dispatch_rules(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        ended: Annotated[
            bool, strawberry.argument(description="要改过和停用的 · those that hold no more")
        ] = False,
        search: Annotated[
            str | None, strawberry.argument(description="句子里有 · part of the sentence")
        ] = None,
    ) -> Connection[DispatchRule]:
        found = DispatchRule.seen_by(info.context.viewer)
        now = info.context.now
        found = found.filter(valid_until__lte=now) if ended else found.filter(not_ended(now))
        if search:
            found = found.filter(text__icontains=search[:50])
        return connection(
            found,
            DispatchRule.of,
            order=["-narrowness", "rank"],
            first=first,
            after=after,
            last=last,
            before=before,
        )

    @strawberry.field(description="一条派遣规则的一个版本 · one version of a rule")
    async def dispatch_rule(self, info: Info, id: Id) -> DispatchRule | None:
        return await DispatchRule.at(info, id)

    @strawberry.field(
        description="待人工派遣：受理了、从没派过、没有规则合适 · cases that no rule matches"
    )
    async def unmatched_cases(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Case]:
        viewer = info.context.viewer
        ids = await actions.unmatched_ids(viewer) if viewer.holds(SEE) else []
        return connection(
            Case.seen_by(viewer).filter(id__in=ids),
            Case.of,
            order=["due_at"],
            first=first,
            after=after,
            last=last,
            before=before,
        )

    @strawberry.field(description="一个单位的值班表，最多 31 天 · a unit's roster")
    async def duty_roster(
        self,
        info: Info,
        unit_id: Annotated[strawberry.ID, strawberry.argument(description="单位 · the unit")],
        since: Annotated[
            date | None, strawberry.argument(description="从哪天，默认今天 · first day")
        ] = None,
        days: Annotated[int, strawberry.argument(description="多少天，默认 7 · how many")] = 7,
    ) -> DutyRoster:
        if not 1 <= days <= LONGEST:
            raise BadInput(f"天数从 1 到 {LONGEST}。", field="days", reason="out_of_range")
        viewer, first = info.context.viewer, _first(since)
        seen = UnitRow.filter(seen_units(viewer), id=Unit.key(unit_id, "unitId"))
        unit = await seen.select_related("area").first()
        if unit is None:
            raise NotFound("没有这个单位，或者您无权查看。")
        shifts = await actions.shifts_of([unit.id], first, first + timedelta(days=days - 1))
        people = await actions.people_of(unit.id, first) if may_roster(viewer, unit) else {}
        return DutyRoster(
            unit=Unit.of(unit),
            shifts=[DutyShift.of(shift) for shift in shifts],
            gaps=days_without([shift.day for shift in shifts], first, days),
            people=[DutyPerson(id=id, name=name) for id, name in people.items()],
        )


def _first(since: date | None) -> date:
    today = datetime.now(UTC).astimezone(actions.zone()).date()
    if since is not None and abs(since - today) > timedelta(days=400):
        raise BadInput("只能看前后一年以内的值班。", field="since", reason="too_far")
    return since or today


@strawberry.type
class CaseSuggestion:
    @strawberry.field(
        description="按规则建议的单位；已派过、没有规则或无权查看为空 · what the rules say"
    )
    async def suggested_unit(self, info: Info) -> SuggestedUnit | None:
        if not info.context.viewer.holds(SEE):
            return None
        rule = await _suggestion(info, self.row.id)  # type: ignore[attr-defined]
        if rule is None:
            return None
        return SuggestedUnit(rule=DispatchRule.of(rule), unit=Unit.of(rule.unit))


async def _suggestion(info: Info, case_id: int) -> models.Rule | None:
    """Many cases at once cost as many queries as one."""

    async def load(ids: list[int]) -> list[models.Rule | None]:
        found = await actions.suggestions(ids)
        return [found.get(id) for id in ids]

    return await info.context.loaders.batch("dispatch.suggested", load).load(case_id)
