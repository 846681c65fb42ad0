"""Watching what a server says, until told to stop."""

import logging
import socket
import threading
from dataclasses import dataclass
from pathlib import Path

from gpu.blur import blur_upload
from gpu.cpu.detect import Detector
from gpu.cpu.pictures import Closing, Eyes
from gpu.cpu.watch import Worker
from gpu.errands import BlurErrand, ConfigErrand, Errand, HealthErrand, Snapshot, SnapshotErrand
from gpu.link import Link, Unreachable
from gpu.memory import Memory
from gpu.messages import Health, Observation
from gpu.sender import Sender
from gpu.spool import Spool

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Options:
    server: str
    token_file: Path
    spool: Path
    models: tuple[Path, ...] = ()
    name: str = ""
    threads: int | None = None


def serve(options: Options, stop: threading.Event) -> int:
    """Until `stop` is set. The server may be away, also at the start."""
    link = Link(options.server, options.token_file)
    spool = Spool(options.spool)
    detector = Detector(options.models, options.threads)
    memory = Memory(options.spool / "open")

    def tell(observation: Observation, picture: bytes | None) -> None:
        spool.put(observation, picture)

    worker = Worker(options.name or socket.gethostname(), detector, tell, memory)
    sender = Sender(spool, link)
    sender.start()
    for errand in _errands(link, worker, spool, detector, stop):
        errand.start()
    log.info("watching for %s as %s", options.server, worker.name)
    stop.wait()
    worker.stop()
    sender.stop()
    return 0


def _errands(
    link: Link, worker: Worker, spool: Spool, detector: Detector, stop: threading.Event
) -> list[Errand]:
    def health() -> Health:
        return worker.health(spool.health())

    def cameras() -> list[tuple[str, Snapshot]]:
        return [(each.line.source.camera_id, each.follower.snapshot) for each in worker.cameras()]

    def blur(data: bytes) -> bytes:
        eyes = Eyes(detector=detector, network=detector.network(None), who="uploads")
        try:
            return blur_upload(data, eyes)
        except Closing:
            raise Unreachable("The worker is stopping; the picture is left for later.") from None

    rounds = {
        "configuration": ConfigErrand(link, worker.apply).round,
        "health": HealthErrand(link, health).round,
        "snapshots": SnapshotErrand(link, cameras).round,
        "blurring": BlurErrand(link, blur).round,
    }
    return [Errand(name, round_, stop) for name, round_ in rounds.items()]
