"""What city eye hears, and what the clock asks of it."""

from datetime import timedelta
from typing import Any

from liuhe import Job, Listener
from plugins.cases.facts import CaseMoved
from plugins.city_eye import actions
from plugins.video.facts import ObservationStarted


async def expire_findings(_: dict[str, Any]) -> None:
    await actions.expire_findings()


JOBS = (
    Job(
        name="city_eye.expire_findings",
        run=expire_findings,
        title="收起长期没有人看的线索",
        every=timedelta(hours=1),
        in_transaction=True,
    ),
)

LISTENERS = (
    Listener(ObservationStarted, actions.take_sighting, name="city_eye.take_sighting"),
    Listener(CaseMoved, actions.free_place, name="city_eye.free_place"),
)
