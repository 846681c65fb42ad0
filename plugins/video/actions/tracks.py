"""What moved: taken in, bounded, and used for one thing only, trying a zone out."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tortoise.functions import Sum

from gpu import messages
from liuhe import Retention, Viewer, atomic, record, settings_of
from plugins.video.actions.configuration import hours
from plugins.video.actions.zones import ZoneInput, check
from plugins.video.models import Camera, Tracks
from plugins.video.permissions import TRIED_OUT, ZONES, camera_for
from plugins.video.rules import row_id
from plugins.video.rules.tracks import Raised, packed, replay, seconds_of
from plugins.video.settings import VideoSettings

WINDOW = timedelta(hours=12)
A_ROUND = 100
LONGEST = 10.0  # seconds that somebody waits for a trial
MEGABYTE = 1_000_000
AHEAD = timedelta(hours=1)  # so far may a worker's clock be wrong


@dataclass(frozen=True, kw_only=True)
class Taken:
    """`ignored`: nobody wants them."""

    duplicate: bool = False
    ignored: bool = False


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What a zone would have told of the last hours; `hours` are those that the eyes looked."""

    since: datetime
    until: datetime
    hours: float
    raised: Sequence[Raised]


@atomic
async def take_tracks(told: messages.Tracks) -> Taken:
    """Keep them once, and no more of a camera than is allowed."""
    settings = settings_of(VideoSettings)
    future = told.started_at > datetime.now(UTC) + AHEAD
    wanted = Camera.filter(id=row_id(told.camera_id) or 0, active=True, private_space=False)
    camera = await wanted.select_for_update().first() if settings.tracks_days else None
    if camera is None or future:
        return Taken(ignored=True)
    if await Tracks.filter(key=told.key).exists():
        return Taken(duplicate=True)
    data = packed(told)
    await Tracks.create(
        camera_id=camera.id,
        key=told.key,
        started_at=told.started_at,
        seconds=seconds_of(told),
        size=len(data),
        data=data,
    )
    await _trim(camera.id, settings.tracks_megabytes * MEGABYTE)
    return Taken()


async def _trim(camera_id: int, most: int) -> None:
    """The oldest go first."""
    kept = Tracks.filter(camera_id=camera_id)
    (row,) = await kept.annotate(total=Sum("size")).values("total")
    over = (row["total"] or 0) - most
    while over > 0:
        oldest = await kept.order_by("started_at", "id").limit(A_ROUND).values("id", "size")
        gone = []
        for each in oldest:
            if over > 0:
                gone.append(each["id"])
                over -= each["size"]
        await Tracks.filter(id__in=gone).delete()


async def forget_tracks(camera_id: int) -> None:
    """A camera that was switched off has shown nothing."""
    await Tracks.filter(camera_id=camera_id).delete()


async def try_zone(viewer: Viewer, camera_id: int, given: ZoneInput) -> Tried | None:
    """How often the zone, as drawn, would have told something; None where nothing is kept.

    Only rules and counts come out: nobody can be followed here.
    """
    camera = await camera_for(viewer, ZONES, camera_id)
    check(given)
    newest = await Tracks.filter(camera_id=camera.id).order_by("-started_at").first()
    if newest is None or not given.watches:
        return None
    since = newest.started_at - WINDOW
    kept = Tracks.filter(camera_id=camera.id, started_at__gte=since).order_by("started_at", "id")
    rows = await kept.values_list("started_at", "data", "seconds")
    if not rows:
        return None  # forgotten meanwhile
    raised, done = await asyncio.to_thread(_replayed, rows, _zone(given))
    last, _, seconds = rows[done - 1]
    await record(viewer, TRIED_OUT, camera, details={"raised": len(raised)})
    return Tried(
        since=rows[0][0],
        until=last + timedelta(seconds=seconds),
        hours=sum(each for _, _, each in rows[:done]) / 3600,
        raised=raised,
    )


def _replayed(
    rows: Sequence[tuple[datetime, str, float]], zone: messages.Zone
) -> tuple[list[Raised], int]:
    """As much as there is time for, at least one piece; and how many that were."""
    done, until = 0, time.monotonic() + LONGEST

    def in_time() -> Iterator[tuple[datetime, str]]:
        nonlocal done
        for started_at, data, _ in rows:
            if done and time.monotonic() > until:
                return
            done += 1
            yield started_at, data

    return replay(in_time(), zone), done


def _zone(given: ZoneInput) -> messages.Zone:
    """Watches are called by their places."""
    return messages.Zone(
        id="tried",
        name=given.name,
        polygon=tuple((float(x), float(y)) for x, y in given.polygon),
        watches=tuple(
            messages.Watch(
                id=str(place),
                kind=watch.kind,  # type: ignore[arg-type]  # checked by `check`
                objects=watch.objects,
                seconds=watch.seconds,
                count=watch.count,
                grace=watch.grace,
                hours=hours(watch.begins, watch.ends),
                least_score=watch.least_score,
            )
            for place, watch in enumerate(given.watches)
        ),
    )


def _days() -> int:
    return settings_of(VideoSettings).tracks_days


RETENTIONS = (
    Retention(
        of=Tracks,
        title="画面里目标的轨迹（方框、类别、把握、时间，没有图片）",
        basis="只为试验区域规则会报多少次；编号每两分钟重新开始，不能查看某个人的行踪",
        starts="收到",
        days=_days,
        action="delete",
        since="received_at",
    ),
)
