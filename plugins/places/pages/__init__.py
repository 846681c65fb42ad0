"""The pages of the ground: places with their map and tree, finding, editing, importing."""

from typing import Any

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from liuhe import Page
from liuhe.pages import Route
from plugins.places.pages.dividing import divide, divide_page
from plugins.places.pages.editing import close, draw, edit_page, new_page, open_new, rename
from plugins.places.pages.importing import check_page, export_file, import_file, import_page
from plugins.places.pages.layers import LAYERS
from plugins.places.pages.map import division_shapes, layer_points, map_list, map_page
from plugins.places.pages.place import first_page, place_page
from plugins.places.pages.search import search_page
from plugins.places.pages.tree import branch_part


def squeezed(path: str, endpoint: Any) -> Route:
    """A route whose answers are compressed: shapes are long and repeat themselves."""
    return Route(path, endpoint, methods=["GET"], middleware=[Middleware(GZipMiddleware)])


PAGES = (
    Page(route=Route("/", first_page)),
    Page(route=Route("/search", search_page)),
    Page(route=Route("/import", import_page, methods=["GET"])),
    Page(route=Route("/import", import_file, methods=["POST"])),
    Page(route=Route("/export.geojson", export_file, methods=["GET"])),
    Page(route=Route("/check", check_page)),
    Page(route=Route("/map", map_page)),
    Page(route=Route("/map/list", map_list)),
    Page(route=squeezed("/map/divisions.geojson", division_shapes)),
    Page(route=squeezed("/map/layers/{name}", layer_points)),
    Page(route=Route("/{id:int}", place_page)),
    Page(route=Route("/{id:int}/edit", edit_page)),
    Page(route=Route("/{id:int}/draw", draw, methods=["POST"])),
    Page(route=Route("/{id:int}/rename", rename, methods=["POST"])),
    Page(route=Route("/{id:int}/close", close, methods=["POST"])),
    Page(route=Route("/{id:int}/new", new_page, methods=["GET"])),
    Page(route=Route("/{id:int}/new", open_new, methods=["POST"])),
    Page(route=Route("/{id:int}/divide", divide_page, methods=["GET"])),
    Page(route=Route("/{id:int}/divide", divide, methods=["POST"])),
    Page(route=Route("/{id:int}/branch", branch_part)),
)

__all__ = ["LAYERS", "PAGES"]
