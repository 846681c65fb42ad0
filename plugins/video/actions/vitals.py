"""How cameras did, as figures: ten minutes to a row, for a chart and for what comes and goes."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta

from liuhe import atomic, rows, settings_of
from plugins.video.models import Vital
from plugins.video.settings import VideoSettings

SPAN = timedelta(minutes=10)
AT_ONCE = 200  # rows in one statement


@dataclass(frozen=True, kw_only=True)
class Beat:
    """What one message added; the order is the statement's."""

    camera_id: int
    at: datetime
    good: int
    fps: float
    dropped: int
    decode_errors: int
    reconnects: int


def begins(now: datetime) -> datetime:
    """When the row began that this moment belongs to."""
    return datetime.fromtimestamp(now.timestamp() // SPAN.seconds * SPAN.seconds, UTC)


def more(now: int, before: int) -> int:
    """By how much a counter has grown; eyes that were started anew count from nothing."""
    return now - before if now >= before else now


async def add_beats(beats: Sequence[Beat]) -> None:
    for first in range(0, len(beats), AT_ONCE):
        await _add(beats[first : first + AT_ONCE])


async def _add(beats: Sequence[Beat]) -> None:
    width = len(astuple(beats[0]))
    marks = ", ".join(_row(number * width, width) for number in range(len(beats)))
    await rows(
        "INSERT INTO video_vital "
        "(camera_id, at, good, fps, dropped, decode_errors, reconnects, beats) "
        f"VALUES {marks} ON CONFLICT (camera_id, at) DO UPDATE SET "
        "beats = video_vital.beats + 1, good = video_vital.good + EXCLUDED.good, "
        "fps = video_vital.fps + EXCLUDED.fps, dropped = video_vital.dropped + EXCLUDED.dropped, "
        "decode_errors = video_vital.decode_errors + EXCLUDED.decode_errors, "
        "reconnects = video_vital.reconnects + EXCLUDED.reconnects",
        *(value for beat in beats for value in astuple(beat)),
    )


def _row(first: int, width: int) -> str:
    return "(" + ", ".join(f"${first + place}" for place in range(1, width + 1)) + ", 1)"


async def connections_since(since: datetime) -> dict[int, int]:
    """How often each camera was called anew, for those that were at all."""
    found = await rows(
        "SELECT camera_id, SUM(reconnects) AS n FROM video_vital WHERE at >= $1 "
        "GROUP BY camera_id HAVING SUM(reconnects) > 0",
        since,
    )
    return {int(row["camera_id"]): int(row["n"]) for row in found}


@atomic
async def forget_vitals() -> None:
    days = settings_of(VideoSettings).vitals_days
    await Vital.filter(at__lt=datetime.now(UTC) - timedelta(days=days)).delete()
