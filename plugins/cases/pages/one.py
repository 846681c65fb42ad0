"""The page of one case: what it is, what has been done, and the one thing that I may do now.

Neighbours may fill the slot "case.after_facts"; they get the `Case` row with its area, type, unit.
"""

from collections.abc import Mapping
from typing import Any

from liuhe import BadInput, NotFound
from liuhe.pages import (
    Request,
    Response,
    fill_slots,
    fragment,
    page,
    viewer,
)
from plugins.cases.actions import note_case_read
from plugins.cases.pages.flowing import wait_of
from plugins.cases.pages.forms import move_form
from plugins.cases.pages.showing import Shown, show
from plugins.cases.pages.tasks import Tried, help_on
from plugins.cases.pages.words import MARK_WAITS, filled
from plugins.cases.rules import Stage

EARLY_ENDS = (Stage.REJECTED, Stage.WITHDRAWN, Stage.MERGED)


async def case_page(request: Request) -> Response:
    shown = await shown_or_missing(request)
    return await page(request, "cases/case.html", await context_of(request, shown))


async def evidence_part(request: Request) -> Response:
    """The pictures again, while some are being blurred; that a case is gone, `fresh_part` tells."""
    shown = await show(viewer(request), request.path_params["id"])
    if shown is None:
        return Response(status_code=204)
    return fragment(request, "cases/evidence.html", {"shown": shown, "again": False})


async def fresh_part(request: Request) -> Response:
    """What has changed since `version`; nothing (204) if nothing has.

    A form that somebody may be filling in is left alone: a notice tells what has happened.
    """
    shown = await show(viewer(request), request.path_params["id"])
    if shown is not None and request.query_params.get("version") == str(shown.case.version):
        return Response(status_code=204)
    if shown is None:
        return fragment(request, "cases/gone.html", {})
    context = await context_of(request, shown)
    filling = request.query_params.get("filling") == "1"
    return fragment(request, "cases/fresh.html", {**context, "again": True, "filling": filling})


async def shown_or_missing(request: Request) -> Shown:
    shown = await show(viewer(request), request.path_params["id"])
    if shown is None:
        raise NotFound()
    return shown


async def context_of(
    request: Request,
    shown: Shown,
    *,
    at: str = "",
    values: Mapping[str, Any] | None = None,
    error: BadInput | None = None,
    said: tuple[str, str] | None = None,
    tried: Tried | None = None,
) -> dict[str, Any]:
    """`at`: the action whose form comes first, because it was just tried; `tried`: the same for a
    task. `said`: (tone, text)."""
    found = await help_on(shown.viewer, shown.case, tried)
    await note_case_read(shown.viewer, shown.case, [*shown.evidence, *found.pictures])
    moves = sorted(shown.moves, key=lambda move: move.action != at) if at else shown.moves
    forms = [
        await move_form(
            move,
            shown.case,
            shown.viewer,
            values=values if move.action == at else None,
            error=error if move.action == at else None,
        )
        for move in moves
    ]
    front = bool(forms) and (forms[0]["front"] or bool(at))
    return {
        "page_title": shown.case.title,
        "shown": shown,
        "case": shown.case,
        "forms": forms,
        "front": front,
        "wait": _wait(shown),
        "help": found,
        "said": said,
        "slots": await fill_slots(request, "case.after_facts", shown.case),
        "again": False,
        "filling": False,
    }


def _wait(shown: Shown) -> tuple[str, str]:
    """Whom the case waits for, or how it ended."""
    marked = (MARK_WAITS[mark] for mark in MARK_WAITS if mark in shown.case.marks)
    title, text = next(marked, wait_of(shown.case))
    if shown.case.stage in EARLY_ENDS:
        return title, shown.steps[-1].note  # the reason, which the reporter came to read
    return filled(title, shown.case), filled(text, shown.case)
