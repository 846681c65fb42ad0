"""Pictures of observations: how long they are kept."""

from collections.abc import Collection, Sequence

from tortoise.expressions import Q

from liuhe import Retention, atomic, discard_files, settings_of
from plugins.video.models import Message, Observation
from plugins.video.settings import VideoSettings


@atomic
async def keep_evidence(observation_id: int) -> None:
    """Someone has still to decide by the observation: until then its picture outlives the term."""
    await Observation.filter(id=observation_id).update(referred=True)


@atomic
async def release_evidence(observation_ids: Collection[int]) -> None:
    """It is decided: the pictures go when their term is over."""
    await Observation.filter(id__in=observation_ids).update(referred=False)


async def forget_pictures(observations: Sequence[Observation]) -> None:
    """The pictures go, the observations stay for the figures."""
    files = [row.evidence_id for row in observations]
    await Observation.filter(id__in=[row.id for row in observations]).update(evidence_id=None)
    await discard_files(files)


def _days() -> int:
    return settings_of(VideoSettings).evidence_days


RETENTIONS = (
    Retention(
        of=Observation,
        title="摄像机发现事情时的图片（打码）",
        basis="公共安全视频图像信息系统管理条例第十七条：不少于三十日，实现目的后删除",
        starts="发现（线索还等人确认的，先留着）",
        days=_days,
        action="anonymise",
        due=lambda cutoff: Q(started_at__lt=cutoff, referred=False, evidence_id__isnull=False),
        forget=forget_pictures,
        thing="观察",
    ),
    Retention(
        of=Message,
        title="视频处理程序消息的编号",
        basis="只为同一条消息不记两遍",
        starts="收到",
        days=_days,
        action="delete",
        due=lambda cutoff: Q(received_at__lt=cutoff, observation__ended_at__isnull=False),
    ),
)
