"""HTMX pages for plugins: see `web/templates/README.md` for the templates and macros."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from web.pages import (
    Form,
    form,
    fragment,
    is_htmx,
    page,
    render_fragment,
    see_other,
    viewer,
)
from web.slots import fill_slots
from web.templating import ago, safe, span

__all__ = [
    "BaseRoute",
    "Form",
    "Mount",
    "Request",
    "Response",
    "Route",
    "ago",
    "fill_slots",
    "form",
    "fragment",
    "is_htmx",
    "page",
    "render_fragment",
    "safe",
    "see_other",
    "span",
    "viewer",
]
