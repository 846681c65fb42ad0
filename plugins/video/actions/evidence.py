"""Pictures of observations: how long they are kept."""

import asyncio
from datetime import UTC, datetime, timedelta

from liuhe import File, atomic, settings_of
from plugins.video.models import Message, Observation
from plugins.video.settings import VideoSettings

A_ROUND = 500


@atomic
async def keep_evidence(observation_id: int, keep: bool = True) -> None:
    """Whether a finding or a case builds on the observation: then its picture outlives the term."""
    await Observation.filter(id=observation_id).update(referred=keep)


async def forget_old_evidence() -> int:
    """Delete pictures past their term that nobody builds on; how many."""
    before = datetime.now(UTC) - timedelta(days=settings_of(VideoSettings).evidence_days)
    old = Observation.filter(started_at__lt=before, referred=False, evidence_id__not_isnull=True)
    gone = 0
    while rows := await old.select_related("evidence").limit(A_ROUND):
        for row in rows:
            assert row.evidence is not None  # by the filter
            await drop_file(row.evidence)
        gone += len(rows)
    await Message.filter(received_at__lt=before, observation__ended_at__not_isnull=True).delete()
    return gone


async def drop_file(file: File) -> None:
    """The picture goes before its row: cut off in between, the next round finds the row again."""
    await asyncio.to_thread(file.path.unlink, missing_ok=True)
    await file.delete()
