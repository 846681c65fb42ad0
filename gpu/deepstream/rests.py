"""How long a shard that broke rests, and when it breaks too often. Pure: time is given to it."""

from collections.abc import Iterator
from dataclasses import dataclass

from gpu.backoff import waits

STEADY = 60.0  # seconds of work after which the next end is a first one again
OFTEN = 3  # breaks in a row after which it may be a camera's fault


@dataclass(kw_only=True)
class Rest:
    """Of one shard: how long its next starts wait, when this one comes, how often it broke."""

    steps: Iterator[float]
    until: float
    breaks: int = 0


class Rests:
    """By the shards' numbers."""

    def __init__(self) -> None:
        self._rests: dict[int, Rest] = {}

    def broke(self, number: int, worked: float, now: float) -> bool:
        """It rests, longer each time; whether it broke OFTEN without steady work in between."""
        rest = self._rests.get(number)
        if rest is None or worked >= STEADY:
            rest = self._rests[number] = Rest(steps=waits(first=1.0), until=now)
        rest.until = now + next(rest.steps)
        rest.breaks += 1
        return rest.breaks >= OFTEN

    def over(self, number: int, now: float) -> bool:
        """Whether it may start."""
        rest = self._rests.get(number)
        return rest is None or rest.until <= now

    def forget(self, number: int) -> None:
        """What was changed is tried at once."""
        self._rests.pop(number, None)
