"""The pages of work orders: the list, one of them, and what their types come to."""

from liuhe import Page
from liuhe.pages import Route
from plugins.hotline.pages.lists import EXPORTS, list_page
from plugins.hotline.pages.on_case import count_unmapped, show_on_case, told_anew, waiting
from plugins.hotline.pages.one import caller, choose, one_page, send_back
from plugins.hotline.pages.types import open_waiting, save_type, types_page

PAGES = (
    Page(route=Route("/", list_page)),
    Page(route=Route("/types", types_page, methods=["GET"])),
    Page(route=Route("/types", save_type, methods=["POST"])),
    Page(route=Route("/types/open", open_waiting, methods=["POST"])),
    Page(route=Route("/{id:int}", one_page, methods=["GET"])),
    Page(route=Route("/{id:int}/type", choose, methods=["POST"])),
    Page(route=Route("/{id:int}/return", send_back, methods=["POST"])),
    Page(route=Route("/{id:int}/caller", caller, methods=["POST"])),
)

__all__ = ["EXPORTS", "PAGES", "count_unmapped", "show_on_case", "told_anew", "waiting"]
