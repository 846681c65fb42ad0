"""The worker with a GPU: as many shards as the cameras need, watched and started anew.

What GStreamer says of an error does not say whose it is. A shard that breaks again and again is
therefore halved, until the camera that breaks it is alone and the others are left in peace.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

from gpu.clock import now
from gpu.deepstream import shard
from gpu.deepstream.plan import Shards, arranged, halved, same_eyes
from gpu.deepstream.records import keep_trim
from gpu.deepstream.rests import STEADY, Rests
from gpu.deepstream.running import GRACE, Options, Running
from gpu.deepstream.wires import Failed, Moved, Picture, Pulse, Told
from gpu.memory import Memory
from gpu.messages import CameraHealth, CameraState, Config, Observation
from gpu.pipeline import Line, lines
from gpu.recorder import Record
from gpu.teller import Tell, Teller
from gpu.together import together

log = logging.getLogger(__name__)

TLS = "A camera over TLS (rtsps://) cannot be watched on a GPU; watch it on a CPU."
NUMB = 30.0  # seconds without a pulse after which a shard counts as hung


class Worker:
    """Keeps what runs equal to what is wanted. `apply` may be called at any time."""

    def __init__(self, options: Options, tell: Tell, record: Record | None = None) -> None:
        self._options, self._tell, self._record = options, tell, record
        self._plan: Shards = {}
        self._unfit: tuple[str, ...] = ()  # cameras that no GPU can watch
        self._running: dict[int, Running] = {}
        self._rests = Rests()
        self._suspected: set[int] = set()  # halves of shards that broke
        self._reconnects: dict[str, int] = {}  # of each camera in shards that are gone
        self._said: dict[str, CameraHealth] = {}
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)
        self._keeper.start()
        if recording := options.settings.recording:
            arguments = (recording, self._stop)
            threading.Thread(target=keep_trim, args=arguments, name="records", daemon=True).start()

    def apply(self, config: Config, *, live: bool = True) -> None:
        """Only shards whose cameras change are stopped, all at once; the others go on."""
        with self._lock:
            before, wanted = self._plan, lines(config, live=live)
            self._unfit = tuple(each.source.camera_id for each in wanted if each.source.over_tls)
            fit = [each for each in wanted if not each.source.over_tls]
            self._plan = arranged(fit, before, self._options.most, self._closed())
            self._suspected &= self._plan.keys()
            for number in before:
                if not same_eyes(before[number], self._plan.get(number, ())):
                    self._rests.forget(number)
            self._hand_on()
            self._forget_what_is_gone(before)
            self._start_missing()

    def stop(self) -> None:
        """All shards; what is open goes on when the worker is started again."""
        self._stop.set()
        with self._lock:
            together([running.stop for running in self._running.values()], patience=2 * GRACE)
            self._running.clear()

    def snapshots(self) -> list[tuple[str, Callable[[], tuple[bytes, datetime] | None]]]:
        """Each picture once."""
        with self._lock:
            ids = [line.source.camera_id for its in self._plan.values() for line in its]
        return [(camera_id, partial(self._shown, camera_id)) for camera_id in ids]

    def health(self) -> tuple[CameraHealth, ...]:
        with self._lock:
            cameras = [health for number in self._plan for health in self._health(number)]
            return (*cameras, *(_not_over_tls(camera_id) for camera_id in self._unfit))

    # ----------------------------------------------------------------------------------- inside

    def _hand_on(self) -> None:
        """What runs takes over what it can; what has other cameras now is stopped."""
        changed = []
        for number, running in list(self._running.items()):
            its_lines = self._plan.get(number, ())
            if not same_eyes(running.lines, its_lines):
                changed.append(self._running.pop(number))
            elif its_lines != running.lines:
                running.rezone(its_lines)
        together([running.stop for running in changed], patience=2 * GRACE)
        for running in changed:
            self._count_on(running)

    def _keep(self) -> None:
        """Start what ended, end what hangs."""
        while not self._stop.wait(0.5):
            try:
                with self._lock:
                    for running in list(self._running.values()):
                        self._look_after(running)
                    self._start_missing()
            except Exception:
                log.exception("a shard could not be looked after")

    def _look_after(self, running: Running) -> None:
        if running.process.is_alive():
            if time.monotonic() - running.pulse > NUMB:
                log.error("shard %d hangs; it is started anew", running.number)
                running.kill()
            return
        code = running.process.exitcode
        if code == shard.ENDED:  # its files are over; a later change starts it again
            return
        log.warning("shard %d ended with %s; it is started anew", running.number, code)
        del self._running[running.number]
        self._count_on(running, restarts=1)
        self._failed(running)
        often = self._rests.broke(running.number, running.worked, time.monotonic())
        if often and self._may_be_a_camera(running):
            self._halve(running.number)

    def _count_on(self, running: Running, *, restarts: int = 0) -> None:
        """The next shard counts from nothing, but what is told of a camera must not become less."""
        known = {each.camera_id: each.reconnects for each in running.health}
        for camera_id in (line.source.camera_id for line in running.lines):
            here = known.get(camera_id, 0) + restarts
            self._reconnects[camera_id] = self._reconnects.get(camera_id, 0) + here

    def _may_be_a_camera(self, running: Running) -> bool:
        """What played was in order. What did not may be the GPU's fault, unless others play."""
        if running.process.exitcode == shard.BROKEN:
            return True
        if running.process.exitcode != shard.UNSTARTED and not running.crashed:
            return False
        shown = (each for one in (running, *self._running.values()) for each in one.health)
        return len(self._plan) == 1 or any(each.last_frame_at for each in shown)

    def _halve(self, number: int) -> None:
        """Both halves start at once. One camera alone has nobody whom it could harm."""
        if len(self._plan[number]) < 2:
            return
        before, self._plan = self._plan, halved(self._plan, number)
        self._suspected |= {number, *(self._plan.keys() - before.keys())}
        self._rests.forget(number)
        log.warning("shard %d breaks again and again; it is halved", number)

    def _closed(self) -> set[int]:
        """The halves that have not yet worked steadily."""
        steady = {n for n, running in self._running.items() if running.worked >= STEADY}
        return self._suspected - steady

    def _failed(self, running: Running) -> None:
        """Until it works again its cameras say why they do not."""
        why = running.failed or Failed(
            fault="pipeline", sentence="The pipeline broke off; it is started anew."
        )
        state: CameraState = "failed" if running.failed else "reconnecting"
        for camera_id in (line.source.camera_id for line in running.lines):
            self._said[camera_id] = CameraHealth(
                camera_id=camera_id, state=state, fault=why.fault, error=why.sentence
            )

    def _start_missing(self) -> None:
        if self._stop.is_set():
            return
        for number, its_lines in self._plan.items():
            if number not in self._running and self._rests.over(number, time.monotonic()):
                running = Running(number, its_lines, self._options)
                self._running[number] = running
                for work in (self._hear, self._keep_told):
                    threading.Thread(target=work, args=(running,), daemon=True).start()

    def _hear(self, running: Running) -> None:
        """A shard's pulse and pictures, until it is gone."""
        while True:
            try:
                message = running.reports.recv()
            except (OSError, EOFError):
                return
            if isinstance(message, Pulse):
                running.beat(message.cameras)
            elif isinstance(message, Picture):
                running.pictures[message.camera_id] = message
            elif isinstance(message, Moved):
                if self._record is not None:
                    self._record(message.tracks)
            elif isinstance(message, Failed):
                log.error("shard %d: %s", running.number, message.sentence)
                running.failed = message

    def _keep_told(self, running: Running) -> None:
        """Keep each observation, then say so: only now the shard goes on."""
        while True:
            try:
                message: Told = running.tells.recv()
                self._tell(Observation.from_json(message.observation), message.picture)
                running.tells.send(True)
            except (OSError, EOFError):
                return

    def _forget_what_is_gone(self, before: Shards) -> None:
        """Cameras that are not watched any more: what was open there ends."""
        wanted = {line.source.camera_id for its in self._plan.values() for line in its}
        for line in (line for its in before.values() for line in its):
            if line.source.camera_id not in wanted:
                self._reconnects.pop(line.source.camera_id, None)
                self._said.pop(line.source.camera_id, None)
                self._end(line)

    def _end(self, line: Line) -> None:
        if self._options.memory is not None:
            memory = Memory(self._options.memory)
            Teller(line, self._tell, lambda change, polygon: None, memory).finish(now())

    def _shown(self, camera_id: str) -> tuple[bytes, datetime] | None:
        with self._lock:
            pictures = (each.pictures.pop(camera_id, None) for each in self._running.values())
            picture = next((each for each in pictures if each is not None), None)
        return None if picture is None else (picture.jpeg, picture.at)

    def _health(self, number: int) -> list[CameraHealth]:
        running = self._running.get(number)
        known = {each.camera_id: each for each in running.health} if running else {}
        return [self._camera_health(line.source.camera_id, known) for line in self._plan[number]]

    def _camera_health(self, camera_id: str, known: dict[str, CameraHealth]) -> CameraHealth:
        if camera_id in known:
            self._said.pop(camera_id, None)
        starting = CameraHealth(camera_id=camera_id, state="starting")
        here = known.get(camera_id) or self._said.get(camera_id, starting)
        return replace(here, reconnects=here.reconnects + self._reconnects.get(camera_id, 0))


def _not_over_tls(camera_id: str) -> CameraHealth:
    return CameraHealth(camera_id=camera_id, state="failed", fault="tls", error=TLS)
