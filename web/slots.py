"""Named places on a page where neighbours may put a fragment."""

from typing import Any

import structlog
from markupsafe import Markup
from starlette.requests import Request

from web.templating import safe

log = structlog.get_logger()


async def fill_slots(request: Request, place: str, thing: Any) -> list[Markup]:
    """What the enabled plugins have to show at `place` about `thing`; a failing one is left out."""
    filled = []
    for slot in request.app.state.slots.get(place, ()):
        try:
            html = await slot.render(request, thing)
        except Exception:
            log.exception("slot.failed", place=place, plugin=slot.render.__module__)
            continue
        if html:
            filled.append(safe(html))
    return filled
