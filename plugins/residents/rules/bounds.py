"""How much is too much: a bound on a stretch of time, counted in two windows."""

from dataclasses import dataclass

MINUTE, HOUR, DAY = 60, 3_600, 86_400


@dataclass(frozen=True, kw_only=True)
class Bound:
    """At most `most` of `kind` for one `who` within `seconds`; `words` refuse any more."""

    kind: str
    who: str
    most: int
    seconds: int
    words: str


def window_at(now: float, seconds: int) -> tuple[int, float]:
    """The window that the moment lies in, and which share of the window before still counts."""
    window, passed = divmod(now, seconds)
    return int(window), 1.0 - passed / seconds


def estimate(before: int, present: int, share: float) -> float:
    """How many there were within the last stretch, as if those before came evenly."""
    return before * share + present
