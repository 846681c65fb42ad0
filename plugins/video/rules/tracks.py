"""What moved, packed small; and what a zone's rules would have made of it."""

import base64
import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest

from gpu import messages
from gpu.zones import Track, Zones

LARGEST = 6_500_000  # bytes of one message unpacked: escaped, it is three times what may come
NUMBERS = 1_000_001  # of objects in one message, as messages allow


@dataclass(frozen=True, kw_only=True)
class Raised:
    """A rule held: the place of the watch in its zone, since when, for what."""

    watch: int
    at: datetime
    object: str
    count: int


def packed(told: messages.Tracks) -> str:
    words = json.dumps([told.objects, told.looks, told.scores], separators=(",", ":"))
    return base64.b64encode(zlib.compress(words.encode(), 9)).decode()


def unpacked(data: str) -> tuple[list[str], list[list[int]], list[list[int]]]:
    """Objects, looks, and scores; none of those where the eyes told none."""
    words = zlib.decompressobj().decompress(base64.b64decode(data), LARGEST)
    objects, looks, *scores = json.loads(words)
    return objects, looks, (scores or [[]])[0]


def seconds_of(told: messages.Tracks) -> float:
    return told.looks[-1][0] / 1000


def replay(pieces: Iterable[tuple[datetime, str]], zone: messages.Zone) -> list[Raised]:
    """What the zone would have told, piece after piece, as the eyes would have seen it."""
    zones, raised = Zones([zone]), []
    places = {watch.id: place for place, watch in enumerate(zone.watches)}
    for number, (started_at, data) in enumerate(pieces):
        objects, looks, scores = unpacked(data)
        for look, sure in zip_longest(looks, scores):
            now = started_at.timestamp() + look[0] / 1000
            for change in zones.look(now, _tracks(objects, look, sure, number * NUMBERS)):
                if change.phase == "started":
                    raised.append(
                        Raised(
                            watch=places[change.watch_id],
                            at=datetime.fromtimestamp(change.started_at, UTC),
                            object=change.track.object,
                            count=change.count,
                        )
                    )
    return raised


def _tracks(
    objects: Sequence[str], look: Sequence[int], sure: Sequence[int] | None, first: int
) -> list[Track]:
    """Where nothing was told of scores, the model was sure of all."""
    found = []
    for place in range(len(look) // 6):
        kind, number, *box = look[6 * place + 1 : 6 * place + 7]
        score = sure[place] / 100 if sure else 1.0
        x1, y1, x2, y2 = (part / 1000 for part in box)
        found.append(
            Track(id=first + number, object=objects[kind], score=score, box=(x1, y1, x2, y2))
        )
    return found
