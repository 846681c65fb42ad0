"""One camera: a thread that reads, a thread that follows, and a short queue between them."""

import logging
import queue
import threading
import time
from typing import Literal

from av.video.reformatter import VideoReformatter

from gpu.addresses import without_secret
from gpu.backoff import waits
from gpu.cpu.decode import Frame, SourceError, Stream
from gpu.cpu.detect import Answer, Detector
from gpu.cpu.follower import Follower
from gpu.cpu.motion import Gate, Grey, small
from gpu.cpu.network import Network
from gpu.manifests import ModelError
from gpu.memory import Memory
from gpu.messages import Fault
from gpu.pipeline import Line, Seen
from gpu.recorder import Record
from gpu.teller import Tell
from gpu.vitals import Vitals

log = logging.getLogger(__name__)

AHEAD = 8  # frames that may wait to be followed
STEADY = 10.0  # seconds of pictures after which a break is a new one
SELDOM = 0.8  # seconds after which the next frame is looked at, whichever it is
REFUSED = 600.0  # seconds after a refused password: cameras lock out who tries again and again
Item = tuple[Frame, Grey | None, Answer | None]


class Camera:
    """Runs from `start` to `stop`, or to the end of a file that does not loop."""

    def __init__(
        self,
        line: Line,
        detector: Detector,
        tell: Tell,
        memory: Memory | None = None,
        record: Record | None = None,
    ) -> None:
        self.line, self._detector = line, detector
        self.vitals = Vitals.of(line.source, memory)
        self.follower = Follower(line, detector, tell, memory, record)
        self._network: Network | None = None
        self._tools, self._gate = VideoReformatter(), Gate()
        self._scaling = VideoReformatter()  # of the thread that follows
        self._latest: Answer | None = None
        self._looked = 0, 0.0  # the number and time of the frame that was looked at last
        self._ahead: queue.Queue[Item | None] = queue.Queue(AHEAD)
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=work, name=f"{name}-{line.source.camera_id}", daemon=True)
            for name, work in (("read", self._read), ("follow", self._follow))
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def rezone(self, line: Line) -> None:
        self.line = line
        self.follower.rezone(line)

    def stop(self, *, gone: bool) -> None:
        """`gone`: not watched any more, what is open ends. Otherwise a later start goes on."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=0.7)
        if gone:
            self.follower.finish()
        else:
            self.follower.rest()

    def join(self) -> None:
        """Until the file has ended and all of it has been followed."""
        for thread in self._threads:
            thread.join()

    @property
    def running(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    # ---------------------------------------------------------------------------------- reading

    def _read(self) -> None:
        tries = waits()
        while not self._stop.is_set():
            opened = time.monotonic()
            fault = self._try()
            if not fault:
                break
            if time.monotonic() - opened > STEADY:
                tries = waits()
            self._stop.wait(REFUSED if fault == "unauthorized" else next(tries))
            self.vitals.count(reconnects=1)
        self._put(None)

    def _try(self) -> Fault | Literal[""]:
        """Play until something is the matter, and say what; "" at the end."""
        fault: Fault
        try:
            self._play()
            return ""
        except SourceError as error:
            fault, sentence = error.fault, without_secret(str(error))
        except ModelError as error:
            fault, sentence = "model", str(error)
        except Exception as error:  # whatever it is, the camera is called again
            log.exception("camera %s: reading failed", self.line.source.camera_id)
            fault = "reading"
            sentence = f"Reading failed ({type(error).__name__}); see the worker's log."
        ours = self.line.source.is_file or fault in ("model", "reading")
        self.vitals.turn("failed" if ours else "reconnecting", fault, sentence)
        return fault

    def _play(self) -> None:
        """Until the file ends or somebody stops it; a camera that ends is an error."""
        if self._network is None:
            self._network = self._detector.network(self.line.detect.model)
        stream = Stream(self.line.source, self.line.decode, self._stop)
        try:
            for number, frame in enumerate(stream.frames()):
                if number == 0:
                    self.follower.begin(self._network, stream.rate / self.line.detect.every)
                self._offer(number, frame, self._network)
                self._count(stream)
        finally:
            self._count(stream)
        if not self.line.source.is_file and not self._stop.is_set():
            raise SourceError("broke_off", "The camera ended the connection; it is called again.")

    def _count(self, stream: Stream) -> None:
        self.vitals.count(decode_errors=stream.errors, dropped=stream.dropped)
        stream.errors = stream.dropped = 0

    def _offer(self, number: int, frame: Frame, network: Network) -> None:
        """Hand a frame on; live frames that find no room are dropped, the others wait."""
        live = self.line.decode.live
        if live and self._ahead.full():
            self.vitals.count(dropped=1)
            return
        grey = answer = None
        if self._is_due(number, frame.at):
            self._looked = number, frame.at
            grey = small(frame.picture, self._tools) if live else None
            answer = self._ask(frame, grey, network)
        self._put((frame, grey, answer))

    def _is_due(self, number: int, at: float) -> bool:
        """Whether to look at a frame: every n-th of a slow camera comes too late to know again
        what was there before."""
        before, then = self._looked
        return number == 0 or number - before >= self.line.detect.every or at - then >= SELDOM

    def _ask(self, frame: Frame, grey: Grey | None, network: Network) -> Answer:
        """What is seen; a live picture in which nothing has changed shows what it showed before."""
        live = self.line.decode.live
        news = grey is None or frame.fresh or self._gate.opens(frame.at, grey)
        if self._latest is not None and not news and not _was_dropped(self._latest):
            return self._latest
        prepared = network.prepare(frame.picture, self._tools)
        who = self.line.source.camera_id
        self._latest = self._detector.submit(who, network, prepared, live=live)
        return self._latest

    def _put(self, item: Item | None) -> None:
        while True:
            try:
                self._ahead.put(item, timeout=0.5)
                return
            except queue.Full:
                if self._stop.is_set():
                    return

    # -------------------------------------------------------------------------------- following

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                item = self._ahead.get(timeout=0.5)
            except queue.Empty:
                continue
            if item is None:
                break
            try:
                self._take(*item)
            except Exception as error:  # one bad frame must not end the camera, whatever it was
                self.vitals.puzzled(error)
        if not self._stop.is_set():
            self.follower.finish()
            self.vitals.turn("ended")

    def _take(self, frame: Frame, grey: Grey | None, answer: Answer | None) -> None:
        if grey is None:
            grey = small(frame.picture, self._scaling)
        seen: tuple[Seen, ...] | None = None
        if answer is not None:
            seen = answer.result()
            if seen is None:
                self.vitals.count(dropped=1)
            else:
                self.vitals.detections.tick()
        assert self._network is not None
        self.follower.follow(frame, grey, seen, self._network)
        self.vitals.saw(frame.at, looked=seen is not None)
        self.vitals.sight.glance(frame.at, frame.picture)


def _was_dropped(answer: Answer) -> bool:
    return answer.done() and (answer.exception() is not None or answer.result() is None)
