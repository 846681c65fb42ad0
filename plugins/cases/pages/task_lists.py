"""The list of tasks: those of one's unit, or those that one may see."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from tortoise.expressions import Q

from liuhe import Forbidden, Viewer
from liuhe.graphql import connection
from liuhe.pages import Request, Response, page, viewer
from plugins.cases.models import Task
from plugins.cases.pages.task_words import TASK_TONES
from plugins.cases.permissions import tasks_waiting, units_of, visible_tasks
from plugins.cases.rules import OPEN_TASKS, TASK_STATES, TaskStage

HERE = "/admin/cases/tasks"
TABS = {"mine": "等我办", "open": "没办完", "all": "全部"}
EMPTY = {
    "mine": ("没有等您办的协办", "有人吹哨叫本单位，或者有反馈等您认可，会出现在这里。"),
    "open": ("没有没办完的协办", "吹哨以后，到认可为止的协办会出现在这里。"),
    "all": ("还没有协办", "一件事要几个单位一起办时，由社区或街道在案件页面上吹哨。"),
}


def concerned(viewer: Viewer) -> bool:
    """Whether tasks are something that the viewer has to do with."""
    return viewer.holds("cases.handle") or viewer.holds("cases.whistle")


def listed(viewer: Viewer) -> Q:
    """A unit's own tasks for those who work in one; else all of the cases that one sees."""
    seen = visible_tasks(viewer)
    units = units_of(viewer)
    if units and not viewer.holds("cases.whistle"):
        return seen & Q(unit_id__in=list(units))
    return seen


async def tasks_page(request: Request) -> Response:
    who = viewer(request)
    if not concerned(who):
        raise Forbidden()
    params = request.query_params
    tab = params.get("tab", "")
    tab = tab if tab in TABS else "mine"
    return await page(request, "cases/task_list.html", await _context(who, tab, params))


async def _context(who: Viewer, tab: str, params: Any) -> dict[str, Any]:
    conditions = {
        "mine": tasks_waiting(who),
        "open": Q(stage__in=OPEN_TASKS),
        "all": Q(),
    }
    mine = listed(who)
    after, before = params.get("after") or None, params.get("before") or None
    found = Task.filter(mine & conditions[tab]).select_related("unit", "case")
    size = {"last": 20} if before else {"first": 20}
    order = ["-called_at"] if tab == "all" else ["due_at"]
    part = await connection(found, lambda row: row, order=order, after=after, before=before, **size)
    shown, now = part.page_info.page, datetime.now(UTC)
    return {
        "page_title": "协办任务",
        "tabs": [
            (title, _url(name), name == tab, await Task.filter(mine & conditions[name]).count())
            for name, title in TABS.items()
        ],
        "rows": [_row(task, now) for task in shown.rows],
        "prev": _url(tab, before=shown.start_cursor) if shown.has_previous else "",
        "next": _url(tab, after=shown.end_cursor) if shown.has_next else "",
        "here": _url(tab, after=after, before=before),
        "empty": EMPTY[tab],
    }


def _url(tab: str, **more: str | None) -> str:
    parts = {"tab": tab, **more}
    return f"{HERE}?{urlencode({name: value for name, value in parts.items() if value})}"


def _row(task: Task, now: datetime) -> dict[str, Any]:
    return {
        "title": task.case.title,
        "href": f"/admin/cases/{task.case_id}#task-{task.number}",
        "number": f"{task.case.number} 协办 {task.number}",
        "called_at": task.called_at,
        "wanted": task.wanted,
        "unit": task.unit.name,
        "state": TASK_STATES[task.stage],
        "state_tone": TASK_TONES[TaskStage(task.stage)],
        "due_at": task.due_at,
        "tone": "late" if task.overdue(now) else "",
    }
