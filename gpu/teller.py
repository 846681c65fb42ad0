"""What happens in the zones of one camera, told in order and remembered over a restart.

The same on every back end: tracks come in, observations go out. No threads of its own.
"""

import logging
import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from gpu.clock import moment, set_by
from gpu.geometry import clipped
from gpu.memory import Memory
from gpu.messages import FOUND, Observation, Point, WatchKind
from gpu.pipeline import Line
from gpu.recorder import Record, Recorder
from gpu.spells import OF_BEFORE, Open, Track
from gpu.zones import Change, Zones

log = logging.getLogger(__name__)

KEEP_EVERY = 60.0  # seconds: so much of a stay may a kill or a loss of power forget

Tell = Callable[[Observation, bytes | None], None]
Picture = Callable[[Change, Sequence[Point]], bytes | None]


class Teller:
    """`tell` gets what happens, with `picture`'s blurred picture when something starts.

    `order` is held while something is told: starts come before their ends, whoever tells.
    """

    def __init__(
        self,
        line: Line,
        tell: Tell,
        picture: Picture,
        memory: Memory | None = None,
        record: Record | None = None,
    ) -> None:
        self.line, self._camera_id = line, line.source.camera_id
        self._tell, self._picture, self._memory = tell, picture, memory
        self._zones = Zones(line.watch.zones, new_id=lambda: uuid.uuid4().hex, moment=moment)
        self.order = threading.RLock()
        self._tag = ""
        self._recalled = False
        self._untold: tuple[Observation, ...] = ()
        self._kept_at = float("-inf")
        self._record, self._recorder = record, None  # type: Record | None, Recorder | None
        self._keep_what_moves()

    def begin(self, tag: str, now: float) -> None:
        """Before the first look; `tag` is the model's. Goes on with what was open before."""
        with self.order:
            self._tag = tag
            self._recall(now)

    def look(self, at: float, tracks: Sequence[Track]) -> None:
        with self.order:
            self._report(self._zones.look(at, tracks))
            self._keep_seen(at)
            if self._recorder:
                self._recorder.look(at, tracks, self._tag)

    def find(self, kind: WatchKind, at: float, tracks: Sequence[Track]) -> None:
        """What a finder of that kind found; nothing of it is kept for trying zones out."""
        with self.order:
            self._report(self._zones.find(kind, at, tracks))

    def opens(self) -> tuple[Open, ...]:
        """What is open now."""
        return self._zones.remember()

    def rezone(self, line: Line, now: float) -> None:
        """Other zones on the same pictures; what is no longer watched ends."""
        with self.order:
            changes = self._zones.reconfigure(line.watch.zones, now)
            self.line = line
            self._keep_what_moves()
            self._report(changes)

    def finish(self, now: float) -> None:
        """Nothing will be seen here again: what is open ends."""
        with self.order:
            self._recall(now)
            self._report(self._zones.reconfigure((), now))
            if self._recorder:
                self._recorder.finish(self._tag)

    def rest(self) -> None:
        """Nothing more is seen here for now: what is open waits for a later start."""
        with self.order:
            if self._recalled:  # else it waits already
                self._keep()
            if self._recorder:
                self._recorder.finish(self._tag)

    def _keep_what_moves(self) -> None:
        """What nobody wants to know any more is forgotten."""
        if self._record is None or not self.line.tell.tracks:
            self._recorder = None
        elif self._recorder is None:
            self._recorder = Recorder(self._camera_id, self._record)

    def _recall(self, now: float) -> None:
        """Once: go on with what was open before the worker was stopped."""
        if self._memory and not self._recalled:
            self._recalled = True
            kept = self._memory.load(self._camera_id)
            self._untold = kept.untold  # whoever heard it before knows it by its key
            self._report(self._zones.recall(_moved(kept.opens, -set_by()), now))

    def _report(self, changes: Iterable[Change]) -> None:
        """Kept before it is told and again after, so that a kill between neither loses nor doubles.

        A change that was kept and not told is told at the next start, without its picture.
        """
        shown = [(each, self._shown(each)) for each in changes]
        told = [(observation(each, self._camera_id, self._tag), seen) for each, seen in shown]
        pictures = {each.key: picture for each, picture in told}
        self._untold += tuple(each for each, _ in told)
        if self._untold:
            self._keep()
            for each in self._untold:
                self._tell(each, pictures.get(each.key))
            self._untold = ()
            self._keep()

    def _keep_seen(self, at: float) -> None:
        """Who is told an end must hear when it was last seen, also where that was before a kill."""
        if at - self._kept_at >= KEEP_EVERY:
            self._kept_at = at
            if self._zones.remember():
                self._keep()

    def _keep(self) -> None:
        if self._memory:
            opens = _moved(self._zones.remember(), set_by())  # true also in another run
            self._memory.save(self._camera_id, opens, self._untold)

    def _shown(self, change: Change) -> bytes | None:
        zones = self.line.watch.zones
        polygon = next((zone.polygon for zone in zones if zone.id == change.zone_id), None)
        if change.phase != "started" or polygon is None:
            return None
        try:
            return self._picture(change, polygon)
        except Exception:  # what happened is told whatever becomes of its picture
            log.exception("camera %s: there is no picture of what happened", self._camera_id)
            return None


def observation(change: Change, camera_id: str, tag: str) -> Observation:
    """A change as the server hears it."""
    return Observation(
        key=f"{change.observation_id}:{change.phase}",
        observation_id=change.observation_id,
        camera_id=camera_id,
        zone_id=change.zone_id,
        watch_id=change.watch_id,
        kind=change.kind,
        phase=change.phase,
        at=moment(change.at),
        started_at=moment(change.started_at),
        ended_at=None if change.ended_at is None else moment(change.ended_at),
        object=change.track.object,
        count=change.count,
        score=change.track.score,
        box=clipped(change.track.box),
        track_id=None if change.track.id == OF_BEFORE else change.track.id,
        model=f"liuhe-{change.kind}" if change.kind in FOUND else tag,
    )


def _moved(opens: Iterable[Open], seconds: float) -> tuple[Open, ...]:
    return tuple(
        replace(each, since=each.since + seconds, seen=each.seen + seconds) for each in opens
    )
