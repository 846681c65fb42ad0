"""What residents' reports add to a case's page and to the home page."""

from datetime import UTC, datetime
from typing import Any

from tortoise.expressions import Subquery

from liuhe import BadInput, Conflict, Viewer, WaitingItem, WaitingList, may
from liuhe.pages import (
    Request,
    Response,
    ago,
    form,
    page,
    render_fragment,
    see_other,
    viewer,
)
from plugins.cases.schema import Case
from plugins.residents import actions
from plugins.residents.models import Question, Report
from plugins.residents.permissions import ASK, CASE_SCOPE, CONTACT
from plugins.residents.rules import CHANNEL_LABELS, ENDED

SHOWN = 5


async def show_on_case(request: Request, case: Any) -> str:
    """For a case that a resident reported: how it came, what was asked, and how to ask."""
    reports = await Report.filter(case_id=case.id).order_by("id").select_related("entered_by")
    questions = await Question.filter(case_id=case.id).order_by("id").select_related("asked_by")
    if not reports and not questions:
        return ""
    who, first = viewer(request), reports[0] if reports else None
    await actions.note_answers_seen(who, case.id)
    for report in reports:
        report.case = case
    may_ask = bool(reports) and may(who, ASK, case, CASE_SCOPE) and case.stage.value not in ENDED
    left = actions.settings().most_questions - len(questions)
    now = datetime.now(UTC)
    reached = any(one.contact_id and not actions.contact_over(one, now) for one in reports)
    context = {
        "case": case,
        "channel": CHANNEL_LABELS[first.channel] if first else "",
        "clerk": first.entered_by.name if first and first.entered_by else "",
        "has_contact": reached,
        "may_contact": may(who, CONTACT, case, CASE_SCOPE),
        "questions": questions,
        "may_ask": may_ask and left > 0,
        "left": left,
        "longest": actions.LONGEST_QUESTION,
    }
    return render_fragment(request, "residents/_on_case.html", context)


async def ask(request: Request) -> Response:
    case_id = request.path_params["case_id"]
    given = await form(request)
    back = f"/admin/cases/{case_id}"
    try:
        await actions.ask(viewer(request), case_id, text=given.text("text"))
    except (BadInput, Conflict) as error:
        return see_other(request, back, error.message, kind="bad")
    return see_other(request, back, "已经问了。居民凭查询码看到以后会答复，首页会提醒您。")


async def contact(request: Request) -> Response:
    """The telephone number, after it was written down who looks."""
    case_id = request.path_params["case_id"]
    await form(request)
    phones = await actions.read_contacts(viewer(request), case_id)
    context = {"page_title": "居民的联系电话", "phones": phones, "case_id": case_id}
    return await page(request, "residents/contact.html", context)


async def waiting(who: Viewer) -> WaitingList | None:
    """Answers that whoever asked, and may still see the case, has not seen; shown only when there
    are some."""
    if not who.holds(ASK):
        return None
    fresh = Question.filter(
        asked_by_id=who.person_id,
        answered_at__isnull=False,
        seen_at__isnull=True,
        case_id__in=Subquery(Case.seen_by(who).values("id")),
    )
    count = await fresh.count()
    if not count:
        return None
    first = await fresh.order_by("answered_at").limit(SHOWN).select_related("case")
    return WaitingList(
        title="居民已答复",
        hint="您问的，居民答了。打开案件就能看到。",
        href=f"/admin/cases/{first[0].case_id}",
        count=count,
        items=[_item(one) for one in first],
    )


def _item(question: Question) -> WaitingItem:
    return WaitingItem(
        title=question.case.title,
        meta=f"{question.text[:40]} · {ago(question.answered_at)}答复",
        href=f"/admin/cases/{question.case_id}",
    )
