"""What dispatch hears, and what the clock asks of it."""

from datetime import timedelta
from typing import Any

from liuhe import Job, Listener
from plugins.cases.facts import CaseMoved
from plugins.dispatch import actions


async def forget_shifts(_: dict[str, Any]) -> None:
    await actions.forget_shifts()


JOBS = (
    Job(
        name="dispatch.forget_shifts",
        run=forget_shifts,
        title="删除一年前的值班安排",
        every=timedelta(days=1),
        in_transaction=True,
    ),
)

LISTENERS = (Listener(CaseMoved, actions.judge_accepted, name="dispatch.judge_accepted"),)
