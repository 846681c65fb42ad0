"""How much the pipeline brings: a plain loop and bare inference against it, in turn, in one run.

All sides use the bundled model and the bundled clip scaled to 1080p at 25 frames a second, and
detect in every frame. A busy machine slows all of them, so only the ratios mean something.
"""

import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import onnxruntime as ort
from av.video.reformatter import VideoReformatter

from gpu import pipeline
from gpu.cpu.decoders import Floats
from gpu.cpu.detect import Detector
from gpu.cpu.network import Network, tensor
from gpu.cpu.track import Tracker
from gpu.cpu.watch import Worker
from gpu.manifests import Model, find
from gpu.messages import Camera, Config, Observation, Watch, Zone
from gpu.pipeline import CLIPS
from gpu.zones import Zones

FRAMES = 75  # of the scaled clip: short turns, so that a busy moment spoils few of them
WIDTH, HEIGHT, RATE = 1920, 1080, 25
LEAST_ROUNDS = 5
WATCH = Watch(id="w", kind="dwell", objects=("car",), seconds=60)
ZONE = Zone(id="z", name="z", polygon=((0.8, 0), (1, 0), (1, 0.2), (0.8, 0.2)), watches=(WATCH,))

Side = Callable[[], int]  # does its work and says how many frames that were


@dataclass(frozen=True, kw_only=True)
class Result:
    """Frames a second of each side, the median of all rounds, and the ratios' medians."""

    naive: float
    pipelined: float
    bare: float
    ratio: float
    ratio_over_bare: float
    rounds: int


def bench(seconds: float) -> int:
    """Takes about `seconds`, at least five rounds. The last line says all, as JSON."""
    model = find(None)
    with tempfile.TemporaryDirectory(prefix="liuhe-bench-") as folder:
        clip = Path(folder) / "clip.mp4"
        _say(f"scaling {FRAMES} frames of campus.mp4 to {WIDTH}x{HEIGHT} …")
        scale(CLIPS / "campus.mp4", clip)
        detector = Detector()
        network = detector.network(None)
        pictures = tensors(clip, model)
        session = ort.InferenceSession(model.path, providers=["CPUExecutionProvider"])
        sides: dict[str, Side] = {
            "naive": lambda: naive(clip, model, network, session),
            "pipelined": lambda: pipelined(clip, detector),
            "bare": lambda: bare(network, pictures, len(detector.threads)),
        }
        result = compare(sides, seconds)
        detector.close()
    print(json.dumps(report(result, model, len(detector.threads))), flush=True)
    return 0


def report(result: Result, model: Model, threads: int) -> dict[str, object]:
    return {
        "bench": "video",
        "ratio": round(result.ratio, 3),
        "ratio_over_bare": round(result.ratio_over_bare, 3),
        "model": model.tag,
        "clip": f"campus.mp4, {FRAMES} frames scaled to {WIDTH}x{HEIGHT} at {RATE} a second, H.264",
        "naive_fps": round(result.naive, 1),
        "pipelined_fps": round(result.pipelined, 1),
        "bare_fps": round(result.bare, 1),
        "rounds": result.rounds,
        "cores": os.cpu_count(),
        "compared": "ratio: the worker (decoding beside "
        f"{threads} one-thread detections, ByteTrack, zones) over one thread of control "
        "(cv2.VideoCapture, ONNX Runtime as it comes, ByteTrack, zones); ratio_over_bare: the "
        f"worker over {threads} one-thread inferences fed from memory; every frame detected on "
        "all sides",
    }


def compare(sides: dict[str, Side], seconds: float) -> Result:
    """One side after the other, round after round; the first round only warms up."""
    speeds: dict[str, list[float]] = {name: [] for name in sides}
    started = time.monotonic()
    number = 0
    while number <= LEAST_ROUNDS or time.monotonic() - started < seconds:
        for name, side in sides.items():
            speed = _speed(side)
            _say(
                f"{'warming up' if number == 0 else f'round {number}'}: {name} {speed:.1f} frames/s"
            )
            if number:
                speeds[name].append(speed)
        number += 1
    naive_, pipelined_, bare_ = speeds["naive"], speeds["pipelined"], speeds["bare"]
    return Result(
        naive=statistics.median(naive_),
        pipelined=statistics.median(pipelined_),
        bare=statistics.median(bare_),
        ratio=statistics.median(p / n for p, n in zip(pipelined_, naive_, strict=True)),
        ratio_over_bare=statistics.median(p / b for p, b in zip(pipelined_, bare_, strict=True)),
        rounds=number - 1,
    )


def naive(clip: Path, model: Model, network: Network, session: ort.InferenceSession) -> int:
    """The loop that one writes first: read, scale, detect, track, watch, and again."""
    capture = cv2.VideoCapture(str(clip))
    manifest = model.manifest
    tracker = Tracker(pipeline.Track(), manifest.output, RATE)
    zones = Zones([ZONE])
    frames = 0
    while (read := capture.read())[0]:
        small = cv2.resize(read[1], (manifest.input.width, manifest.input.height))
        values = cv2.cvtColor(small, cv2.COLOR_BGR2RGB).astype(np.float32)
        values = values * manifest.input.scale + manifest.input.shift
        outputs = session.run(manifest.output.names, {manifest.input.name: values[None]})
        seen = network.read([np.asarray(each) for each in outputs], (1.0, 1.0))
        for at, tracks in tracker.follow(frames / RATE, seen):
            zones.look(at, tracks)
        frames += 1
    return frames


def pipelined(clip: Path, detector: Detector) -> int:
    """The worker itself, with every frame detected and none dropped."""

    def tell(observation: Observation, picture: bytes | None) -> None:
        return

    worker = Worker("bench", detector, tell)
    camera = Camera(id="c", name="c", source=str(clip), detect_every=1, zones=(ZONE,))
    worker.apply(Config(version="", cameras=(camera,)), live=False)
    line = worker.cameras()[0]
    line.join()
    return line.vitals.detections.total


def bare(network: Network, pictures: list[Floats], threads: int) -> int:
    """Nothing but inference, of tensors that lie in memory."""

    def run(own: list[Floats]) -> None:
        for each in own:
            network.run(each)

    workers = [
        threading.Thread(target=run, args=(pictures[start::threads],)) for start in range(threads)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return len(pictures)


def tensors(clip: Path, model: Model) -> list[Floats]:
    tools = VideoReformatter()
    with av.open(str(clip)) as container:
        pictures = container.decode(video=0)
        return [tensor(picture, model.manifest.input, tools) for picture in pictures]


def scale(source: Path, target: Path) -> None:
    """The first FRAMES frames in 1080p at 25 a second, as a camera would send them."""
    tools = VideoReformatter()
    with av.open(str(source)) as container, av.open(str(target), "w") as out:
        stream = out.add_stream("libx264", rate=RATE, options={"preset": "veryfast", "crf": "23"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number, picture in enumerate(container.decode(video=0)):
            if number == FRAMES:
                break
            large = tools.reformat(picture, WIDTH, HEIGHT, "yuv420p")
            large.pts, large.time_base = number, Fraction(1, RATE)
            out.mux(stream.encode(large))
        out.mux(stream.encode(None))


def _speed(side: Side) -> float:
    started = time.perf_counter()
    frames = side()
    return frames / (time.perf_counter() - started)


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
