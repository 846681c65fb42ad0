"""What the clock and what happens elsewhere ask of video."""

from datetime import timedelta
from typing import Any

from liuhe import Job, Listener
from plugins.places.facts import DivisionSucceeded
from plugins.video import actions


async def watch_over(_: dict[str, Any]) -> None:
    await actions.watch_over()


async def forget_vitals(_: dict[str, Any]) -> None:
    await actions.forget_vitals()


LISTENERS = (Listener(DivisionSucceeded, actions.follow_ground, name="video.follow_ground"),)

JOBS = (
    Job(
        name="video.forget_vitals",
        run=forget_vitals,
        title="清理摄像机的运行记录",
        every=timedelta(days=1),
    ),
    Job(
        name="video.watch_over",
        run=watch_over,
        title="检查摄像机是否在线",
        every=timedelta(minutes=1),
        in_transaction=True,
    ),
)
