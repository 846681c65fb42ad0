"""The pages of cases: the list, one case, reporting, calendar, types; what waits at home."""

from liuhe import Page
from liuhe.pages import Route
from plugins.cases.pages.calendar import calendar_page, correct
from plugins.cases.pages.documents import add_document, remove_document, show_documents
from plugins.cases.pages.exporting import EXPORTS
from plugins.cases.pages.leaving import show_in_hand
from plugins.cases.pages.lists import list_page
from plugins.cases.pages.moving import move_case
from plugins.cases.pages.one import case_page, evidence_part, fresh_part
from plugins.cases.pages.readers import readers_page, show_readers_link
from plugins.cases.pages.reporting import new_case, report_case
from plugins.cases.pages.task_lists import tasks_page
from plugins.cases.pages.task_moving import move_task, tasks_part
from plugins.cases.pages.task_waiting import TASK_WAITING
from plugins.cases.pages.types import save_type, type_page, types_page
from plugins.cases.pages.waiting import CASES_WAITING, count_mine
from plugins.cases.pages.whistling import blow, whistle_form

WAITING = (*CASES_WAITING, *TASK_WAITING)

PAGES = (
    Page(route=Route("/", list_page)),
    Page(route=Route("/new", new_case, methods=["GET"])),
    Page(route=Route("/new", report_case, methods=["POST"])),
    Page(route=Route("/calendar", calendar_page, methods=["GET"])),
    Page(route=Route("/calendar", correct, methods=["POST"])),
    Page(route=Route("/tasks", tasks_page)),
    Page(route=Route("/types", types_page)),
    Page(route=Route("/types/{id:int}", type_page, methods=["GET"])),
    Page(route=Route("/types/{id:int}", save_type, methods=["POST"])),
    Page(route=Route("/{id:int}", case_page)),
    Page(route=Route("/{id:int}/evidence", evidence_part)),
    Page(route=Route("/{id:int}/fresh", fresh_part)),
    Page(route=Route("/{id:int}/documents", add_document, methods=["POST"])),
    Page(route=Route("/{id:int}/documents/remove", remove_document, methods=["POST"])),
    Page(route=Route("/{id:int}/readers", readers_page, methods=["GET"])),
    Page(route=Route("/{id:int}/tasks", tasks_part)),
    Page(route=Route("/{id:int}/tasks/{number:int}/{action}", move_task, methods=["POST"])),
    Page(route=Route("/{id:int}/whistle", whistle_form, methods=["GET"])),
    Page(route=Route("/{id:int}/whistle", blow, methods=["POST"])),
    Page(route=Route("/{id:int}/{action}", move_case, methods=["POST"])),
)

__all__ = [
    "EXPORTS",
    "PAGES",
    "WAITING",
    "count_mine",
    "show_documents",
    "show_in_hand",
    "show_readers_link",
]
