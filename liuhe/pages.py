"""HTMX pages for plugins: see `web/templates/README.md` for the templates and macros."""

from starlette.datastructures import UploadFile
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from web.audit import audit_about
from web.middleware import BodyLimit, demand_same_origin
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
from web.session import address_of
from web.slots import fill_slots, map_layers
from web.templating import ago, safe, span

__all__ = [
    "BaseRoute",
    "BodyLimit",
    "Form",
    "Middleware",
    "Mount",
    "Request",
    "Response",
    "Route",
    "UploadFile",
    "address_of",
    "ago",
    "audit_about",
    "demand_same_origin",
    "fill_slots",
    "form",
    "fragment",
    "is_htmx",
    "map_layers",
    "page",
    "render_fragment",
    "safe",
    "see_other",
    "span",
    "viewer",
]
