"""A way with one number of another street in it: all the rest is the own street's."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tests.doors.planting import Street
from tests.doors.sending import filled
from tests.doors.ways.way import Way

Place = tuple[str | int, ...]

#: What stands for something in a street, or may be one of a street; the rest are codes.
OF_A_STREET = ("{n", "{officer", "{post", "{second", "{document", "{file", "{helper")
#: In the own street these are beside the main thing; of another, any thing of the kind will do.
ALIKE = ("helper", "second")
MAIN = ("id", "caseId", "taskId")  # of a mutation: what it is about


def none_like(street: Street) -> Street:
    """Words like the street's, for things that are nowhere."""
    files = {keeper: uuid.uuid4() for keeper in street.files}
    return replace(street, name="none", number=street.number + 1000, files=files)


def places(value: Any, before: Place = ()) -> Iterator[tuple[Place, str]]:
    """Where in what is given something of a street is named."""
    parts: Any = ()
    if isinstance(value, Mapping):
        parts = value.items()
    elif isinstance(value, list | tuple):
        parts = enumerate(value)
    for key, one in parts:
        yield from places(one, (*before, key))
    if isinstance(value, str) and any(one in value for one in OF_A_STREET):
        yield before, value


def named_in(way: Way) -> list[Place]:
    """All that a way names besides the thing that it is about."""
    found = [place for place, _ in places(way.given)]
    first = next(iter(way.given), "")
    about = not way.door.startswith("/") and first in MAIN
    return [place for place in found if not (about and place == (first,))]


def naming(way: Way, place: Place, words: Mapping[str, str]) -> Way:
    """The way with these words there."""
    return replace(way, given=_put(way.given, place, {**words, **dict.fromkeys(ALIKE, words["n"])}))


def _put(value: Any, place: Place, words: Mapping[str, str]) -> Any:
    if not place:
        return filled(value, words)
    key, *rest = place
    if isinstance(value, Mapping):
        return {**value, key: _put(value[key], tuple(rest), words)}
    return [_put(one, tuple(rest), words) if at == key else one for at, one in enumerate(value)]
