"""Where neighbours come together: fragments at named places of a page, layers of the map."""

from typing import Any

import structlog
from markupsafe import Markup
from starlette.requests import Request

from core.contributions import MapLayer
from core.permissions import Viewer
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


def map_layers(request: Request, viewer: Viewer) -> list[MapLayer]:
    """The layers of the enabled plugins that the viewer may open, in their order."""
    plugins = request.app.state.kernel.plugins.values()
    layers = (layer for one in plugins for layer in one.map_layers)
    held = (layer for layer in layers if viewer.holds(layer.permission))
    return sorted(held, key=lambda layer: (layer.order, layer.title))
