"""`/admin/city_eye/`: findings to decide on, what was decided, scenes."""

from liuhe import Page
from plugins.city_eye.pages import deciding, lists, scenes
from plugins.city_eye.pages.elsewhere import (
    count_pending,
    name_scenes,
    show_on_case,
    waiting,
)

PAGES = [Page(route=route) for route in (*lists.ROUTES, *deciding.ROUTES, *scenes.ROUTES)]

__all__ = ["PAGES", "count_pending", "name_scenes", "show_on_case", "waiting"]
