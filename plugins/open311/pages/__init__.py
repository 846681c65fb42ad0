"""The interface for other programs, and the pages on which it is opened to them."""

from liuhe import Page
from plugins.open311.pages import api, desk, on_case
from plugins.open311.pages.on_case import show_on_case

PAGES = (
    *(Page(route=route, public=True) for route in api.ROUTES),
    *(Page(route=route) for route in (*desk.ROUTES, *on_case.ROUTES)),
)

__all__ = ["PAGES", "show_on_case"]
