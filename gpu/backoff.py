"""How long to wait before trying again: longer each time, never the same for all."""

import random
from collections.abc import Iterator

LONGEST = 30.0


def waits(first: float = 0.5, longest: float = LONGEST) -> Iterator[float]:
    """Seconds: doubling up to `longest`, each shortened by up to a half by chance."""
    wait = first
    while True:
        yield wait * random.uniform(0.5, 1.0)  # noqa: S311 (no secret: spreads load)
        wait = min(wait * 2, longest)
