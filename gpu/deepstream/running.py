"""One shard as the worker has it: its process, the pipes to it, and what it last said."""

import logging
import multiprocessing
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from gpu.deepstream import shard
from gpu.deepstream.machine import Machine
from gpu.deepstream.servicemaker import ServiceMaker
from gpu.deepstream.spec import Settings
from gpu.deepstream.wires import Failed, Lost, Picture, Rezone, Sender, Stop, Task
from gpu.messages import CameraHealth
from gpu.pipeline import Line

log = logging.getLogger(__name__)

GRACE = 8.0  # seconds that a shard has to end


@dataclass(frozen=True, kw_only=True)
class Options:
    """Of this machine. `most`: cameras of one process."""

    models: tuple[Path, ...]
    cache: Path
    folder: Path
    memory: Path | None = None
    most: int = 16
    settings: Settings = field(default_factory=Settings)
    make: Callable[[str], Machine] = ServiceMaker
    snapshot_every: float = 10.0
    stuck: float = 60.0


class Running:
    """One shard's process and the pipes to it."""

    def __init__(self, number: int, its_lines: tuple[Line, ...], options: Options) -> None:
        self.number, self.lines = number, its_lines
        self.pulse = time.monotonic()
        self.health: tuple[CameraHealth, ...] = ()
        self._shown: tuple[float, float] | None = None  # when the first and the last picture came
        self.pictures: dict[str, Picture] = {}  # the latest of each camera
        self.failed: Failed | None = None
        context = multiprocessing.get_context("spawn")
        hear_orders, orders = context.Pipe(duplex=False)
        self.reports, reports = context.Pipe(duplex=False)
        self.tells, tells = context.Pipe()
        self.orders = Sender(orders)
        task = Task(
            number=number,
            lines=its_lines,
            settings=options.settings,
            models=options.models,
            cache=options.cache,
            folder=options.folder / f"shard-{number}",
            memory=options.memory,
            snapshot_every=options.snapshot_every,
            stuck=options.stuck,
        )
        arguments = (task, hear_orders, reports, tells, options.make)
        self.process = context.Process(target=shard.run, args=arguments, daemon=True)
        self.process.start()
        for end in (hear_orders, reports, tells):
            end.close()  # the shard's alone: so each side notices when the other is gone

    def beat(self, cameras: tuple[CameraHealth, ...]) -> None:
        """Its pulse. That it lives is not yet work: pictures are."""
        self.pulse, before, self.health = time.monotonic(), _latest(self.health), cameras
        if _latest(cameras) != before:
            self._shown = (self._shown[0] if self._shown else self.pulse, self.pulse)

    @property
    def worked(self) -> float:
        """Seconds from the first picture to the last: it may have hung for long after that."""
        return self._shown[1] - self._shown[0] if self._shown else 0.0

    @property
    def crashed(self) -> bool:
        """Ended by a signal."""
        return (self.process.exitcode or 0) < 0

    def rezone(self, its_lines: tuple[Line, ...]) -> None:
        self.lines = its_lines
        with suppress(Lost):  # it is ending, and is started anew with these
            self.orders.send(Rezone(lines=its_lines))

    def stop(self) -> None:
        with suppress(Lost):
            self.orders.send(Stop())
        self.process.join(GRACE)
        self.kill()

    def kill(self) -> None:
        if self.process.is_alive():
            log.warning("shard %d does not end; it is killed", self.number)
            self.process.kill()
            self.process.join(GRACE)


def _latest(cameras: tuple[CameraHealth, ...]) -> datetime | None:
    return max((each.last_frame_at for each in cameras if each.last_frame_at), default=None)
