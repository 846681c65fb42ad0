"""`/admin/city_eye/`: findings to decide on, what was decided, scenes."""

from liuhe import Page
from plugins.city_eye.pages import deciding, lists, scenes
from plugins.city_eye.pages.elsewhere import (
    count_pending,
    show_on_case,
    show_scene_options,
    waiting,
)

PAGES = [Page(route=route) for route in (*lists.ROUTES, *deciding.ROUTES, *scenes.ROUTES)]

__all__ = ["PAGES", "count_pending", "show_on_case", "show_scene_options", "waiting"]
