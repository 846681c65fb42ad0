"""What the clock asks of cases, and what they hear."""

from datetime import timedelta
from typing import Any

from liuhe import Job, Listener, PersonLeft, PostOver
from plugins.cases import actions


async def announce_due(_: dict[str, Any]) -> None:
    await actions.announce_due()
    await actions.announce_tasks_due()


JOBS = (
    Job(
        name="cases.announce_due",
        run=announce_due,
        title="提醒即将到期和超期的案件和协办任务",
        every=timedelta(minutes=1),
        in_transaction=True,
    ),
)

LISTENERS = (
    Listener(PostOver, actions.release_post, name="cases.release_post"),
    Listener(PersonLeft, actions.release_person, name="cases.release_person"),
)
