"""试算: what a change of the rules would have done to last month's cases. Nothing is written."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from liuhe import Unit, Viewer, demand_held
from plugins.cases.actions import accepted_outlines
from plugins.dispatch.actions.drafting import Draft, drawn
from plugins.dispatch.actions.judging import ledger_at, plain
from plugins.dispatch.actions.ruling import latest
from plugins.dispatch.permissions import RULES
from plugins.dispatch.rules import Book, Rule, Tally, tally

WINDOW = timedelta(days=30)
MOST_CASES = 20_000
MOST_SHOWN = 50
#: A rule that is not written yet comes after all that are, as it will when it is.
NEXT_ID = 2**62


@dataclass(frozen=True, kw_only=True)
class Trial:
    """`text`: the rule as it would read, "" where one is ended. `cut`: there were more cases."""

    since: datetime
    until: datetime
    text: str
    tally: Tally
    units: dict[int, str]
    cut: bool


async def try_change(
    viewer: Viewer | None, draft: Draft | None, *, rule_id: int | None = None
) -> Trial:
    """With the draft instead of (or besides) the rules in force; without a draft, one is ended.

    Over the cases that the viewer may see, as far as they were accepted in the last 30 days.
    """
    who, now = demand_held(viewer, RULES), datetime.now(UTC)
    old = await latest(who, rule_id, now) if rule_id is not None else None
    new = await drawn(who, draft, now) if draft is not None else None
    ledger = await ledger_at(now)
    kept = [r for r in ledger.book.rules if old is None or ledger.rows[r.id].number != old.number]
    after = Book.of([*kept, *([_next(plain(new))] if new else [])])
    counted, cut = Tally(most=MOST_SHOWN), False
    async for part in accepted_outlines(who, now - WINDOW, now):
        known = ((one.case_id, ledger.matter(one), one.first_unit_id) for one in part)
        tally(counted, known, ledger.book, after)
        if cut := counted.cases >= MOST_CASES:
            break
    units = Unit.filter(id__in=counted.units)
    return Trial(
        since=now - WINDOW,
        until=now,
        text=new.text if new else "",
        tally=counted,
        units=dict(await units.values_list("id", "name")) if counted.units else {},
        cut=cut,
    )


def _next(rule: Rule) -> Rule:
    return replace(rule, id=NEXT_ID)
