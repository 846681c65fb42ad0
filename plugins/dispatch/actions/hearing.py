"""After a person has accepted a case: what the rules say is written down, and done if it is to be.

Only 受理 is heard. What was handed back or taken up again is for people: the rule's answer has
been tried already.
"""

from datetime import UTC, datetime

from liuhe import atomic
from plugins.cases.actions import dispatch_by_rule, outlines_of
from plugins.cases.facts import CaseMoved
from plugins.dispatch.actions.judging import ledger_at
from plugins.dispatch.models import Assignment, Rule
from plugins.dispatch.rules import Mode

ACCEPT = "accept"


@atomic
async def judge_accepted(fact: CaseMoved) -> None:
    """Once for each case, however often it is told; not where somebody was quicker."""
    if fact.action != ACCEPT or fact.person_id is None:
        return
    outline = (await outlines_of([fact.case_id])).get(fact.case_id)
    if outline is None or not outline.waits or await Assignment.exists(case_id=fact.case_id):
        return
    at = datetime.now(UTC)
    rule = (await ledger_at(at)).rule_for(outline)
    await Assignment.create(
        case_id=fact.case_id,
        rule_id=rule.id if rule else None,
        text=rule.text if rule else "",
        sent=rule is not None and await _sent(fact.case_id, rule),
        at=at,
    )


async def _sent(case_id: int, rule: Rule) -> bool:
    """Whether it was dispatched at once."""
    if rule.mode != Mode.AUTO:
        return False
    known = {"id": rule.id, "number": rule.number, "version": rule.version}
    text = f"派遣规则 {rule.number}：{rule.text}"
    done = await dispatch_by_rule(case_id, unit_id=rule.unit_id, rule=known, text=text)
    return done is not None
