"""运行记录 as SVG, drawn on the server: a bar for ten minutes, its height the frames a second."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from plugins.video.actions import SPAN, begins
from plugins.video.models import Vital

BARS = 144  # a day
BAR, HIGH, FOOT = 5, 120, 30
HOUR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Hour:
    """One line of the table under the chart."""

    at: datetime
    fps: float
    good: int  # percent of what was told
    dropped: int
    decode_errors: int
    reconnects: int


@dataclass(frozen=True, kw_only=True)
class Chart:
    """`good` and `bad` are paths; where neither is, nothing was told."""

    good: str
    bad: str
    marks: Sequence[tuple[int, datetime]]
    most: float
    hours: Sequence[Hour]
    wide: int = BARS * BAR
    high: int = HIGH
    foot: int = FOOT


def chart(vitals: Sequence[Vital], now: datetime) -> Chart | None:
    """The last day; None where nothing was told in it."""
    if not vitals:
        return None
    first = begins(now) - SPAN * (BARS - 1)
    most = max(max(one.fps / max(one.beats, 1) for one in vitals), 1.0)
    well = [one for one in vitals if one.good * 2 >= one.beats]
    ill = [one for one in vitals if one.good * 2 < one.beats]
    return Chart(
        good=_path(well, first, most),
        bad=_path(ill, first, most),
        marks=_marks(first),
        most=most,
        hours=_hours(vitals),
    )


def _path(vitals: Iterable[Vital], first: datetime, most: float) -> str:
    return "".join(_bar(one, first, most) for one in vitals if one.at >= first)


def _bar(one: Vital, first: datetime, most: float) -> str:
    """At least two pixels: told of, with no picture, is not the same as untold."""
    tall = max(2, round(HIGH * one.fps / max(one.beats, 1) / most))
    x = (one.at - first) // SPAN * BAR
    return f"M{x} {HIGH}v-{tall}h{BAR - 1}v{tall}z"


def _marks(first: datetime) -> list[tuple[int, datetime]]:
    """Every four hours."""
    moments = (first + SPAN * number for number in range(BARS))
    return [
        (number * BAR, moment)
        for number, moment in enumerate(moments)
        if moment.minute == 0 and moment.hour % 4 == 0 and 6 < number < BARS - 6
    ]


def _hours(vitals: Sequence[Vital]) -> list[Hour]:
    """The newest first."""
    starts = sorted({one.at.replace(minute=0) for one in vitals}, reverse=True)
    return [
        _hour(start, [one for one in vitals if start <= one.at < start + HOUR]) for start in starts
    ]


def _hour(start: datetime, rows: Sequence[Vital]) -> Hour:
    beats = max(sum(row.beats for row in rows), 1)
    return Hour(
        at=start,
        fps=sum(row.fps for row in rows) / beats,
        good=100 * sum(row.good for row in rows) // beats,
        dropped=sum(row.dropped for row in rows),
        decode_errors=sum(row.decode_errors for row in rows),
        reconnects=sum(row.reconnects for row in rows),
    )
