"""One camera of a shard: what it tells and counts, with numbers as NVIDIA's metadata has them."""

import io
import multiprocessing
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gpu.blur import Pixels
from gpu.cpu.detect import Detector
from gpu.deepstream.mapper import Frame
from gpu.deepstream.pictures import Pictures
from gpu.deepstream.shard import Shard
from gpu.deepstream.spec import Settings
from gpu.deepstream.watching import Watching
from gpu.deepstream.wires import Caller, Sender, Task
from gpu.measures import HEIGHT, WIDTH
from gpu.memory import Memory
from gpu.messages import Camera, Observation, Watch, Zone
from gpu.pipeline import Line, line
from gpu.sight import IN_A_ROW, LEARNING
from tests.gpu.gst_machine import PERSON, FakeBuffer, World
from tests.gpu.test_gpu_deepstream_graph import network

WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
STAY = Watch(id="w", kind="dwell", objects=("car",), seconds=0.1)
LINE = line(
    Camera(
        id="c",
        name="c",
        source="rtsp://camera/1",
        zones=(Zone(id="z", name="z", polygon=WHOLE, watches=(STAY,)),),
    )
)


CAR = (7, 2, 0.9, 40.0, 40.0, 60.0, 40.0)
FRAME = Frame(pad=0, slot=0, width=128, height=72, rows=(CAR,), within=(128, 72))


class Grey(Pictures):
    """A picture for whoever asks."""

    def __init__(self) -> None: ...

    def ask(self, pad: int, patience: float = 0) -> tuple[Pixels, Frame]:
        return np.full((72, 128, 3), 90, np.uint8), FRAME


PICTURES = Grey()


def test_a_recording_that_cannot_be_started_costs_neither_observation_nor_picture(
    detector: Detector, until: Any, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[tuple[Observation, bytes | None]] = []

    def broken(pad: int) -> None:
        raise RuntimeError("no such source")

    watching = Watching(
        LINE, 0, network(), PICTURES, detector, lambda *each: told.append(each), record=broken
    )
    watching.start()
    until(lambda: watching.offer(FRAME, looked=True) or told, 20)
    watching.stop()
    [(observation, picture)] = told
    assert (observation.phase, observation.object) == ("started", "car")
    assert picture is not None
    assert "nothing is recorded" in caplog.text


class Noisy(FakeBuffer):
    """A picture that is nothing but noise: what is not covered shows it."""

    def extract(self, batch_id: int) -> Any:
        noise = np.random.default_rng(7).integers(0, 256, (self.height, self.width, 3))
        return noise.astype(np.uint8)


class Opened:
    """A machine whose gate lets one picture by as soon as it is opened."""

    def __init__(self, world: World) -> None:
        self.pictures, self._world = Pictures(self), world  # type: ignore[arg-type]

    def set(self, name: str, properties: Any) -> None:
        if not properties["drop"]:
            self.pictures.take(Noisy(self._world.metadata([(0, 0)]), (1280, 720)))


def test_whoever_only_the_gpu_sees_is_covered_where_he_stands(detector: Detector) -> None:
    """Of a camera that is not of the pictures' own size."""
    somebody = (1, PERSON, 0.9, (0.7, 0.5, 0.8, 0.9))
    world = World(lambda pad, number: [somebody], (1920, 1080))
    watching = Watching(LINE, 0, network(), Opened(world).pictures, detector, lambda *each: None)
    taken = watching.snapshot()
    assert taken is not None
    shown = np.asarray(Image.open(io.BytesIO(taken[0])).convert("L"), np.int16)

    def rough(x1: float, y1: float, x2: float, y2: float) -> float:
        part = shown[int(y1 * 720) : int(y2 * 720), int(x1 * 1280) : int(x2 * 1280)]
        return float(np.median(np.abs(np.diff(part, axis=1))))

    assert rough(0.7, 0.5, 0.8, 0.9) == 0, "one block beside the other, each of one colour"
    assert rough(0.47, 0.33, 0.53, 0.6) > 10, "and nobody else is"


class Shown(Watching):
    """Gives its snapshot, or raises whenever it is asked."""

    def __init__(self, line: Line, *, broken: bool) -> None:
        self.line, self.broken = line, broken

    def silence(self) -> float:
        return 0.0

    def snapshot(self) -> tuple[bytes, datetime]:
        if self.broken:
            raise MemoryError
        return b"jpeg", datetime.now(UTC)


def test_a_camera_without_a_snapshot_takes_no_other_camera_s(tmp_path: Path) -> None:
    hear, reports = multiprocessing.Pipe(duplex=False)
    task = Task(
        number=0,
        lines=(LINE,),
        settings=Settings(),
        models=(),
        cache=tmp_path,
        folder=tmp_path,
        memory=None,
        snapshot_every=0.0,
        stuck=120.0,
    )
    shard = Shard(task, hear, Sender(reports), Caller(reports), None)  # type: ignore[arg-type]
    shard._watching = (Shown(LINE, broken=True), Shown(LINE, broken=False))
    thread = threading.Thread(target=shard._snapshots)
    thread.start()
    try:
        for _ in range(2):
            assert hear.poll(5), "round after round"
            assert hear.recv().jpeg == b"jpeg"
    finally:
        shard._stopping.set()
        thread.join(5)


def test_frames_that_cannot_be_followed_fill_no_log(
    detector: Detector, until: Any, caplog: pytest.LogCaptureFixture
) -> None:
    watching = Watching(LINE, 0, network(), PICTURES, detector, lambda *each: None)
    watching.start()
    bad = replace(FRAME, rows=(("no", "numbers"),))  # type: ignore[arg-type]
    for _ in range(20):
        watching.offer(bad, looked=True)
    watching.offer(FRAME, looked=False)
    until(lambda: watching.vitals.frames.total == 1)
    assert watching.vitals.health().state == "failed", "nobody has looked"
    watching.offer(FRAME, looked=True)
    until(lambda: watching.vitals.frames.total == 2)
    watching.stop()
    assert caplog.text.count("Traceback") == 1
    assert watching.vitals.health().state == "running", "the camera goes on"


def test_another_view_is_learned_anew(detector: Detector, tmp_path: Path) -> None:
    watching = Watching(
        LINE, 0, network(), PICTURES, detector, lambda *each: None, Memory(tmp_path)
    )
    grey = np.random.default_rng(3).integers(60, 200, (HEIGHT, WIDTH)).astype(np.uint8)
    for _ in range(LEARNING + IN_A_ROW):
        watching.vitals.sight.look(grey)
    assert watching.vitals.health().sight == "clear"
    watching.rezone(replace(LINE, source=replace(LINE.source, view=1)))
    watching.vitals.sight.look(grey)
    assert watching.vitals.health().sight == "unknown"


def test_only_what_nvinfer_looked_at_counts_as_detected(detector: Detector, until: Any) -> None:
    watching = Watching(LINE, 0, network(), PICTURES, detector, lambda *each: None)
    watching.start()
    for number in range(12):
        watching.offer(FRAME, looked=number in (1, 2, 9))
    until(lambda: watching.vitals.frames.total == 12)
    watching.stop()
    assert watching.vitals.detections.total == 3
