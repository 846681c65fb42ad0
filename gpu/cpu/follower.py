"""What follows the detection of one camera: track, watch, tell. No threads of its own."""

import logging
import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from gpu.cpu.decode import Frame, now
from gpu.cpu.detect import Detector
from gpu.cpu.network import Network
from gpu.cpu.pictures import Closing, Look, evidence, snapshot
from gpu.cpu.track import Tracker
from gpu.geometry import clipped
from gpu.memory import Memory
from gpu.messages import Observation, Point
from gpu.pipeline import Line, Seen
from gpu.zones import Change, Zones

log = logging.getLogger(__name__)

Tell = Callable[[Observation, bytes | None], None]


class Follower:
    """`tell` gets what happens, with a blurred picture when something starts; it must not wait."""

    def __init__(
        self, line: Line, detector: Detector, tell: Tell, memory: Memory | None = None
    ) -> None:
        self.line, self._camera_id = line, line.source.camera_id
        self._detector, self._tell, self._memory = detector, tell, memory
        self._zones = Zones(line.watch.zones, new_id=lambda: uuid.uuid4().hex)
        self._order = threading.RLock()  # starts are told before their ends, whoever tells
        self._tracker: Tracker | None = None
        self._look: Look | None = None
        self._shown: Look | None = None
        self._tag = ""
        self._recalled = False

    def begin(self, network: Network, rate: float) -> None:
        """Before each first frame; `rate` is how many detections a second to expect."""
        with self._order:
            if self._tracker is None:
                self._tracker = Tracker(self.line.track, network.model.manifest.output, rate)
                self._tag = network.model.tag
                self._recall()

    def follow(self, frame: Frame, seen: tuple[Seen, ...] | None, network: Network) -> None:
        """Take the next frame; `seen` is None when nobody looked at it."""
        assert self._tracker is not None, "begin comes first"
        with self._order:
            if frame.fresh:
                self._tracker.reset()
            if seen is None:
                tracks = self._tracker.coast(frame.at)
            else:
                tracks = self._tracker.follow(frame.at, seen)
                self._look = Look(frame=frame, seen=seen, network=network)
            self._report(self._zones.look(frame.at, tracks))

    def rezone(self, line: Line) -> None:
        """Other zones on the same pictures; what is no longer watched ends."""
        with self._order:
            changes = self._zones.reconfigure(line.watch.zones, now())
            self.line = line
            self._report(changes)

    def finish(self) -> None:
        """Nothing will be seen here again: what is open ends."""
        with self._order:
            self._recall()
            self._report(self._zones.reconfigure((), now()))

    def snapshot(self) -> tuple[bytes, datetime] | None:
        """The latest look, blurred, and when it was; None if there is none since the last time."""
        look, zones = self._look, self.line.watch.zones
        if look is None or look is self._shown:
            return None
        self._shown = look
        polygons = [zone.polygon for zone in zones]
        try:
            picture = snapshot(look, self._detector, polygons, self.line.tell.picture_width)
        except Closing:
            return None
        return picture, moment(look.frame.at)

    def _recall(self) -> None:
        """Once: go on with what was open before the worker was stopped."""
        if self._memory and not self._recalled:
            self._recalled = True
            self._report(self._zones.recall(self._memory.load(self._camera_id), now()))

    def _report(self, changes: Iterable[Change]) -> None:
        changes = list(changes)
        for change in changes:
            picture = self._evidence(change) if change.phase == "started" else None
            self._tell(observation(change, self._camera_id, self._tag), picture)
        if changes and self._memory:
            self._memory.save(self._camera_id, self._zones.remember())

    def _evidence(self, change: Change) -> bytes | None:
        polygon = self._polygon(change.zone_id)
        if self._look is None or polygon is None:
            return None
        width = self.line.tell.picture_width
        try:
            return evidence(self._look, self._detector, polygon, change.track.box, width)
        except Closing:
            return None

    def _polygon(self, zone_id: str) -> Sequence[Point] | None:
        zones = self.line.watch.zones
        return next((zone.polygon for zone in zones if zone.id == zone_id), None)


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
        track_id=change.track.id,
        model=tag,
    )


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
