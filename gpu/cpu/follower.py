"""What follows the detection of one camera: track, watch, tell. No threads of its own."""

from collections.abc import Sequence
from datetime import datetime

from gpu.clock import moment, now
from gpu.cpu.decode import Frame
from gpu.cpu.detect import Detector
from gpu.cpu.finders import Finders
from gpu.cpu.motion import Grey
from gpu.cpu.network import Network
from gpu.cpu.pictures import Look, evidence, look_at, snapshot
from gpu.cpu.track import Tracker
from gpu.memory import Memory
from gpu.messages import Point
from gpu.pipeline import Line, Seen
from gpu.recorder import Record
from gpu.spells import Track
from gpu.teller import Tell, Teller
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
        self._finders: Finders | None = None
        self._look: Look | None = None
        self._shown: Look | None = None
        self._before: Frame | None = None
        self._air: tuple[Frame, Network] | None = None  # where something fell last
        self._resting = False

    def begin(self, network: Network, rate: float) -> None:
        """Before each first frame; `rate` is how many detections a second to expect."""
        with self._teller.order:
            if self._tracker is None and not self._resting:
                node = self._teller.line.track
                output = network.model.manifest.output
                self._tracker = Tracker(node, output, rate)
                self._finders = Finders(output.keep)
                self._teller.begin(network.model.tag, now())

    def follow(
        self, frame: Frame, grey: Grey, seen: tuple[Seen, ...] | None, network: Network
    ) -> None:
        """Take the next frame, also small and grey; `seen` is None when nobody looked at it."""
        with self._teller.order:
            if self._resting:
                return
            assert self._tracker is not None, "begin comes first"
            if frame.fresh:
                self._tracker.reset()
            moving = grey if self._teller.line.detect.every > 1 else None  # nothing to bridge
            if seen is None:
                told = self._tracker.skip(frame.at, moving)
            else:
                told = self._tracker.follow(frame.at, seen, moving)
                self._look = Look(frame=frame, seen=seen, network=network)
            for at, tracks in told:
                self._teller.look(at, tracks)
            self._find(frame, grey, seen, told[-1][1] if told else (), network)

    def rezone(self, line: Line) -> None:
        """Other zones on the same pictures; what is no longer watched ends."""
        self._teller.rezone(line, now())

    def finish(self) -> None:
        """Nothing will be seen here again: what is open ends."""
        self._teller.finish(now())

    def rest(self) -> None:
        """Another goes on here: a frame that is still under way changes nothing any more."""
        with self._teller.order:
            self._resting = True
            self._teller.rest()

    def snapshot(self) -> tuple[bytes, datetime] | None:
        """The latest look, blurred, and when it was; None if there is none since the last time."""
        look, line = self._look, self._teller.line
        if look is None or look is self._shown:
            return None
        self._shown = look
        polygons = [zone.polygon for zone in line.watch.zones]
        picture = snapshot(look, self._detector, polygons, line.tell.picture_width)
        return None if picture is None else (picture, moment(look.frame.at))

    def _find(
        self,
        frame: Frame,
        grey: Grey,
        seen: Sequence[Seen] | None,
        tracks: Sequence[Track],
        network: Network,
    ) -> None:
        """What needs no model; the frame in which something falls is kept until it is told."""
        assert self._finders is not None, "begin comes first"
        if frame.fresh:
            self._finders.cut()
        zones = self._teller.line.watch.zones
        found = self._finders.look(frame.at, grey, seen, tracks, zones, self._teller.opens)
        if self._finders.falling and self._before is not None:
            self._air = self._before, network
        self._before = frame
        for kind, things in found:
            self._teller.find(kind, frame.at, things)

    def _evidence(self, change: Change, polygon: Sequence[Point]) -> bytes | None:
        look = self._fallen() if change.kind == "fall" else self._look
        if look is None:
            return None
        width = self._teller.line.tell.picture_width
        return evidence(look, self._detector, polygon, change.track.box, width)

    def _fallen(self) -> Look | None:
        """The latest frame in which something fell; nobody has looked for people in it yet."""
        if self._air is None:
            return self._look
        frame, network = self._air
        return look_at(frame, self._detector, network, self._teller.line.source.camera_id)
