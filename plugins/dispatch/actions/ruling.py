"""Making, changing and ending rules. A version is never overwritten: it ends, another begins."""

from datetime import UTC, datetime
from typing import Any

from liuhe import (
    BadInput,
    Conflict,
    Forbidden,
    NotFound,
    Viewer,
    atomic,
    demand_held,
    fill,
    record,
    redeem,
)
from plugins.dispatch.actions.drafting import MOST_RULES, Draft, drawn, weighed
from plugins.dispatch.actions.judging import plain
from plugins.dispatch.models import Rule, not_ended
from plugins.dispatch.permissions import RULE_CHANGED, RULES, may_rule, seen_rules
from plugins.dispatch.rules import changes


@atomic
async def save_rule(
    viewer: Viewer | None,
    draft: Draft,
    *,
    rule_id: int | None = None,
    idempotency_key: str | None = None,
) -> Rule:
    """A new rule, or a new version of the one that was looked at (`rule_id`, the latest one)."""
    who, now = demand_held(viewer, RULES), _now()
    receipt = await redeem(
        str(who.person_id), "dispatch.save", idempotency_key, _given(draft, rule_id)
    )
    if receipt and receipt.result:
        return await Rule.get(id=int(receipt.result)).select_related("area", "unit")
    old = await held(who, rule_id, now) if rule_id is not None else None
    new = await drawn(who, draft, now)
    weighed(new, plain(new))
    if old is None:
        await _keep_few(now)
    elif not (differs := changes(codes(old), codes(new))):
        return old
    else:
        await _end(old.number, new.valid_from)
        new.number = old.number
    new.version = old.version + 1 if old else 1
    await new.save()
    if new.number is None:
        new.number = new.id
        await new.save(update_fields=["number"])
    what = {"change": differs} if old else {"made": codes(new)}
    await record(who, RULE_CHANGED, new, details={"number": new.number, **what})
    await fill(receipt, new.id)
    return new


@atomic
async def end_rule(viewer: Viewer | None, rule_id: int) -> Rule:
    """From now on it sends nothing; what it has done stays."""
    who, now = demand_held(viewer, RULES), _now()
    rule = await held(who, rule_id, now)
    await _end(rule.number, now)
    await record(who, RULE_CHANGED, rule, details={"number": rule.number, "ended": 1})
    rule.valid_until = now
    return rule


async def held(who: Viewer, rule_id: int, now: datetime) -> Rule:
    """The latest version of a rule, locked, if it is this viewer's to change."""
    number = await Rule.filter(id=rule_id).values_list("number", flat=True)
    await Rule.filter(number__in=list(number)).order_by("id").select_for_update()
    return await latest(who, rule_id, now)


async def latest(who: Viewer, rule_id: int, now: datetime) -> Rule:
    """The rule that was looked at, if it is the viewer's to change and nobody has changed it."""
    seen = Rule.filter(seen_rules(who), id=rule_id)
    rule = await seen.select_related("area", "unit").first()
    if rule is None:
        raise NotFound("没有这条规则，或者您无权查看。")
    if not may_rule(who, rule):
        raise Forbidden("这条规则不归您管。")
    if await Rule.filter(number=rule.number, version__gt=rule.version).exists():
        raise Conflict("这条规则刚被改过，请看过最新的再改。")
    if rule.valid_until is not None and rule.valid_until <= now:
        raise Conflict("这条规则已经停用；需要的话请另建一条。")
    return rule


async def _end(number: int | None, at: datetime) -> None:
    await Rule.filter(not_ended(at), number=number).update(valid_until=at)


async def _keep_few(now: datetime) -> None:
    if await Rule.filter(not_ended(now)).count() >= MOST_RULES:
        raise BadInput(f"最多 {MOST_RULES} 条规则，请先停用不再需要的。", reason="too_many")


def codes(rule: Rule) -> dict[str, Any]:
    """What a rule says, in numbers and codes, for the audit."""
    names = ("kind", "class_code", "type_code", "area_id", "days", "begins", "ends")
    said = {name: getattr(rule, name) for name in (*names, "unit_id", "mode", "rank")}
    until = rule.valid_until
    return {**said, "until": int(until.timestamp()) if until else None}


def _given(draft: Draft, rule_id: int | None) -> dict[str, Any]:
    return {**vars(draft), "rule": rule_id}


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
