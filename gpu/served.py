"""Watching what a server says, until told to stop."""

import logging
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from gpu.blur import blur_upload
from gpu.cards import Cards
from gpu.cpu import watch
from gpu.cpu.detect import Detector
from gpu.cpu.pictures import Closing, Eyes
from gpu.errands import (
    BlurErrand,
    ChangeErrand,
    Errand,
    HealthErrand,
    LooksErrand,
    Snapshot,
    SnapshotErrand,
    TracksErrand,
)
from gpu.link import Link, Unreachable
from gpu.memory import Memory
from gpu.messages import CameraHealth, Config, Health, Observation
from gpu.national.door import RegistrarDoor
from gpu.national.errands import PresenceErrand
from gpu.recorder import Record
from gpu.sender import Sender
from gpu.spool import Spool
from gpu.teller import Tell

if TYPE_CHECKING:
    from gpu.deepstream.running import Options as GpuOptions

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Options:
    server: str
    token_file: Path
    spool: Path
    models: tuple[Path, ...] = ()
    name: str = ""
    threads: int | None = None
    gpu: "GpuOptions | None" = None


class Worker(Protocol):
    """What watches: on a plain processor or on a GPU."""

    def apply(self, config: Config) -> None: ...

    def snapshots(self) -> Sequence[tuple[str, Snapshot]]: ...

    def health(self) -> tuple[CameraHealth, ...]: ...

    def stop(self) -> None: ...


def serve(options: Options, stop: threading.Event) -> int:
    """Until `stop` is set. The server may be away, also at the start."""
    name = options.name or socket.gethostname()
    link = Link(options.server, options.token_file)
    spool = Spool(options.spool)
    detector = Detector(options.models, options.threads)

    def tell(observation: Observation, picture: bytes | None) -> None:
        spool.put(observation, picture)

    moved = TracksErrand(link)
    worker = _worker(options, detector, tell, moved.take)
    sender = Sender(spool, link)
    sender.start()
    door = RegistrarDoor()
    door.start()
    health = _health(name, worker, spool, Cards(options.models, detector.milliseconds))
    errands = _errands(link, worker, detector, health, stop)
    for errand in (*errands, *_registrar(link, door, stop)):
        errand.start()
    Errand("tracks", moved.round, stop).start()
    log.info("watching for %s as %s", options.server, name)
    stop.wait()
    door.stop()
    worker.stop()
    sender.stop()
    return 0


def _worker(options: Options, detector: Detector, tell: Tell, record: Record) -> Worker:
    opens = options.spool / "open"
    if options.gpu is None:
        return watch.Worker(detector, tell, Memory(opens), record)
    from gpu.deepstream.worker import Worker as Shards

    return Shards(replace(options.gpu, memory=opens), tell, record)


def _health(name: str, worker: Worker, spool: Spool, cards: Cards) -> Callable[[], Health]:
    started_at = datetime.now(UTC)

    def health() -> Health:
        return Health(
            worker=name,
            started_at=started_at,
            at=datetime.now(UTC),
            cameras=worker.health(),
            spool=spool.health(),
            models=cards.now(),
        )

    return health


def _errands(
    link: Link,
    worker: Worker,
    detector: Detector,
    health: Callable[[], Health],
    stop: threading.Event,
) -> list[Errand]:
    def apply(config: Config) -> None:
        log.info("configuration %s: %d cameras", config.version, len(config.cameras))
        worker.apply(config)

    def blur(data: bytes) -> bytes:
        eyes = Eyes(detector=detector, network=detector.network(None), who="uploads")
        try:
            return blur_upload(data, eyes)
        except Closing:
            raise Unreachable("The worker is stopping; the picture is left for later.") from None

    looks = LooksErrand(link)
    rounds = {
        "configuration": ChangeErrand(link.config, apply).round,
        "health": HealthErrand(link, health).round,
        "looks": looks.round,
        "snapshots": SnapshotErrand(link, worker.snapshots, looks.now).round,
        "blurring": BlurErrand(link, blur).round,
    }
    return [Errand(name, round_, stop) for name, round_ in rounds.items()]


def _registrar(link: Link, door: RegistrarDoor, stop: threading.Event) -> list[Errand]:
    rounds = {
        "registry": ChangeErrand(link.registry, door.apply).round,
        "presences": PresenceErrand(link, door).round,
    }
    return [Errand(name, round_, stop) for name, round_ in rounds.items()]
