"""What a machine sustains in real time: how many cameras, and what one costs when nothing moves."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path

from gpu.cpu.detect import Detector
from gpu.cpu.watch import Worker
from gpu.messages import Camera, Config, Observation

EVERY, RATE = 5, 25
OPENING, WARMING, LASTING = 30.0, 2.0, 8.0  # seconds
ENOUGH = 0.98  # of the frames, and of the detections, of all cameras
MOST = 16


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A part of what was due, and the processor time of one core that it took."""

    frames: float
    looks: float
    load: float

    @property
    def kept_up(self) -> bool:
        return min(self.frames, self.looks) >= ENOUGH


def unheard(observation: Observation, picture: bytes | None) -> None:
    """Nobody is told."""


def sustained(moving: Path, still: Path, detector: Detector) -> dict[str, object]:
    """One more camera after the other, until the machine does not keep up any more."""
    at_rest = trial(still, detector, 1)
    trials: list[Trial] = []
    while len(trials) < MOST and (not trials or trials[-1].kept_up):
        trials.append(trial(moving, detector, len(trials) + 1))
        last = trials[-1]
        say = f"{len(trials)} cameras: {last.frames:.0%} of the frames, {last.looks:.0%} detected"
        print(say, file=sys.stderr, flush=True)
    return {
        "cameras_in_real_time": sum(each.kept_up for each in trials),
        "load_of_one": round(trials[0].load, 3),
        "load_when_still": round(at_rest.load, 3),
    }


def trial(clip: Path, detector: Detector, cameras: int) -> Trial:
    """So many cameras at the speed of life, each showing the clip over and over."""
    worker = Worker(detector, unheard)
    wanted = tuple(
        Camera(id=f"c{n}", name="c", source=str(clip), loop=True, detect_every=EVERY)
        for n in range(cameras)
    )
    worker.apply(Config(version="1", cameras=wanted))
    vitals = [each.vitals for each in worker.cameras()]
    limit = time.monotonic() + OPENING
    while not all(each.frames.total for each in vitals) and time.monotonic() < limit:
        time.sleep(0.05)
    time.sleep(WARMING)

    def counted() -> tuple[float, float, float, float]:
        frames = sum(each.frames.total for each in vitals)
        looks = sum(each.detections.total for each in vitals)
        return frames, looks, time.process_time(), time.monotonic()

    before = counted()
    time.sleep(LASTING)
    frames, looks, worked, lasted = (b - a for a, b in zip(before, counted(), strict=True))
    worker.apply(Config(version="2"))
    due = lasted * RATE * cameras
    return Trial(frames=frames / due, looks=looks * EVERY / due, load=worked / lasted)
