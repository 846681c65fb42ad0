"""`/video/config`, `/video/observations`, `/video/health`, snapshots: where the eyes speak."""

import json
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from starlette.datastructures import FormData, UploadFile
from starlette.responses import JSONResponse

from gpu import messages
from liuhe import BadInput, TooLarge, settings_of
from liuhe.pages import Request, Response, Route
from plugins.video import actions
from plugins.video.models import Worker
from plugins.video.pages.doors import (
    bounded,
    for_eyes,
    number_in_path,
    once_changed,
    patiently,
    read_body,
    wait_of,
)
from plugins.video.settings import VideoSettings

M = TypeVar("M")

WORDS = 262_144  # bytes; what a message may take
TRACKS_WORDS = 2_000_000
HEALTH_WORDS = 4_000_000  # a thousand cameras
#: What clocks may say, however wrong: every zone can show it.
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)


async def config(request: Request, worker: Worker) -> Response:
    """Everything that these eyes are to watch."""
    return await once_changed(request, lambda: actions.configuration(worker))


async def looks(request: Request, _: Worker) -> Response:
    """200 with the cameras that somebody looks at, or 204 where they are still the `known` ones."""
    known = tuple(filter(None, request.query_params.get("known", "").split(",")))

    async def look() -> tuple[str, ...] | None:
        now = await actions.looked_at()
        return now if now != known else None

    now = await patiently(request, look, wait_of(request, 0.0), every=1.0)
    if now is None:
        return Response(status_code=204)
    return JSONResponse(messages.Looks(camera_ids=now).to_json())


async def observations(request: Request, _: Worker) -> Response:
    """One message, with the blurred picture of what it tells of; repeating it is harmless."""
    most = settings_of(VideoSettings).evidence_megabytes * 1_000_000
    parts = await bounded(request, most + WORDS).form(max_files=1, max_fields=2)
    told = read_message(messages.Observation.from_json, await _text(parts, "observation"))
    if request.headers.get("idempotency-key", told.key) != told.key:
        raise BadInput("Idempotency-Key 和 observation.key 不一样。", field="key")
    taken = await actions.take_observation(told, await _picture(parts, most))
    return JSONResponse({"id": taken.id, "duplicate": taken.duplicate, "ignored": taken.ignored})


async def _text(parts: FormData, name: str) -> str:
    part = parts.get(name)
    try:
        text = (await part.read()).decode() if isinstance(part, UploadFile) else part
    except UnicodeDecodeError:
        text = None
    if not text or len(text) > WORDS:
        raise BadInput(f"请用 multipart 的 {name} 部分送一个 JSON 对象。", field=name)
    return text


async def _picture(parts: FormData, most: int) -> bytes | None:
    part = parts.get("evidence")
    if not isinstance(part, UploadFile):
        return None
    content = await part.read()
    if len(content) > most:
        raise TooLarge(f"图片不能超过 {most // 1_000_000} MB。", field="evidence")
    return content or None


def read_message(read: Callable[[object], M], text: str | bytes) -> M:
    """A message, or the sentence that says what is wrong with it."""
    try:
        told = read(json.loads(text))
    except (ValueError, OverflowError, RecursionError) as error:
        raise BadInput(f"这条消息读不懂：{str(error)[:300]}") from None
    if not all(EARLIEST <= moment < LATEST for moment in _moments(told)):
        raise BadInput("这条消息里的时间不对，请校准视频处理程序所在机器的时钟。")
    return told


def _moments(told: Any) -> Iterator[datetime]:
    """All times in a message and its parts."""
    if isinstance(told, datetime):
        yield told
    elif isinstance(told, tuple):
        for one in told:
            yield from _moments(one)
    elif is_dataclass(told):
        for field in fields(told):
            yield from _moments(getattr(told, field.name))


async def tracks(request: Request, _: Worker) -> Response:
    """What moved for two minutes; repeating it is harmless."""
    told = read_message(messages.Tracks.from_json, await read_body(request, TRACKS_WORDS))
    if request.headers.get("idempotency-key", told.key) != told.key:
        raise BadInput("Idempotency-Key 和 key 不一样。", field="key")
    taken = await actions.take_tracks(told)
    return JSONResponse({"duplicate": taken.duplicate, "ignored": taken.ignored})


async def health(request: Request, worker: Worker) -> Response:
    told = read_message(messages.Health.from_json, await read_body(request, HEALTH_WORDS))
    await actions.take_health(worker, told)
    return Response(status_code=204)


async def snapshot(request: Request, _: Worker) -> Response:
    """The camera's latest picture, blurred; it takes the place of the one before."""
    most = settings_of(VideoSettings).evidence_megabytes * 1_000_000
    await actions.take_snapshot(number_in_path(request), await read_body(request, most))
    return Response(status_code=204)


ROUTES = [
    Route("/config", for_eyes(config), methods=["GET"]),
    Route("/looks", for_eyes(looks), methods=["GET"]),
    Route("/observations", for_eyes(observations), methods=["POST"]),
    Route("/tracks", for_eyes(tracks), methods=["POST"]),
    Route("/health", for_eyes(health), methods=["POST"]),
    Route("/cameras/{id}/snapshot", for_eyes(snapshot), methods=["PUT"]),
]
