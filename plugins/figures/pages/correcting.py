"""Objections are filed and answered, errata published."""

from typing import Any

from liuhe import BadInput, NotFound, demand_held, settings_of
from liuhe.graphql import connection
from liuhe.pages import Form, Request, Response, Route, form, page, see_other, viewer
from plugins.figures import actions
from plugins.figures.models import Erratum, Objection
from plugins.figures.pages.asked import HERE, Asked
from plugins.figures.pages.looking import why_context
from plugins.figures.pages.words import pair_text
from plugins.figures.permissions import SEE, answers, seen_objections, takes_part
from plugins.figures.rules import Pair, month_words
from plugins.figures.settings import FiguresSettings

OUTCOMES = {"": "等待答复", "upheld": "支持", "refused": "不支持"}
UNTOLD = "勘误已写在这个数旁边。件数太少，不公布，只有看得到完整的数的人看得到。"
TONES = {"": "warn", "upheld": "ok", "refused": ""}


async def change(request: Request) -> Response:
    """From the page that says why: an objection, or an erratum."""
    who = demand_held(viewer(request), SEE)
    given, code = await form(request), request.path_params["code"]
    asked = await Asked.of(request, given.values())
    where = {"code": code, "month": asked.month, "by": asked.by, "key": asked.key}
    try:
        if given.text("do") == "erratum":
            erratum = await actions.publish_erratum(
                who,
                corrected=_corrected(given) or Pair(),
                reason=given.text("reason"),
                idempotency_key=given.text("once", most=60) or None,
                **where,
            )
            done = "勘误已发布，写在这个数旁边。" if erratum.told else UNTOLD
        else:
            await actions.file_objection(
                who,
                text=given.text("text"),
                view=asked.view or None,
                idempotency_key=given.text("once", most=60) or None,
                **where,
            )
            days = settings_of(FiguresSettings).answer_days
            done = f"异议已提出，{days} 天内答复；可以在“异议”里看到。"
    except BadInput as error:
        context = await why_context(who, asked, code)
        context |= {"values": given.values(), "problems": {error.field or "text": error.message}}
        return await page(request, "figures/why.html", context, status=422)
    return see_other(request, asked.url(f"{code}/why"), done)


def _corrected(given: Form) -> Pair | None:
    numerator, denominator = given.whole("numerator"), given.whole("denominator")
    if numerator is None and denominator is None:
        return None
    if numerator is None or denominator is None:
        raise BadInput("分子和分母要一起填。", field="numerator", reason="required")
    return Pair(numerator, denominator)


async def objections(request: Request) -> Response:
    who = demand_held(viewer(request), SEE)
    params = request.query_params
    done = params.get("state") == "answered"
    found = Objection.filter(seen_objections(who), answered_at__isnull=not done)
    after, before = params.get("after") or None, params.get("before") or None
    size = {"last": 20} if before else {"first": 20}
    listed = await connection(
        found.select_related("sheet", "filed_by"),
        lambda row: row,
        order=["-answered_at"] if done else ["due_at"],
        after=after,
        before=before,
        **size,
    )
    part, state = listed.page_info.page, "&state=answered" if done else ""
    context = {
        "page_title": "异议",
        "days": settings_of(FiguresSettings).answer_days,
        "rows": [_row(one) for one in part.rows],
        "done": done,
        "answers": answers(who),
        "takes_part": takes_part(who),
        "tabs": [
            ("等待答复", f"{HERE}objections", not done, None),
            ("已答复", f"{HERE}objections?state=answered", done, None),
        ],
        "prev": f"{HERE}objections?before={part.start_cursor}{state}" if part.has_previous else "",
        "next": f"{HERE}objections?after={part.end_cursor}{state}" if part.has_next else "",
    }
    return await page(request, "figures/objections.html", context)


def _row(one: Objection) -> dict[str, Any]:
    sheet = one.sheet
    where = "合计" if one.by == actions.ALL else actions.label_of(sheet.names, one.by, one.key)
    return {
        "text": one.text,
        "href": f"{HERE}objections/{one.id}",
        "figure": f"{sheet.card['title']} · {month_words(sheet.month)} · {where}",
        "seen": pair_text(Pair(one.numerator, one.denominator)),
        "by": one.filed_by.name,
        "filed_at": one.filed_at,
        "due_at": one.due_at,
        "answered_at": one.answered_at,
        "outcome": OUTCOMES[one.outcome],
        "outcome_tone": TONES[one.outcome],
        "tone": "late" if one.overdue(actions.now()) else "",
    }


async def objection(request: Request) -> Response:
    return await page(request, "figures/objection.html", await _objection(request))


async def _objection(request: Request) -> dict[str, Any]:
    who = demand_held(viewer(request), SEE)
    seen = Objection.filter(seen_objections(who), id=request.path_params["id"])
    one = await seen.select_related("sheet", "filed_by", "answered_by").first()
    if one is None:
        raise NotFound("没有这条异议，或者您无权查看。")
    asked = Asked(month=one.sheet.month, by=one.by, key=one.key)
    errata = await actions.errata_of(who, one)
    return {
        "page_title": "异议",
        "one": one,
        "row": _row(one),
        "answer_by": one.answered_by.name if one.answered_by else "",
        "errata": [_erratum(e) for e in errata],
        "withheld": not errata and await Erratum.exists(objection_id=one.id),
        "closed": one.sheet.closed_at is not None,
        "may_answer": answers(who) and one.answered_at is None and one.filed_by_id != who.person_id,
        "own": one.filed_by_id == who.person_id,
        "rows": asked.url(f"{one.sheet.code}/rows"),
        "values": {},
        "problems": {},
    }


def _erratum(one: Erratum) -> str:
    old = pair_text(Pair(one.old_numerator, one.old_denominator))
    return f"{old} 更正为 {pair_text(Pair(one.numerator, one.denominator))}"


async def answer(request: Request) -> Response:
    given = await form(request)
    try:
        outcome = given.text("outcome", most=10)
        if outcome not in ("upheld", "refused"):
            raise BadInput("请选择支持或不支持。", field="outcome", reason="required")
        await actions.answer_objection(
            viewer(request),
            request.path_params["id"],
            upheld=outcome == "upheld",
            answer=given.text("answer"),
            corrected=_corrected(given),
        )
    except BadInput as error:
        context = await _objection(request)
        context |= {"values": given.values(), "problems": {error.field or "answer": error.message}}
        return await page(request, "figures/objection.html", context, status=422)
    return see_other(request, f"{HERE}objections", "已答复，提出的人看得到。")


ROUTES = [
    Route("/objections", objections),
    Route("/objections/{id:int}", objection, methods=["GET"]),
    Route("/objections/{id:int}", answer, methods=["POST"]),
    Route("/{code}/why", change, methods=["POST"]),
]
