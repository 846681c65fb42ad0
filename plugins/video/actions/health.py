"""How the cameras do: what the eyes tell, and what their silence tells."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tortoise.expressions import F, Q
from tortoise.queryset import QuerySet

from gpu import messages
from gpu.addresses import masked
from liuhe import announce, atomic, house, settings_of
from plugins.video.actions.configuration import touch
from plugins.video.actions.intake import ended
from plugins.video.actions.vitals import Beat, add_beats, begins, connections_since, more
from plugins.video.facts import CameraStateChanged, CameraTroubleChanged
from plugins.video.models import CameraState, Observation, Worker
from plugins.video.permissions import watched_by
from plugins.video.rules import row_id
from plugins.video.rules.health import SEEN, Course, goes_to, problem_of, urgency_of
from plugins.video.rules.labels import fault_sentence
from plugins.video.settings import VideoSettings

A_ROUND = 500
THESE = ("video_camera_state",)  # lock these rows only, not those joined to them
LAST_WORDS = timedelta(minutes=5)  # the eyes tell the end of what they need not watch any more
COURSE = ["problem", "problem_since", "trouble", "urgency"]


@atomic
async def take_health(worker: Worker, told: messages.Health) -> None:
    """Last words about a camera that others watch by now say nothing of how it does."""
    now = datetime.now(UTC)
    spoken = {id: one for one in told.cameras if (id := row_id(one.camera_id)) is not None}
    mine = await watched_by(worker, "camera__")
    known = CameraState.filter(mine, camera_id__in=list(spoken), camera__active=True)
    beats = []
    for state in (
        await known.order_by("id").select_related("camera__area").select_for_update(of=THESE)
    ):
        beats.append(_beat(state, spoken[state.camera_id], now))
        await _note(state, spoken[state.camera_id], told.started_at, now)
    await add_beats(beats)
    if worker.last_seen_at is None:
        await touch()  # others may have watched for it until now
    worker.last_seen_at, worker.health = now, _without_cameras(told)
    await worker.save(update_fields=["last_seen_at", "health"])


def _without_cameras(told: messages.Health) -> dict[str, object]:
    return {key: value for key, value in told.to_json().items() if key != "cameras"}


def _beat(before: CameraState, told: messages.CameraHealth, now: datetime) -> Beat:
    return Beat(
        camera_id=before.camera_id,
        at=begins(now),
        good=int(told.state == "running" and told.sight not in SEEN),
        fps=told.fps,
        dropped=more(told.dropped, before.dropped),
        decode_errors=more(told.decode_errors, before.decode_errors),
        reconnects=more(told.reconnects, before.reconnects),
    )


async def _note(
    state: CameraState, told: messages.CameraHealth, session_at: datetime, now: datetime
) -> None:
    before, state.state = state.state, told.state
    state.fps, state.detect_fps = told.fps, told.detect_fps
    state.decode_errors, state.reconnects = told.decode_errors, told.reconnects
    state.dropped = told.dropped
    state.error = fault_sentence(told.fault, masked(told.error))[:300]
    state.last_frame_at = told.last_frame_at or state.last_frame_at
    state.session_at, state.heard_at = session_at, now
    state.sight, state.brightness = told.sight, told.brightness
    state.sharpness, state.likeness = told.sharpness, told.likeness
    trouble = _go_on(state, _problem(state, now), now)
    await state.save()
    await _tell(state, before)
    await _tell_trouble(state, trouble)


def _problem(state: CameraState, now: datetime) -> str:
    settings = settings_of(VideoSettings)
    hour = now.astimezone(ZoneInfo(house().settings.timezone)).hour
    daylight = settings.day_begins <= hour < settings.day_ends
    return problem_of(
        state.state,
        state.sight,
        state.detect_fps,
        daylight=daylight,
        steered=state.camera.steered,
    )


def _go_on(state: CameraState, problem: str, now: datetime) -> str:
    """Take the next step of what is the matter; what a person was told of before."""
    before = Course(problem=state.problem, since=state.problem_since, trouble=state.trouble)
    after = goes_to(before, problem, now, settings_of(VideoSettings).dwell(problem))
    state.problem, state.problem_since, state.trouble = after.problem, after.since, after.trouble
    state.urgency = urgency_of(after.trouble)
    return before.trouble


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


async def _tell_trouble(state: CameraState, before: str) -> None:
    if state.trouble != before:
        await announce(
            CameraTroubleChanged(
                area_path=state.camera.area.path,
                camera_id=state.camera_id,
                trouble=state.trouble,
                before=before,
            )
        )


@atomic
async def watch_over() -> None:
    """Once a minute: silent cameras are offline, and what nobody saw end is closed."""
    now = datetime.now(UTC)
    long_ago = now - settings_of(VideoSettings).silence
    for state in await _locked(Q(heard_at__lt=long_ago) | Q(heard_at__isnull=True)):
        await _silent(state, now)
    await _watch_unsteady(now)
    await _close_lost(now)


async def _locked(which: Q) -> Iterable[CameraState]:
    found = CameraState.filter(which, camera__active=True).order_by("id")
    return await found.select_related("camera__area").select_for_update(of=THESE)


async def _silent(state: CameraState, now: datetime) -> None:
    """Offline since it was last heard; a trouble once that has lasted."""
    before, known = state.state, (state.problem, state.trouble)
    state.state = "offline" if state.heard_at else "unknown"
    if not state.problem:
        state.problem, state.problem_since = "offline", state.heard_at or now
    trouble = _go_on(state, "offline", now)
    if (before, *known) == (state.state, state.problem, state.trouble):
        return
    await state.save(update_fields=["state", *COURSE])
    await _tell(state, before)
    await _tell_trouble(state, trouble)


async def _watch_unsteady(now: datetime) -> None:
    """Cameras that are called anew again and again, though each time they come back."""
    often = settings_of(VideoSettings).unsteady
    counts = await connections_since(now - timedelta(hours=1))
    ids = [camera for camera, count in counts.items() if count >= often]
    for state in await _locked(Q(trouble="", camera_id__in=ids)):
        await _set_trouble(state, "unsteady")
    for state in await _locked(Q(trouble="unsteady") & ~Q(camera_id__in=ids)):
        await _set_trouble(state, "")


async def _set_trouble(state: CameraState, trouble: str) -> None:
    before, state.trouble, state.urgency = state.trouble, trouble, urgency_of(trouble)
    await state.save(update_fields=COURSE)
    await _tell_trouble(state, before)


async def _close_lost(now: datetime) -> None:
    found = lost(now).limit(A_ROUND)
    for row in await found.select_related("camera__area"):
        await _close(row, max(now, row.started_at))


def lost(now: datetime) -> QuerySet[Observation]:
    """Open ones of which nobody will tell the end: nobody watches there any more, or others do
    since; or the eyes began anew long ago and spoke no more of it.

    (They remember what was open over a restart and tell its end. This is for those that could not.)
    """
    spoken, long_ago = (
        now - LAST_WORDS,
        now - timedelta(hours=settings_of(VideoSettings).lost_hours),
    )
    off = Q(camera__active=False) | Q(zone__active=False) | Q(watch__active=False)
    handed = Q(
        told_at__lt=F("camera__condition__handed_at"), camera__condition__handed_at__lt=spoken
    )
    anew = Q(
        told_at__lt=F("camera__condition__session_at"), camera__condition__session_at__lt=long_ago
    )
    due = (off & Q(told_at__lt=spoken)) | handed | anew
    return Observation.filter(due, ended_at__isnull=True).order_by("started_at", "id")


async def _close(row: Observation, at: datetime) -> None:
    """As lost, unless the eyes have told its end meanwhile."""
    row.ended_at, row.lost = at, True
    if await Observation.filter(id=row.id, ended_at=None).update(ended_at=at, lost=True):
        await announce(ended(row))
