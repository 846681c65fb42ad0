"""文件 on the page of a case: what there is, adding one, taking one away."""

from typing import Any

from liuhe import LiuheError, house, may
from liuhe.pages import Request, Response, UploadFile, form, render_fragment, see_other, viewer
from plugins.cases.actions.documents import MOST, demand_documents, documents_of
from plugins.cases.actions.documents import add_document as add
from plugins.cases.actions.documents import remove_document as remove
from plugins.cases.permissions import DOCUMENTS, SCOPE

KILO, MEGA = 1_000, 1_000_000


async def show_documents(request: Request, case: Any) -> str:
    """For who works on the case; nothing for others."""
    who = viewer(request)
    if not may(who, DOCUMENTS, case, SCOPE):
        return ""
    found = await documents_of(who, case)
    context = {
        "case": case,
        "documents": [
            {
                "id": one.file.id,
                "name": one.file.name,
                "size": _size(one.file.size),
                "by": one.by,
                "at": one.file.created_at,
            }
            for one in found
        ],
        "may_add": case.forgotten_at is None and len(found) < MOST,
        "most": house().settings.upload_megabytes,
    }
    return render_fragment(request, "cases/documents.html", context)


def _size(octets: int) -> str:
    return f"{octets / MEGA:.1f} MB" if octets >= MEGA else f"{max(1, octets // KILO)} KB"


async def add_document(request: Request) -> Response:
    case_id = request.path_params["id"]
    back = f"/admin/cases/{case_id}#documents-t"
    await form(request)
    await demand_documents(viewer(request), case_id)
    given = (await request.form()).get("document")
    if not isinstance(given, UploadFile) or not given.filename:
        return see_other(request, back, "请先选一份文件。", kind="bad")
    try:
        file = await add(viewer(request), case_id, await given.read(), given.filename)
    except LiuheError as error:
        if error.status not in (409, 413, 422, 503):
            raise
        return see_other(request, back, error.message, kind="bad")
    return see_other(request, back, f"附上了“{file.name}”。")


async def remove_document(request: Request) -> Response:
    case_id = request.path_params["id"]
    given = await form(request)
    await remove(viewer(request), case_id, given.text("file", most=40))
    return see_other(request, f"/admin/cases/{case_id}#documents-t", "文件删除了。")
