"""What moved before a camera, in pieces of two minutes, for trying zones out on it later.

Kinds, boxes, scores and times; no pictures. Numbers of objects begin anew with each piece.
"""

import uuid
from collections.abc import Callable, Sequence

from gpu.clock import moment
from gpu.messages import Tracks
from gpu.spells import Track

EVERY = 0.95  # seconds between two looks that are kept: one a second, whatever the frame rate
SPAN = 120.0  # seconds of one message
MOST = 100  # objects of one look

Record = Callable[[Tracks], None]


class Recorder:
    """One camera's. `record` must not wait."""

    def __init__(self, camera_id: str, record: Record) -> None:
        self._camera_id, self._record = camera_id, record
        self._start = self._last = float("-inf")
        self._forget()

    def look(self, at: float, tracks: Sequence[Track], tag: str) -> None:
        if at < self._last or at - self._start >= SPAN:
            self.finish(tag)
            self._start = at
        elif at - self._last < EVERY:
            return
        self._last = at
        look = [round((at - self._start) * 1000)]
        self._scores.append(tuple(round(track.score * 100) for track in tracks[:MOST]))
        for track in tracks[:MOST]:
            box = [round(part * 1000) for part in track.box]
            look += [self._kind(track.object), self._number(track.id), *box]
        self._looks.append(tuple(look))

    def finish(self, tag: str) -> None:
        """Hand over what there is."""
        if self._looks:
            self._record(
                Tracks(
                    key=uuid.uuid4().hex,
                    camera_id=self._camera_id,
                    started_at=moment(self._start),
                    model=tag,
                    objects=tuple(self._objects),
                    looks=tuple(self._looks),
                    scores=tuple(self._scores),
                )
            )
        self._start = self._last = float("-inf")
        self._forget()

    def _forget(self) -> None:
        self._looks: list[tuple[int, ...]] = []
        self._scores: list[tuple[int, ...]] = []
        self._objects: list[str] = []
        self._numbers: dict[int, int] = {}

    def _kind(self, name: str) -> int:
        if name not in self._objects:
            self._objects.append(name)
        return self._objects.index(name)

    def _number(self, track_id: int) -> int:
        return self._numbers.setdefault(track_id, len(self._numbers))
