"""The pages of the ground: a place with its map, its tree and its compounds; and finding one."""

from liuhe import Page
from liuhe.pages import Route
from plugins.places.pages.place import first_page, place_page
from plugins.places.pages.search import search_page
from plugins.places.pages.tree import branch_part

PAGES = (
    Page(route=Route("/", first_page)),
    Page(route=Route("/search", search_page)),
    Page(route=Route("/{id:int}", place_page)),
    Page(route=Route("/{id:int}/branch", branch_part)),
)

__all__ = ["PAGES"]
