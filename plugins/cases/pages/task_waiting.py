"""What waits for a person about tasks: sections of the home page, and how many there are."""

from collections.abc import Awaitable, Callable

from liuhe import Viewer, Waiting, WaitingItem, WaitingList
from liuhe.pages import ago
from plugins.cases.models import Task
from plugins.cases.permissions import tasks_waiting
from plugins.cases.rules import TASK_STATES, TaskStage

SECTIONS = {
    TaskStage.CALLED: ("等我报到", "吹哨叫了本单位，请按时到场。"),
    TaskStage.SIGNED: ("等我反馈", "本单位已报到，办完请反馈。"),
    TaskStage.REPORTED: ("等我认可", "单位反馈了，看看行不行。"),
    TaskStage.RETURNED: ("协办被退回", "请它再办，或者撤销、另叫单位。"),
}
SHOWN = 5


async def count_tasks(viewer: Viewer) -> int:
    return await Task.filter(tasks_waiting(viewer)).count()


def _look(stage: TaskStage) -> Callable[[Viewer], Awaitable[WaitingList | None]]:
    title, hint = SECTIONS[stage]

    async def look(viewer: Viewer) -> WaitingList | None:
        if not (viewer.holds("cases.handle") or viewer.holds("cases.whistle")):
            return None
        mine = Task.filter(tasks_waiting(viewer, stage))
        count = await mine.count()
        if not count:
            return None
        first = await mine.order_by("due_at", "id").limit(SHOWN).select_related("case", "unit")
        return WaitingList(
            title=title,
            hint=hint,
            href="/admin/cases/tasks?tab=mine",
            count=count,
            items=[_item(task) for task in first],
        )

    return look


def _item(task: Task) -> WaitingItem:
    """A line: what, for whom, and how much time is left."""
    due = ago(task.due_at)
    late = due.endswith("前") or due == "刚刚"
    left = f"已超 {due.removesuffix('前')}" if late else f"还剩 {due.removesuffix('后')}"
    return WaitingItem(
        title=task.case.title,
        meta=f"{task.unit.name} · {task.wanted}",
        href=f"/admin/cases/{task.case_id}#task-{task.number}",
        badge=left if due else TASK_STATES[task.stage],
        tone="bad" if late else "",
    )


TASK_WAITING = tuple(
    Waiting(look=_look(stage), order=30 + index) for index, stage in enumerate(SECTIONS)
)
