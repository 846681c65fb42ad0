"""What the interface adds to the page of a case that came by it."""

from typing import Any

from liuhe import BadInput, may
from liuhe.pages import Request, Response, Route, form, page, render_fragment, see_other, viewer
from plugins.open311 import actions
from plugins.open311.models import Note, Sending
from plugins.open311.permissions import CASE_SCOPE, CONTACT, MANAGE

MOST_REASON = 100


async def show_on_case(request: Request, case: Any) -> str:
    """That it came by it and what was said later; which program it was, and the addresses that a
    stranger wrote, for whoever keeps the interface or calls the reporter."""
    sent = await Sending.filter(case_id=case.id).order_by("id").select_related("key")
    if not sent:
        return ""
    notes = await Note.filter(case_id=case.id).order_by("id").select_related("key")
    who = viewer(request)
    may_contact = may(who, CONTACT, case, CASE_SCOPE)
    context = {
        "case": case,
        "knows": may_contact or may(who, MANAGE, case, CASE_SCOPE),
        "programs": "、".join(dict.fromkeys(one.key.name for one in sent)),
        "media": [one.media_url for one in sent if one.media_url],
        "notes": notes,
        "may_contact": may_contact,
        "has_contact": any(one.contact_id for one in sent),
    }
    return render_fragment(request, "open311/_on_case.html", context)


async def contact(request: Request) -> Response:
    """How the reporter can be reached, after it was written down who looks and why."""
    case_id = request.path_params["case_id"]
    given = await form(request)
    try:
        reason = given.need("reason", "为什么要看", most=MOST_REASON)
        contacts = await actions.read_contacts(viewer(request), case_id, reason=reason)
    except BadInput as error:
        return see_other(request, f"/admin/cases/{case_id}", error.message, kind="bad")
    context = {"page_title": "上报人的联系方式", "contacts": contacts, "case_id": case_id}
    return await page(request, "open311/contact.html", context)


ROUTES = [Route("/contact/{case_id:int}", contact, methods=["POST"])]
