"""What the rules say of cases: loaded once, asked for as many cases as are at hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from liuhe import Viewer
from plugins.cases.actions import (
    Advice,
    Outline,
    calendar_as_of,
    outlines_of,
    waiting_outlines,
)
from plugins.dispatch import models
from plugins.dispatch.models import in_force
from plugins.dispatch.rules import Book, Days, Matter, Rule, moment_of

#: So many waiting cases are looked at for the queue of what no rule matches.
MOST_WAITING = 1000


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """The rules in force with their rows, and the calendar by which days are told."""

    rows: dict[int, models.Rule]
    book: Book
    calendar: Any

    def matter(self, outline: Outline) -> Matter:
        """What a rule is told of an accepted case."""
        assert outline.accepted_at is not None
        local = outline.accepted_at.astimezone(self.calendar.zone)
        return Matter(
            kind=outline.kind,
            class_code=outline.class_code,
            type_code=outline.type_code,
            area_path=outline.area_path,
            at=moment_of(local, self.calendar.works),
        )

    def rule_for(self, outline: Outline) -> models.Rule | None:
        rule = self.book.match(self.matter(outline))
        return self.rows[rule.id] if rule else None


async def ledger_at(at: datetime) -> Ledger:
    found = await models.Rule.filter(in_force(at)).select_related("area", "unit")
    return Ledger(
        rows={row.id: row for row in found},
        book=Book.of(plain(row) for row in found),
        calendar=await calendar_as_of(at),
    )


def plain(row: models.Rule) -> Rule:
    """The row as the rules know it; its area and unit are loaded."""
    return Rule(
        id=row.id,
        unit_id=row.unit_id,
        kind=row.kind,
        class_code=row.class_code,
        type_code=row.type_code,
        area_path=row.area.path if row.area else "",
        days=Days(row.days),
        hours=row.hours,
        rank=row.rank,
        idle=not row.unit.active,
    )


async def suggestions(case_ids: Sequence[int]) -> dict[int, models.Rule]:
    """The rule for each case that is accepted and was never sent anywhere, where there is one."""
    waiting = [one for one in (await outlines_of(case_ids)).values() if one.waits]
    if not waiting:
        return {}
    ledger = await ledger_at(datetime.now(UTC))
    found = {one.case_id: ledger.rule_for(one) for one in waiting}
    return {case_id: rule for case_id, rule in found.items() if rule is not None}


async def advise(case_id: int) -> Advice | None:
    """For the form with which a dispatcher sends a case."""
    rule = (await suggestions([case_id])).get(case_id)
    return Advice(unit_id=rule.unit_id, why=f"派遣规则 {rule.number}") if rule else None


async def unmatched_ids(viewer: Viewer | None) -> list[int]:
    """The viewer's accepted cases that no rule sends anywhere, among the oldest that wait."""
    waiting = await waiting_outlines(viewer, MOST_WAITING)
    if not waiting:
        return []
    ledger = await ledger_at(datetime.now(UTC))
    return [one.case_id for one in waiting if ledger.rule_for(one) is None]
