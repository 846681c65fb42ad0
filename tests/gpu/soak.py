"""Whether memory stays flat over hours of footage, seen as quickly as the machine can.

    python -m tests.gpu.soak                # ten minutes, two cameras; the last line is JSON

Both cameras show the bundled clip again and again, every fifth frame is detected, and evidence is
drawn for all that happens in its zones. A line a minute says how much memory the process holds.
"""

import argparse
import gc
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from gpu.cpu.detect import Detector
from gpu.cpu.watch import Worker
from gpu.messages import Camera, Config, Observation
from gpu.pipeline import CLIPS

RATE = 10  # frames a second of the clip


def soak(minutes: int, minute: float = 60.0) -> Iterator[dict[str, float]]:
    """One line for each minute."""
    told: list[int] = []

    def hear(observation: Observation, picture: bytes | None) -> None:
        told.append(len(picture or b""))

    shown = Camera.from_json((CLIPS / "campus.json").read_bytes())
    detector = Detector()
    worker = Worker(detector, hear)
    cameras = tuple(
        Camera(
            id=f"c{number}", name="c", source=str(CLIPS / "campus.mp4"), loop=True,
            detect_every=5, zones=shown.zones,
        )
        for number in range(2)
    )  # fmt: skip
    worker.apply(Config(version="1", cameras=cameras), live=False)
    for number in range(1, minutes + 1):
        time.sleep(minute)
        frames = sum(camera.vitals.frames.total for camera in worker.cameras())
        yield {
            "minute": number,
            "frames": frames,
            "hours_of_footage": round(frames / RATE / 3600, 2),
            "told": len(told),
            "megabytes": round(_held() / 1e6, 1),
            "objects": len(gc.get_objects()),
        }
    worker.stop()


def _held() -> int:
    """Bytes of this process in memory (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=int, default=10)
    for line in soak(parser.parse_args().minutes):
        print(json.dumps(line), file=sys.stderr, flush=True)
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
