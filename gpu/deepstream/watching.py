"""One camera of a shard: a thread that takes its frames' numbers and says what happens."""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import cv2
import numpy as np
from av import VideoFrame

from gpu.blur import Pixels
from gpu.clock import moment, now
from gpu.cpu.decode import Frame as Decoded
from gpu.cpu.detect import Detector
from gpu.cpu.pictures import Look, evidence, look_at, snapshot
from gpu.deepstream import mapper
from gpu.deepstream.pictures import Pictures
from gpu.deepstream.spec import Network
from gpu.memory import Memory
from gpu.messages import FOUND, Point
from gpu.pipeline import Line, Seen
from gpu.recorder import Record as Moved
from gpu.teller import Tell, Teller
from gpu.vitals import Vitals, sight_of
from gpu.zones import Change

log = logging.getLogger(__name__)

AHEAD = 64  # frames' numbers that may wait; then the oldest go, counted
SILENT = 5.0  # seconds without a frame after which a camera counts as away

Record = Callable[[int], None]


class Watching:
    """`offer` is called on a streaming thread and never waits.

    `record` starts a recording of this camera; `moved` gets what moved before it. Blurring is done
    with the model of the CPU's back end, which looks at the picture itself, and covers what the
    GPU saw besides.
    """

    def __init__(
        self,
        line: Line,
        pad: int,
        network: Network,
        pictures: Pictures,
        detector: Detector,
        tell: Tell,
        memory: Memory | None = None,
        record: Record | None = None,
        moved: Moved | None = None,
    ) -> None:
        self.line, self.pad, self._network = line, pad, network
        self._names = dict(network.classes)
        self._pictures, self._detector, self._record = pictures, detector, record
        self._memory = memory
        self.vitals = Vitals.of(line.source, memory)
        self._teller = Teller(line, tell, self._evidence, memory, moved)
        self._frames: queue.Queue[tuple[float, mapper.Frame, bool] | None] = queue.Queue(AHEAD)
        self._last = time.monotonic()
        self._leave_out()
        name = f"watch-{line.source.camera_id}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._teller.begin(self._network.tag, now())
        self._thread.start()

    def offer(self, frame: mapper.Frame, *, looked: bool) -> None:
        """`looked`: nvinfer did, and not only the tracker."""
        self._last = time.monotonic()
        while True:
            try:
                self._frames.put_nowait((now(), frame, looked))
                return
            except queue.Full:
                self._drop_oldest()

    def rezone(self, line: Line) -> None:
        """Other zones, another view, or other things to tell, on the same pictures."""
        self._teller.rezone(line, now())
        if line.source.view != self.line.source.view:
            self.vitals.sight = sight_of(line.source, self._memory)
        self.line = line
        self._leave_out()

    def ended(self) -> None:
        """The file is over: what is open ends, after what still waits."""
        self._close()
        self._teller.finish(now())
        self.vitals.turn("ended")

    def stop(self) -> None:
        """What is open goes on after a restart."""
        self._close()
        self._teller.rest()

    def check(self) -> None:
        """Say so when no frame came for a while; nvurisrcbin calls the camera again by itself."""
        silent = self.silence()
        if silent > SILENT and self.vitals.state in ("starting", "running"):
            called = "it is called again" if not self.line.source.is_file else "see the log"
            self.vitals.count(reconnects=1)
            self.vitals.turn("reconnecting", "silent", f"No picture for {silent:.0f} s; {called}.")

    def silence(self) -> float:
        return time.monotonic() - self._last

    def snapshot(self) -> tuple[bytes, datetime] | None:
        """A blurred picture of all zones, as it is now."""
        look = self._looked()
        if look is None:
            return None
        self.vitals.sight.glance(look.frame.at, look.frame.picture)
        polygons = [zone.polygon for zone in self.line.watch.zones]
        picture = snapshot(look, self._detector, polygons, self.line.tell.picture_width)
        return None if picture is None else (picture, moment(look.frame.at))

    # ----------------------------------------------------------------------------------- inside

    def _leave_out(self) -> None:
        """Finders need every picture, and those stay on the GPU: say what is not watched for."""
        said, self.vitals.left_out = self.vitals.left_out, left_out(self.line)
        if self.vitals.left_out and self.vitals.left_out != said:
            log.warning("camera %s: %s", self.line.source.camera_id, self.vitals.left_out)

    def _run(self) -> None:
        while (item := self._frames.get()) is not None:
            try:
                self._take(*item)
            except Exception as error:  # one bad frame must not end the camera
                self.vitals.puzzled(error)

    def _take(self, at: float, frame: mapper.Frame, looked: bool) -> None:
        self._teller.look(at, mapper.tracks(frame, self._names))
        self.vitals.saw(at, looked=looked)
        if looked:
            self.vitals.detections.tick()

    def _drop_oldest(self) -> None:
        try:
            self._frames.get_nowait()
        except queue.Empty:
            return
        self.vitals.count(dropped=1)

    def _close(self) -> None:
        while True:
            try:
                self._frames.put_nowait(None)
                break
            except queue.Full:
                self._drop_oldest()
        self._thread.join(timeout=5.0)

    def _evidence(self, change: Change, polygon: Sequence[Point]) -> bytes | None:
        self._start_recording()
        look = self._looked()
        if look is None:
            return None
        width = self.line.tell.picture_width
        return evidence(look, self._detector, polygon, change.track.box, width)

    def _start_recording(self) -> None:
        if self._record is None:
            return
        try:
            self._record(self.pad)
        except Exception:  # NVIDIA's side raises what it likes: the observation counts
            log.exception("camera %s: nothing is recorded", self.line.source.camera_id)

    def _looked(self) -> Look | None:
        """The next picture, with what both models see in it."""
        answer = self._pictures.ask(self.pad)
        if answer is None:
            return None
        pixels, frame = answer
        picture = VideoFrame.from_ndarray(_shaped(pixels, frame), format="rgb24")
        taken = Decoded(picture, now(), fresh=False)
        network = self._detector.network(None)
        look = look_at(taken, self._detector, network, self.line.source.camera_id)
        if look is None:
            return None
        tracks = mapper.tracks(frame, self._names)
        known = (Seen(object=each.object, score=each.score, box=each.box) for each in tracks)
        return replace(look, seen=(*look.seen, *known))


def left_out(line: Line) -> str:
    """A sentence about the watches that need the CPU's back end, or ""."""
    kinds = {watch.kind for zone in line.watch.zones for watch in zone.watches}
    names = " and ".join(f"'{kind}'" for kind in FOUND if kind in kinds)
    if not names:
        return ""
    return f"Watches of the kind {names} are ignored on a GPU; watch this camera on a CPU."


def _shaped(pixels: Pixels, frame: mapper.Frame) -> Pixels:
    """The GPU gives one size for all cameras; here it gets its camera's shape back."""
    height, width = pixels.shape[:2]
    if not frame.width or not frame.height:
        return pixels
    wanted = max(2, round(width * frame.height / frame.width) // 2 * 2)
    if wanted == height:
        return pixels
    resized = cv2.resize(pixels, (width, wanted), interpolation=cv2.INTER_AREA)
    return np.asarray(resized, np.uint8)
