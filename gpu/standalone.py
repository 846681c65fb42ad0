"""Watching one source without a server: observations as JSON lines."""

import json
import threading
from pathlib import Path
from typing import TextIO

from gpu.cpu.detect import Detector
from gpu.cpu.watch import Worker
from gpu.messages import Camera, Config, Observation
from gpu.pipeline import resolved


def camera(source: str, zones: Path | None) -> Camera:
    """The camera for `--source`; the file holds a list of zones, or a camera with zones."""
    data = json.loads(zones.read_text("utf-8")) if zones else []
    if isinstance(data, list):
        data = {"id": "camera", "name": "camera", "zones": data}
    return Camera.from_json({**data, "source": resolved(source, [Path.cwd()])})


def watch(camera: Camera, out: TextIO, stop: threading.Event, folders: list[Path]) -> int:
    """Until the file ends or `stop` is set; 1 if the source gave nothing."""

    def tell(observation: Observation, picture: bytes | None) -> None:
        print(json.dumps(observation.to_json(), ensure_ascii=False), file=out, flush=True)

    worker = Worker("standalone", Detector(folders), tell)
    worker.apply(Config(version="", cameras=(camera,)))
    line = worker.cameras()[0]
    while line.running and not stop.wait(0.2):
        pass
    saw_nothing = line.vitals.health().last_frame_at is None
    worker.stop()
    return int(saw_nothing)
