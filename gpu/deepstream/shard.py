"""A shard: the process that runs one graph for its cameras, and ends when anything is wrong.

It never mends itself: the worker starts it anew. What is open in the zones lies on disk.
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

from gpu.cpu.detect import Detector
from gpu.deepstream import engines, mapper, networks
from gpu.deepstream.building import have_engine
from gpu.deepstream.graph import MUX, PICTURES, SCALARS, shard
from gpu.deepstream.machine import Machine, build
from gpu.deepstream.pictures import Pictures
from gpu.deepstream.records import prepared
from gpu.deepstream.servicemaker import MissingError, ServiceMaker
from gpu.deepstream.spec import Network
from gpu.deepstream.watching import Watching
from gpu.deepstream.wires import (
    Caller,
    Failed,
    Lost,
    Moved,
    Picture,
    Pipe,
    Pulse,
    Rezone,
    Sender,
    Stop,
    Task,
)
from gpu.manifests import Model, ModelError, find
from gpu.memory import Memory
from gpu.messages import Fault, Observation, Tracks

log = logging.getLogger(__name__)

#: Exit codes: films are over; it broke after pictures; it cannot work, whatever the cameras; it has
#: no worker any more; its pipeline gives no picture, maybe for one of the cameras; none answers.
ENDED, BROKEN, CANNOT, ALONE, UNSTARTED, AWAY = 0, 3, 4, 5, 6, 7
PULSE = 1.0
BUILDING = 1800.0  # seconds that an engine may take
CLOSING = 3.0  # seconds for the cameras' connections to be closed

Make = Callable[[str], Machine]


def run(task: Task, orders: Pipe, reports: Pipe, tells: Pipe, make: Make = ServiceMaker) -> None:
    """The process's whole life; ends it itself, since threads may sit in NVIDIA's code for ever."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the worker decides
    os.umask(0o077)  # recordings are originals, and NVIDIA's side writes them
    code = ALONE
    try:
        code = Shard(task, orders, Sender(reports), Caller(tells), make).run()
    except Lost as error:
        log.error("shard %d: %s", task.number, error)
    except Exception:
        log.exception("shard %d", task.number)
        code = BROKEN
    finally:
        logging.shutdown()
        os._exit(code)


class Shard:
    def __init__(
        self, task: Task, orders: Pipe, reports: Sender, tells: Caller, make: Make
    ) -> None:
        self._task, self._orders, self._reports = task, orders, reports
        self._tells, self._make = tells, make
        self._watching: tuple[Watching, ...] = ()
        self._looks = mapper.Looks(task.lines[0].detect.every)
        self._wanted = task.lines
        self._machine: Machine | None = None
        self._fed: float | None = None  # when the first batch went into the pipeline
        self._stopping = threading.Event()

    def run(self) -> int:
        threading.Thread(target=self._beat, name="pulse", daemon=True).start()
        threading.Thread(target=self._listen, name="orders", daemon=True).start()
        code = CANNOT
        try:
            network = self._network()
            machine = self._make(f"liuhe-{self._task.number}")
            code = UNSTARTED
            self._play(machine, network)
        except Exception as error:  # also what NVIDIA's side raises: its cameras must say why
            if not isinstance(error, ModelError | MissingError | engines.EngineError | OSError):
                log.exception("shard %d cannot be prepared", self._task.number)
            fault: Fault = "model" if isinstance(error, ModelError) else "pipeline"
            self._reports.send(Failed(fault=fault, sentence=str(error) or type(error).__name__))
            return code
        self._rezone()
        threading.Thread(target=self._snapshots, name="snapshots", daemon=True).start()
        over = machine.wait() == "eos" and all(line.source.ends for line in self._task.lines)
        if self._stopping.is_set():
            threading.Event().wait(CLOSING)  # whoever stops ends the process
        for each in self._watching:
            each.ended() if over else each.stop()
        self._pulse()
        if over:
            return ENDED
        if self._shown():
            return BROKEN  # no camera ends: one that says so is called again
        sentence = "The pipeline does not play; see the log."
        self._reports.send(Failed(fault="pipeline", sentence=sentence))
        return UNSTARTED

    def _network(self) -> Network:
        """The model, with an engine; the same for all cameras."""
        task = self._task
        model = find(task.lines[0].detect.model, task.models)
        network = networks.network(model, task.cache, len(task.lines), task.settings)
        return _with_engine(model, network, task)

    def _play(self, machine: Machine, network: Network) -> None:
        """Files, graph, probes; then it plays."""
        task, detector = self._task, Detector(self._task.models, threads=1)
        graph = shard(task.lines, network, task.folder, task.settings)
        task.folder.mkdir(parents=True, exist_ok=True)
        for name, text in graph.files.items():
            (task.folder / name).write_text(text, "utf-8")
        build(machine, graph)
        pictures = Pictures(machine)
        memory = Memory(task.memory) if task.memory else None
        record = self._recorder(machine)
        self._watching = tuple(
            Watching(
                line, pad, network, pictures, detector, self._tell, memory, record, self._moved
            )
            for pad, line in enumerate(task.lines)
        )
        machine.watch_metadata(MUX, self._feed)
        machine.watch_metadata(SCALARS, self._take)
        machine.watch_buffers(PICTURES, pictures.take)
        for each in self._watching:
            each.start()
        self._machine = machine
        machine.start()

    def _recorder(self, machine: Machine) -> Callable[[int], None] | None:
        recording = self._task.settings.recording
        if recording is None:
            return None
        prepared(recording.folder)
        before, after = recording.before, recording.after
        return lambda pad: machine.record(f"camera-{pad}", before, after)

    def _tell(self, observation: Observation, picture: bytes | None) -> None:
        """What nobody keeps must not count as told: the next process sees it again."""
        try:
            self._tells.tell(observation, picture)
        except Lost as error:
            log.error("shard %d: %s", self._task.number, error)
            os._exit(ALONE)

    def _report(self, message: Pulse | Picture | Moved) -> None:
        try:
            self._reports.send(message)
        except Lost:
            os._exit(ALONE)

    def _moved(self, tracks: Tracks) -> None:
        self._report(Moved(tracks=tracks))

    def _feed(self, _: Any) -> None:
        """On a streaming thread: there is something to come out at the other end."""
        self._fed = self._fed or time.monotonic()

    def _take(self, metadata: Any) -> None:
        """On the streaming thread: numbers only, then it goes on."""
        looked = self._looks.next()
        for frame in mapper.frames(metadata):
            if frame.pad < len(self._watching):
                self._watching[frame.pad].offer(frame, looked=looked)

    # ---------------------------------------------------------------------------------- threads

    def _listen(self) -> None:
        while True:
            try:
                order = self._orders.recv()
            except (OSError, EOFError):
                log.error("shard %d: the worker is gone", self._task.number)
                os._exit(ALONE)
            if isinstance(order, Stop):
                self._stop()
            elif isinstance(order, Rezone):
                self._wanted = order.lines
                self._rezone()

    def _rezone(self) -> None:
        """Also after the start: an order may have come while the engine was built."""
        for each, line in zip(self._watching, self._wanted, strict=False):
            if each.line != line:
                each.rezone(line)

    def _stop(self) -> None:
        """NVIDIA's `wait` may never return after a stop: nothing waits for it."""
        self._stopping.set()
        for each in self._watching:
            each.stop()
        if self._machine is not None:
            stopping = threading.Thread(target=self._machine.stop, name="stop", daemon=True)
            stopping.start()
            stopping.join(CLOSING)
        logging.shutdown()
        os._exit(ENDED)

    def _beat(self) -> None:
        while not self._stopping.wait(PULSE):
            self._pulse()
            if (code := self._stuck()) is not None:
                log.error("shard %d: no camera gives pictures; it ends", self._task.number)
                os._exit(code)

    def _pulse(self) -> None:
        for each in self._watching:
            each.check()
        health = tuple(each.vitals.health() for each in self._watching)
        self._report(Pulse(cameras=health))

    def _stuck(self) -> int | None:
        """The code to end with when it hangs. An error ends nothing: NVIDIA's loop only prints it.

        All cameras of a shard do not fail at once, and what goes in comes out: else it is broken.
        While nothing goes in nvinfer may be building an engine, and must not be disturbed.
        """
        watching = [each for each in self._watching if each.vitals.state != "ended"]
        if not watching:
            return None
        silent, limit = min(each.silence() for each in watching), self._task.stuck
        if self._shown():
            return BROKEN if silent > limit else None
        if self._fed is not None:
            return UNSTARTED if time.monotonic() - self._fed > limit else None
        return AWAY if silent > max(limit, BUILDING) else None

    def _shown(self) -> bool:
        """Whether any picture came through."""
        return any(each.vitals.frames.total for each in self._watching)

    def _snapshots(self) -> None:
        """One camera after the other, each every so many seconds."""
        while not self._stopping.is_set():
            begun = time.monotonic()
            for each in self._watching:
                self._show(each)
            spent = time.monotonic() - begun
            self._stopping.wait(max(self._task.snapshot_every - spent, 0.2))

    def _show(self, each: Watching) -> None:
        """One camera's bad picture costs no other its own."""
        camera_id = each.line.source.camera_id
        try:
            if each.silence() < PULSE and (taken := each.snapshot()) is not None:
                self._report(Picture(camera_id=camera_id, jpeg=taken[0], at=taken[1]))
        except Exception:
            log.exception("camera %s: no snapshot", camera_id)


def _with_engine(model: Model, network: Network, task: Task) -> Network:
    """Without TensorRT's Python, nvinfer builds its own."""
    try:
        return have_engine(model, network, len(task.lines), task.settings)
    except engines.MissingTools as error:
        log.warning("%s If there is no engine, nvinfer builds one now: minutes.", error)
        return network
