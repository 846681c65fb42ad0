"""What follows the detection of one camera: track, watch, tell. No threads of its own."""

from collections.abc import Sequence
from datetime import datetime

from gpu.cpu.decode import Frame, now
from gpu.cpu.detect import Detector
from gpu.cpu.motion import Grey
from gpu.cpu.network import Network
from gpu.cpu.pictures import Closing, Look, evidence, snapshot
from gpu.cpu.track import Tracker
from gpu.memory import Memory
from gpu.messages import Point
from gpu.pipeline import Line, Seen
from gpu.recorder import Record
from gpu.teller import Tell, Teller, moment
from gpu.zones import Change


class Follower:
    """`tell` gets what happens, with a blurred picture when something starts; it must not wait."""

    def __init__(
        self,
        line: Line,
        detector: Detector,
        tell: Tell,
        memory: Memory | None = None,
        record: Record | None = None,
    ) -> None:
        self._detector = detector
        self._teller = Teller(line, tell, self._evidence, memory, record)
        self._tracker: Tracker | None = None
        self._look: Look | None = None
        self._shown: Look | None = None

    def begin(self, network: Network, rate: float) -> None:
        """Before each first frame; `rate` is how many detections a second to expect."""
        with self._teller.order:
            if self._tracker is None:
                node = self._teller.line.track
                self._tracker = Tracker(node, network.model.manifest.output, rate)
                self._teller.begin(network.model.tag, now())

    def follow(
        self, frame: Frame, grey: Grey, seen: tuple[Seen, ...] | None, network: Network
    ) -> None:
        """Take the next frame, also small and grey; `seen` is None when nobody looked at it."""
        assert self._tracker is not None, "begin comes first"
        with self._teller.order:
            if frame.fresh:
                self._tracker.reset()
            if seen is None:
                told = self._tracker.skip(frame.at, grey)
            else:
                told = self._tracker.follow(frame.at, seen, grey)
                self._look = Look(frame=frame, seen=seen, network=network)
            for at, tracks in told:
                self._teller.look(at, tracks)

    def rezone(self, line: Line) -> None:
        """Other zones on the same pictures; what is no longer watched ends."""
        self._teller.rezone(line, now())

    def finish(self) -> None:
        """Nothing will be seen here again: what is open ends."""
        self._teller.finish(now())

    def snapshot(self) -> tuple[bytes, datetime] | None:
        """The latest look, blurred, and when it was; None if there is none since the last time."""
        look, line = self._look, self._teller.line
        if look is None or look is self._shown:
            return None
        self._shown = look
        polygons = [zone.polygon for zone in line.watch.zones]
        try:
            picture = snapshot(look, self._detector, polygons, line.tell.picture_width)
        except Closing:
            return None
        return picture, moment(look.frame.at)

    def _evidence(self, change: Change, polygon: Sequence[Point]) -> bytes | None:
        if self._look is None:
            return None
        width = self._teller.line.tell.picture_width
        try:
            return evidence(self._look, self._detector, polygon, change.track.box, width)
        except Closing:
            return None
