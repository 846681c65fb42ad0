"""How the cameras do: what the eyes tell, and what their silence tells."""

from datetime import UTC, datetime, timedelta

from tortoise.expressions import Q

from gpu import messages
from liuhe import announce, atomic, settings_of
from plugins.video.actions.intake import ended
from plugins.video.facts import CameraStateChanged
from plugins.video.models import CameraState, Observation, Worker
from plugins.video.rules import row_id
from plugins.video.rules.addresses import mask
from plugins.video.settings import VideoSettings

A_ROUND = 500
THESE = ("video_camera_state",)  # lock these rows only, not those joined to them
LAST_WORDS = timedelta(minutes=5)  # the eyes tell the end of what they need not watch any more


@atomic
async def take_health(worker: Worker, told: messages.Health) -> None:
    now = datetime.now(UTC)
    spoken = {id: one for one in told.cameras if (id := row_id(one.camera_id)) is not None}
    known = CameraState.filter(camera_id__in=list(spoken), camera__active=True)
    for state in (
        await known.order_by("id").select_related("camera__area").select_for_update(of=THESE)
    ):
        await _note(state, spoken[state.camera_id], told.started_at, now)
    worker.last_seen_at, worker.health = now, _without_cameras(told)
    await worker.save(update_fields=["last_seen_at", "health"])


def _without_cameras(told: messages.Health) -> dict[str, object]:
    return {key: value for key, value in told.to_json().items() if key != "cameras"}


async def _note(
    state: CameraState, told: messages.CameraHealth, session_at: datetime, now: datetime
) -> None:
    before, state.state = state.state, told.state
    state.fps, state.detect_fps = told.fps, told.detect_fps
    state.decode_errors, state.reconnects = told.decode_errors, told.reconnects
    state.dropped, state.error = told.dropped, mask(told.error)[:300]
    state.last_frame_at = told.last_frame_at or state.last_frame_at
    state.session_at, state.heard_at = session_at, now
    await state.save()
    await _tell(state, before)


async def _tell(state: CameraState, before: str) -> None:
    if state.state != before:
        await announce(
            CameraStateChanged(
                area_path=state.camera.area.path,
                camera_id=state.camera_id,
                state=state.state,
                before=before,
            )
        )


@atomic
async def watch_over() -> None:
    """Once a minute: silent cameras are offline, and what nobody saw end is closed."""
    now = datetime.now(UTC)
    silent = CameraState.filter(
        camera__active=True, heard_at__lt=now - settings_of(VideoSettings).silence
    ).exclude(state="offline")
    for state in (
        await silent.order_by("id").select_related("camera__area").select_for_update(of=THESE)
    ):
        before, state.state = state.state, "offline"
        await state.save(update_fields=["state"])
        await _tell(state, before)
    await _close_lost(now)


async def _close_lost(now: datetime) -> None:
    unwatched = Q(camera__active=False) | Q(zone__active=False) | Q(watch__active=False)
    old = Q(told_at__lt=now - timedelta(hours=settings_of(VideoSettings).lost_hours))
    found = Observation.filter(unwatched | old, ended_at=None).order_by("id").limit(A_ROUND)
    for row in await found.select_related("camera__area", "camera__condition", "watch", "zone"):
        if _is_lost(row, now):
            await _close(row, max(now, row.started_at))


async def _close(row: Observation, at: datetime) -> None:
    """As lost, unless the eyes have told its end meanwhile."""
    row.ended_at, row.lost = at, True
    if await Observation.filter(id=row.id, ended_at=None).update(ended_at=at, lost=True):
        await announce(ended(row))


def _is_lost(row: Observation, now: datetime) -> bool:
    """Nobody watches there any more; or the eyes began anew long ago and spoke no more of it.

    (They remember what was open over a restart and tell its end. This is for those that could not.)
    """
    if not (row.camera.active and row.zone.active and row.watch.active):
        return row.told_at < now - LAST_WORDS
    condition = row.camera.condition
    session_at = condition.session_at if condition else None
    if session_at is None or row.told_at >= session_at:
        return False
    return bool(now > session_at + timedelta(hours=settings_of(VideoSettings).lost_hours))
