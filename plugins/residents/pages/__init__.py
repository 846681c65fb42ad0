"""The public pages under /residents, a clerk's under /admin/residents, and a part of a case's."""

from typing import Any

from liuhe import Page
from liuhe.pages import BodyLimit, Middleware, Route
from plugins.residents.pages import on_case, staff, telling, tracking
from plugins.residents.pages.on_case import show_on_case, waiting

#: What one may send without an account: some pictures, or a few words.
PICTURES = [Middleware(BodyLimit, limit=40_000_000)]
WORDS = [Middleware(BodyLimit, limit=200_000)]


def _open(path: str, page: Any, method: str = "GET", limit: Any = None) -> Page:
    limits = (limit or WORDS) if method == "POST" else None
    return Page(route=Route(path, page, methods=[method], middleware=limits), public=True)


PUBLIC = (
    _open("/", telling.report_page),
    _open("/", telling.send, "POST", PICTURES),
    _open("/where", telling.where, "POST"),
    _open("/sent", telling.sent_page),
    _open("/track", tracking.track_page),
    _open("/track", tracking.track, "POST"),
    _open("/mine", tracking.mine),
    _open("/mine/{way}", tracking.act, "POST"),
    _open("/leave", tracking.leave, "POST"),
    _open("/pictures/{id}", tracking.picture),
    _open("/notice", telling.notice_page),
)
STAFF = (
    Page(route=Route("/", staff.index)),
    Page(route=Route("/new", staff.new_page, methods=["GET"])),
    Page(route=Route("/new", staff.enter, methods=["POST"])),
    Page(route=Route("/code", staff.code_page, methods=["GET"])),
    Page(route=Route("/code", staff.by_code, methods=["POST"])),
    Page(route=Route("/code/{way}", staff.for_them, methods=["POST"])),
    Page(route=Route("/poster", staff.poster)),
    Page(route=Route("/ask/{case_id:int}", on_case.ask, methods=["POST"])),
    Page(route=Route("/contact/{case_id:int}", on_case.contact, methods=["POST"])),
)
PAGES = (*PUBLIC, *STAFF)

__all__ = ["PAGES", "show_on_case", "waiting"]
