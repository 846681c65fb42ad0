"""Messages that went wrong on their way: other kinds of values, keys gone or new, text cut."""

import copy
import json
from random import Random
from typing import Any

JUNK = (
    *(None, True, False, 0, -1, 1e308, 10**30, float("inf"), 0.5, 2**63),
    *(
        "",
        "x",
        "²",
        "9" * 30,
        "\x00",
        "\ud800",
        "a" * 5000,
        "2026-01-01",
        "9999-12-31T23:59:59+00:00",
    ),
    *([], {}, [[]], [None], {"x": 1}, [[0, 0], [1, 1]], [1e9] * 5),
)
KEYS = ("x", "", "id", "key", "\u00e9")


def spoilt(good: Any, random: Random) -> Any:
    """A copy with one to three places changed."""
    made = copy.deepcopy(good)
    for _ in range(random.randint(1, 3)):
        _spoil(made, random)
    return made


def _spoil(made: Any, random: Random) -> None:
    part: Any = made
    while True:
        inside = list(part.values()) if isinstance(part, dict) else list(part)
        deeper = [each for each in inside if isinstance(each, dict | list) and each]
        if not deeper or random.random() < 0.4:
            break
        part = random.choice(deeper)
    if isinstance(part, list):
        part[random.randrange(len(part))] = copy.deepcopy(random.choice(JUNK))
        return
    name = random.choice([*part, *KEYS])
    if random.random() < 0.2:
        part.pop(name, None)
    else:
        part[name] = copy.deepcopy(random.choice(JUNK))


def text(made: Any, random: Random) -> bytes:
    """As bytes, now and then cut off or with something in between."""
    data = json.dumps(made).encode()
    if random.random() < 0.15:
        place = random.randrange(len(data))
        data = data[:place] + random.choice([b"", b"\xff", b"[" * 4000, b"\x00"])
    return data
