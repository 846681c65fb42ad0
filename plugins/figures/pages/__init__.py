"""Pages: the month, an indicator, what is behind a figure and why; objections, errata, closing."""

from liuhe import Page
from plugins.figures.pages import correcting, looking, months
from plugins.figures.pages.exporting import EXPORTS
from plugins.figures.pages.nexts import count_open, waiting

PAGES = tuple(Page(route=route) for route in (*correcting.ROUTES, *months.ROUTES, *looking.ROUTES))

__all__ = ["EXPORTS", "PAGES", "count_open", "waiting"]
