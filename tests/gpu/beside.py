"""Whether RTSP cameras can be watched beside the server for an hour, and what that takes.

    python -m tests.gpu.beside                          # four of 1080p25, an hour
    python -m tests.gpu.beside --cameras 6 --small      # of the clip's own size and rate

A real RTSP server shows the bundled clip; `liuhe up` and a worker of its own run on a database of
their own, every fifth frame is detected, and the clip's own zones are watched. A line a minute says
how the worker is, as the server knows it. Linux; needs aio-rtsp-toolkit.
"""

import argparse
import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil

from gpu.bench import scale
from gpu.messages import Camera
from gpu.pipeline import CLIPS
from plugins.video.actions import WatchInput, ZoneInput
from tests.journeys.conftest import TREE, free_port, start_household
from tests.journeys.test_eyes_pulled import furnish

WARM = 30.0  # seconds until all cameras run


def beside(cameras: int, minutes: int, folder: Path, *, small: bool = False) -> Iterator[object]:
    """One line for each minute: memory in MB, processor in cores, and each camera's figures."""
    served, data = folder / "served", folder / "data"
    served.mkdir()
    data.mkdir()
    if small:
        shutil.copy(CLIPS / "campus.mp4", served / "a.mp4")
    else:
        scale(CLIPS / "campus.mp4", served / "a.mp4")
    port = free_port()
    rtsp = [str(Path(sys.executable).with_name("rtsp-server")), "-d", str(served)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    camera = subprocess.Popen(
        [*rtsp, "-H", "127.0.0.1", "-p", str(port), "-cp", str(free_port())], **quiet
    )
    names = [f"第 {number} 路" for number in range(1, cameras + 1)]
    address = f"rtsp://127.0.0.1:{port}/a.mp4?play_count=0"  # without end
    asyncio.run(furnish(data, dict.fromkeys(names, address), zones()))
    known = {"LIUHE_PLUGINS": "video", "LIUHE_SECRET_KEY": "test-" * 8}  # as furnished
    household = start_household(data, "--no-demo", "--no-video", **known)
    eyes: psutil.Popen | None = None
    try:
        household.wait_until_ready()
        watch = [sys.executable, "-m", "gpu", "watch", "--server", household.url]
        watch += ["--token-file", str(data / "worker.token"), "--spool", str(folder / "spool")]
        eyes = psutil.Popen(watch, cwd=TREE, **quiet)
        time.sleep(WARM)
        for minute in range(1, minutes + 1):
            before, began = sum(eyes.cpu_times()[:2]), time.monotonic()
            time.sleep(60)
            used = (sum(eyes.cpu_times()[:2]) - before) / (time.monotonic() - began)
            yield {"minute": minute, "cores": round(used, 2), **_held(eyes), **_told(data)}
    finally:
        for process in (eyes, camera):
            if process is not None:
                process.terminate()
                process.wait(30)
        household.stop()


def _held(eyes: psutil.Popen) -> dict[str, object]:
    return {
        "megabytes": round(eyes.memory_info().rss / 1e6, 1),
        "load": round(os.getloadavg()[0], 1),
    }


def _told(data: Path) -> dict[str, object]:
    """What the server knows: of all together, and of each camera."""
    figures = "state, fps, detect_fps, dropped, reconnects, decode_errors"
    with closing(sqlite3.connect(data / "liuhe.sqlite3", timeout=20)) as file:
        (count,) = file.execute("SELECT count(*) FROM video_observation").fetchone()
        file.row_factory = sqlite3.Row
        states = file.execute(f"SELECT {figures} FROM video_camera_state").fetchall()
    return {"told": count, "cameras": [dict(state) for state in states]}


def zones() -> list[ZoneInput]:
    """The clip's own."""
    shown = Camera.from_json((CLIPS / "campus.json").read_bytes())
    names = "kind", "objects", "seconds", "count", "grace"
    return [
        ZoneInput(
            name=zone.name,
            polygon=zone.polygon,
            watches=tuple(
                WatchInput(**{name: getattr(watch, name) for name in names})
                for watch in zone.watches
            ),
        )
        for zone in shown.zones
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cameras", type=int, default=4)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--small", action="store_true", help="768×432, 10 frames a second")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for line in beside(given.cameras, given.minutes, Path(folder), small=given.small):
            print(json.dumps(line, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
