"""The pages of cases: the list, one case, reporting, the calendar; what waits on the home page."""

from liuhe import Page
from liuhe.pages import Route
from plugins.cases.pages.calendar import calendar_page, correct
from plugins.cases.pages.leaving import show_in_hand
from plugins.cases.pages.lists import list_page
from plugins.cases.pages.moving import move_case
from plugins.cases.pages.one import case_page, evidence_part, fresh_part
from plugins.cases.pages.readers import readers_page, show_readers_link
from plugins.cases.pages.reporting import new_case, report_case
from plugins.cases.pages.waiting import WAITING, count_mine

PAGES = (
    Page(route=Route("/", list_page)),
    Page(route=Route("/new", new_case, methods=["GET"])),
    Page(route=Route("/new", report_case, methods=["POST"])),
    Page(route=Route("/calendar", calendar_page, methods=["GET"])),
    Page(route=Route("/calendar", correct, methods=["POST"])),
    Page(route=Route("/{id:int}", case_page)),
    Page(route=Route("/{id:int}/evidence", evidence_part)),
    Page(route=Route("/{id:int}/fresh", fresh_part)),
    Page(route=Route("/{id:int}/readers", readers_page, methods=["GET"])),
    Page(route=Route("/{id:int}/{action}", move_case, methods=["POST"])),
)

__all__ = ["PAGES", "WAITING", "count_mine", "show_in_hand", "show_readers_link"]
