"""A rule is made, changed or ended: first the form, then what it would do, then it is saved."""

import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from liuhe import BadInput, NotFound, demand_held
from liuhe.pages import Form, Request, Response, Route, form, page, see_other, viewer
from plugins.cases.schema import Case
from plugins.dispatch import actions
from plugins.dispatch.actions import Draft, Trial
from plugins.dispatch.models import Rule
from plugins.dispatch.pages import choices
from plugins.dispatch.permissions import RULES, SEE, may_rule, seen_rules
from plugins.dispatch.rules import Days, Mode

HERE = "/admin/dispatch/"
NAMES = (
    "type",
    "areaId",
    "days",
    "begins",
    "ends",
    "unitId",
    "mode",
    "rank",
    "validFrom",
    "validUntil",
    "key",
)
FRESH = {"days": Days.ANY.value, "mode": Mode.SUGGEST.value, "rank": 100}


async def new(request: Request) -> Response:
    who = demand_held(viewer(request), RULES)
    asked = request.query_params.get("case", "")
    known = (
        await choices.from_case(who, int(asked)) if asked.isdecimal() and len(asked) < 18 else {}
    )
    values = {**FRESH, **known, "key": uuid.uuid4().hex}
    return await page(request, "dispatch/form.html", await _form(request, values, None))


async def make(request: Request) -> Response:
    return await _go_on(request, None)


async def one(request: Request) -> Response:
    """The rule: to be changed by whoever may, with its history for everybody who sees it."""
    who = demand_held(viewer(request), SEE)
    rule = await _seen(request)
    history = await _history(rule)
    open_ = rule.id == history[0].id and not _over(rule)
    context = (
        await _form(request, choices.of_rule(rule), rule) if open_ and may_rule(who, rule) else {}
    )
    context = {"page_title": f"规则 {rule.number}", "rule": rule, "back": HERE, **context}
    return await page(
        request, "dispatch/rule.html", {**context, "history": history, "over": not open_}
    )


async def change(request: Request) -> Response:
    return await _go_on(request, await _seen(request))


async def ending(request: Request) -> Response:
    """What would become of its cases without it."""
    rule = await _seen(request)
    trial = await actions.try_change(viewer(request), None, rule_id=rule.id)
    return await page(request, "dispatch/trial.html", await _trial(request, trial, {}, rule))


async def end(request: Request) -> Response:
    rule = await actions.end_rule(viewer(request), request.path_params["id"])
    return see_other(
        request, HERE, f"规则 {rule.number} 已停用。以后受理的这类案件按别的规则，或由人派遣。"
    )


async def _go_on(request: Request, rule: Rule | None) -> Response:
    """Try, then save; or back to the form with nothing lost."""
    given = await form(request)
    values = {name: given.text(name, most=40) for name in NAMES}
    rule_id = rule.id if rule else None
    try:
        if given.text("do") == "back":
            return await _again(request, values, rule)
        draft = _draft(given)
        if given.text("do") == "save":
            saved = await actions.save_rule(
                viewer(request), draft, rule_id=rule_id, idempotency_key=values["key"] or None
            )
            return see_other(request, HERE, f"规则 {saved.number} 已保存：{saved.text}")
        trial = await actions.try_change(viewer(request), draft, rule_id=rule_id)
    except BadInput as error:
        return await _again(request, values, rule, error)
    return await page(request, "dispatch/trial.html", await _trial(request, trial, values, rule))


async def _again(
    request: Request, values: Mapping[str, Any], rule: Rule | None, error: BadInput | None = None
) -> Response:
    context = await _form(request, values, rule, error)
    if rule is not None:
        context["history"] = await _history(rule)
    name = "dispatch/rule.html" if rule else "dispatch/form.html"
    return await page(request, name, context, status=422 if error else 200)


def _draft(given: Form) -> Draft:
    kind, _, code = given.text("type", most=20).rpartition(":")
    return Draft(
        kind=kind or "event",
        class_code=code if len(code) == 2 else "",
        type_code=code if len(code) != 2 else "",
        area_id=given.whole("areaId"),
        days=given.text("days", most=10),
        begins=given.text("begins", most=10),
        ends=given.text("ends", most=10),
        unit_id=given.whole("unitId"),
        mode=given.text("mode", most=10),
        rank=given.whole("rank"),
        valid_from=day_of(given, "validFrom"),
        valid_until=day_of(given, "validUntil"),
    )


def day_of(given: Form, name: str) -> date | None:
    text = given.text(name, most=20)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadInput("请选择日期。", field=name, reason="not_a_date") from None


async def _form(
    request: Request, values: Mapping[str, Any], rule: Rule | None, error: BadInput | None = None
) -> dict[str, Any]:
    who = demand_held(viewer(request), RULES)
    area = str(values.get("areaId") or "")
    problems = {error.field: error.message} if error else {}
    for one_of in ("typeCode", "classCode"):  # one select asks for both
        if one_of in problems:
            problems["type"] = problems.pop(one_of)
    return {
        "page_title": f"规则 {rule.number}" if rule else "新的派遣规则",
        "rule": rule,
        "action": f"{HERE}{rule.id}" if rule else f"{HERE}new",
        "back": HERE,
        "types": await choices.types(who),
        "areas": await choices.areas(who, int(area) if area.isdecimal() else None),
        "units": await choices.units(who),
        "days": choices.DAYS,
        "modes": choices.MODES,
        "values": values,
        "problems": problems,
        "problem": "" if set(problems) & set(NAMES) else next(iter(problems.values()), ""),
    }


async def _trial(
    request: Request, trial: Trial, values: Mapping[str, Any], rule: Rule | None
) -> dict[str, Any]:
    counted = trial.tally
    seen = Case.seen_by(viewer(request)).filter(id__in=[one.case_id for one in counted.shown])
    cases = {row.id: row for row in await seen}
    return {
        "page_title": "试算",
        "trial": trial,
        "tally": counted,
        "rule": rule,
        "values": values,
        "action": f"{HERE}{rule.id}" if rule else f"{HERE}new",
        "ends": not trial.text,
        "units": [
            {
                "name": _name(trial, unit, "没有规则，或还没派"),
                "before": counted.before[unit],
                "after": counted.after[unit],
                "really": counted.really[unit],
            }
            for unit in (*counted.units, None)
        ],
        "changes": [
            {
                "case": cases[one.case_id],
                "before": _name(trial, one.before, "没有规则"),
                "after": _name(trial, one.after, "没有规则"),
                "really": _name(trial, one.really, "还没派"),
            }
            for one in counted.shown
            if one.case_id in cases
        ],
    }


def _name(trial: Trial, unit_id: int | None, none: str) -> str:
    return none if unit_id is None else trial.units.get(unit_id, "")


async def _seen(request: Request) -> Rule:
    seen = Rule.filter(seen_rules(viewer(request)), id=request.path_params["id"])
    rule = await seen.select_related("area", "unit").first()
    if rule is None:
        raise NotFound("没有这条规则，或者您无权查看。")
    return rule


async def _history(rule: Rule) -> list[Rule]:
    """All versions, the latest first."""
    return await Rule.filter(number=rule.number).order_by("-version").select_related("made_by")


def _over(rule: Rule) -> bool:
    return rule.valid_until is not None and rule.valid_until <= datetime.now(UTC)


ROUTES = [
    Route("/new", new, methods=["GET"]),
    Route("/new", make, methods=["POST"]),
    Route("/{id:int}", one, methods=["GET"]),
    Route("/{id:int}", change, methods=["POST"]),
    Route("/{id:int}/end", ending, methods=["GET"]),
    Route("/{id:int}/end", end, methods=["POST"]),
]
