"""What the clock asks of cases."""

from datetime import timedelta
from typing import Any

from liuhe import Job
from plugins.cases import actions


async def announce_due(_: dict[str, Any]) -> None:
    await actions.announce_due()


JOBS = (
    Job(
        name="cases.announce_due",
        run=announce_due,
        title="提醒即将到期和超期的案件",
        every=timedelta(minutes=1),
        in_transaction=True,
    ),
)
