"""The time of the eyes: it runs evenly while they run, and is put right where it is told.

A machine's clock may be set (a box without one of its own wakes in the past), and a machine may
sleep. Neither may make anything last longer or shorter; but what is told must be true.
"""

import time
from datetime import UTC, datetime

_BEGAN = time.time() - time.monotonic()


def now() -> float:
    """Seconds since 1970 as the clock said when the program began, counted from there."""
    return _BEGAN + time.monotonic()


def set_by() -> float:
    """Whole seconds by which the clock was set since; what is less is the same time."""
    return float(round(time.time() - now()))


def moment(seconds: float) -> datetime:
    """What `now` called so, as the clock has it."""
    return datetime.fromtimestamp(seconds + set_by(), UTC)
