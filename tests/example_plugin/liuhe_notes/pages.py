"""Notes on the page of their case, and the latest of them on a page of their own."""

from typing import Any

from liuhe import BadInput
from liuhe.pages import Request, Response, form, page, render_fragment, see_other, viewer
from liuhe_notes import actions, models, schema


async def latest(request: Request) -> Response:
    seen = schema.Note.seen_by(viewer(request)).select_related("case", "author")
    notes = await seen.order_by("-id").limit(50)
    return await page(request, "notes/latest.html", {"page_title": "便签", "notes": notes})


async def write(request: Request) -> Response:
    case_id = request.path_params["case"]
    given = await form(request)
    back = f"/admin/cases/{case_id}"
    try:
        await actions.write_note(viewer(request), case_id, given.text("text"))
    except BadInput as error:
        return see_other(request, back, error.message, kind="bad")
    return see_other(request, back, "便签写好了。")


async def on_case(request: Request, case: Any) -> str:
    """The slot on the page of a case, which the viewer is known to see."""
    who = viewer(request)
    if not who.holds("notes.see"):
        return ""
    notes = await models.Note.filter(case_id=case.id).select_related("author").order_by("id")
    context = {"case": case, "notes": notes, "may_write": who.holds("notes.write")}
    return render_fragment(request, "notes/on_case.html", context)
