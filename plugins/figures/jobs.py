"""Counting goes on by the clock."""

from datetime import timedelta
from typing import Any

from liuhe import Job
from plugins.figures import actions


async def keep_up(_: dict[str, Any]) -> None:
    await actions.keep_up()


JOBS = (
    Job(
        name="figures.keep_up",
        run=keep_up,
        every=timedelta(minutes=10),
        tries=3,
        timeout=1_800,
        title="更新指标，到期封账",
    ),
)
