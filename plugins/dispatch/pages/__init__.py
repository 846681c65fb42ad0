"""Pages: the rules, a change with its dry-run, the queue, the rosters; what others' pages show."""

from liuhe import Page
from plugins.dispatch.pages import changing, lists, roster
from plugins.dispatch.pages.elsewhere import count_unmatched, my_duty, show_on_case
from plugins.dispatch.pages.exporting import EXPORTS

PAGES = tuple(Page(route=route) for route in (*lists.ROUTES, *roster.ROUTES, *changing.ROUTES))

__all__ = ["EXPORTS", "PAGES", "count_unmatched", "my_duty", "show_on_case"]
