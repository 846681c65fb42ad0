"""Forms that move a task, and the part of a case's page that shows tasks as they are now."""

from collections.abc import Awaitable, Callable
from typing import Any

from liuhe import BadInput, Conflict, NotFound
from liuhe.pages import (
    Form,
    Request,
    Response,
    form,
    fragment,
    is_htmx,
    page,
    see_other,
    viewer,
)
from plugins.cases import actions
from plugins.cases.models import Task
from plugins.cases.pages.one import context_of
from plugins.cases.pages.showing import show
from plugins.cases.pages.task_words import TASK_WORDS
from plugins.cases.pages.tasks import Tried, help_on

LIST = "/admin/cases/tasks"
Act = Callable[..., Awaitable[Task]]
ACTS: dict[str, tuple[Act, tuple[str, ...]]] = {
    "sign": (actions.sign_task, ()),
    "report": (actions.report_task, ("note", "file_ids")),
    "return": (actions.return_task, ("reason",)),
    "accept": (actions.accept_task, ("note",)),
    "redo": (actions.redo_task, ("reason",)),
    "cancel": (actions.cancel_task, ("reason",)),
}


async def move_task(request: Request) -> Response:
    action, number = request.path_params["action"], request.path_params["number"]
    found = await Task.get_or_none(case_id=request.path_params["id"], number=number)
    if action not in ACTS or found is None:
        raise NotFound()
    given = await form(request)
    values: dict[str, Any] = given.values()
    try:
        pictures = await given.pictures("fileIds", viewer(request))
        values["keptIds"] = [*given.many("keptIds"), *pictures]
        task = await _act(request, found, action, given, values["keptIds"])
    except BadInput as error:
        error.field = "fileIds" if error.field == "file" else error.field
        tried = Tried(number=number, action=action, values=values, error=error)
        return await _again(request, tried)
    except Conflict as conflict:
        tried = Tried(number=number, action=action, values=values)
        return await _again(request, tried, conflict)
    return await _done(request, TASK_WORDS[action].then.format(unit=task.unit.name))


async def _act(request: Request, task: Task, action: str, given: Form, files: list[str]) -> Task:
    act, takes = ACTS[action]
    known: dict[str, Callable[[], Any]] = {
        "note": lambda: given.text("note"),
        "reason": lambda: given.text("reason"),
        "file_ids": lambda: files,
    }
    values = {name: known[name]() for name in takes}
    return await act(viewer(request), task.id, version=given.whole("version"), **values)


async def _done(request: Request, said: str) -> Response:
    shown = await show(viewer(request), request.path_params["id"])
    if shown is None:  # given back before it was there: not this unit's to see any more
        return see_other(request, LIST, said)
    if not is_htmx(request):
        return see_other(request, f"/admin/cases/{shown.id}", said)
    context = await context_of(request, shown, said=("ok", said))
    return fragment(request, "cases/body.html", context)


async def _again(request: Request, tried: Tried, conflict: Conflict | None = None) -> Response:
    """The case as it is now, with the same form if it can still be used, and nothing typed lost."""
    shown = await show(viewer(request), request.path_params["id"])
    if shown is None:
        raise conflict or NotFound()
    said = ("warn", conflict.message) if conflict else None
    context = await context_of(request, shown, said=said, tried=tried)
    status = 409 if conflict else 422
    if not is_htmx(request):
        return await page(request, "cases/case.html", context, status=status)
    response = fragment(request, "cases/body.html", context, status=status)
    response.headers["HX-Retarget"] = "#case"
    response.headers["HX-Reswap"] = "outerHTML"
    return response


async def tasks_part(request: Request) -> Response:
    """The tasks again; nothing (204) if nothing has changed since `mark`.

    A form that somebody may be filling in is left alone: a notice tells that something changed.
    """
    who = viewer(request)
    shown = await show(who, request.path_params["id"])
    if shown is None:
        return fragment(request, "cases/gone.html", {"place": "tasks-fresh"})
    found = await help_on(who, shown.case)
    if request.query_params.get("mark") == found.mark:
        return Response(status_code=204)
    filling = request.query_params.get("filling") == "1"
    if not filling:
        await actions.note_tasks_read(who, shown.case, found.people, found.pictures)
    context = {"help": found, "case": shown.case, "front": False, "filling": filling}
    return fragment(request, "cases/tasks_fresh.html", {**context, "again": True})
