"""Watching one source without a server: observations as JSON lines."""

import json
import logging
import os
import sys
import threading
from pathlib import Path
from typing import Any

from gpu.addresses import without_secret
from gpu.cpu.detect import Detector
from gpu.cpu.watch import Worker
from gpu.messages import Camera, Config, Observation
from gpu.pipeline import resolved

log = logging.getLogger(__name__)


def camera(source: str, zones: Path | None, *, loop: bool) -> Camera:
    """The camera for `--source`; the file holds a list of zones, or a camera with zones."""
    data = _read(zones) if zones else []
    if isinstance(data, list):
        data = {"id": "camera", "name": "camera", "zones": data}
    address = resolved(_said(source), [Path.cwd()])
    return Camera.from_json({**data, "source": address, "loop": loop})


def _said(source: str) -> str:
    """`env:NAME` stands for what the environment says, which others on the machine cannot read."""
    if source.startswith("env:"):
        name = source.removeprefix("env:")
        if not (address := os.environ.get(name, "")):
            raise ValueError(f"--source: the environment has no {name!r}; export the address.")
        return address
    if without_secret(source) != source:
        log.warning("Others on this machine can read the password in --source; use env:NAME.")
    return source


def _read(zones: Path) -> Any:
    try:
        return json.loads(zones.read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"{zones}: this is no JSON: {error}.") from None


def watch(
    camera: Camera,
    detector: Detector,
    stop: threading.Event,
    *,
    live: bool = True,
    pictures: Path | None = None,
) -> int:
    """Until the file ends or `stop` is set; 1 if the source gave no picture."""

    def tell(observation: Observation, picture: bytes | None) -> None:
        print(json.dumps(observation.to_json(), ensure_ascii=False), flush=True)
        if pictures is not None and picture is not None:
            pictures.mkdir(parents=True, exist_ok=True)
            (pictures / f"{observation.observation_id}.jpg").write_bytes(picture)

    worker = Worker(detector, tell)
    worker.apply(Config(version="", cameras=(camera,)), live=live)
    (watched,) = worker.cameras()
    while watched.running and not stop.wait(0.2):
        if watched.vitals.state == "failed":
            break
    health = watched.vitals.health()
    worker.stop()
    if health.last_frame_at is None and not stop.is_set():
        print(f"gpu: {health.error or 'The source gave no picture.'}", file=sys.stderr)
        return 1
    return 0
