"""How much the pipeline brings: other ways of doing it against it, in turn, in one run.

All sides use the bundled model and the bundled clip scaled to 1080p at 25 frames a second. A busy
machine slows all of them, so only the ratios mean something. What a machine sustains in real time
is found in `sustained.py`.
"""

import itertools
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import onnxruntime as ort
from av.video.frame import PictureType
from av.video.reformatter import VideoReformatter

from gpu import pipeline
from gpu.cpu.decoders import Floats
from gpu.cpu.detect import Detector
from gpu.cpu.network import Network, seen_in, tensor
from gpu.cpu.track import Tracker
from gpu.cpu.watch import Worker
from gpu.manifests import Model, find
from gpu.messages import Camera, Config, Watch, Zone
from gpu.pipeline import CLIPS
from gpu.sustained import EVERY, RATE, sustained, unheard
from gpu.zones import Zones

FRAMES = 375  # of the scaled clip: 15 seconds, of which the start and the end are little
HELD = 75  # tensors in memory, each about a megabyte
WIDTH, HEIGHT = 1920, 1080
LEAST_ROUNDS = 5
WATCH = Watch(id="w", kind="dwell", objects=("car",), seconds=60)
ZONE = Zone(id="z", name="z", polygon=((0.8, 0), (1, 0), (1, 0.2), (0.8, 0.2)), watches=(WATCH,))

STREAMS = 4

Side = Callable[[], int]  # does its work and says how many frames that were


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Frames a second by the clock, and by the processor time of one core."""

    fps: float
    per_core: float


Rounds = dict[str, list[Pace]]


def bench(seconds: float, least: int = LEAST_ROUNDS) -> int:
    """Rounds for about `seconds`, and at least so many; then what is sustained, for some minutes.

    The last line says all, as JSON.
    """
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
            "naive": lambda: naive(clip, model, session),
            "pipelined": lambda: pipelined(clip, detector),
            "bare": lambda: bare(network, pictures, len(detector.threads)),
            "every_fifth": lambda: pipelined(clip, detector, every=EVERY),
            "four_streams": lambda: pipelined(clip, detector, every=EVERY, streams=STREAMS),
        }
        rounds = compare(sides, seconds, least)
        still = clip.with_name("still.mp4")
        scale(CLIPS / "campus.mp4", still, still=True)
        found = sustained(clip, still, detector)
        detector.close()
    print(json.dumps(report(rounds, found, network, len(detector.threads))), flush=True)
    return 0


def report(
    rounds: Rounds, found: Mapping[str, object], network: Network, threads: int
) -> dict[str, object]:
    return {
        "bench": "video",
        "ratio": ratio(rounds, "pipelined", "naive"),
        "ratio_over_bare": ratio(rounds, "pipelined", "bare"),
        "ratio_every_fifth": ratio(rounds, "every_fifth", "naive"),
        "ratio_four_streams": ratio(rounds, "four_streams", "every_fifth"),
        **speeds(rounds),
        **found,
        "model": network.model.tag,
        "precision": network.precision,
        "clip": f"campus.mp4, {FRAMES} frames scaled to {WIDTH}x{HEIGHT} at {RATE} a second, H.264",
        "rounds": len(rounds["naive"]),
        "cores": os.cpu_count(),
        "compared": "naive: one thread of control (cv2.VideoCapture, ONNX Runtime as it comes, "
        f"ByteTrack, zones), every frame; pipelined: the worker (decoding beside {threads} "
        "one-thread detections, ByteTrack, zones), every frame; bare: as many one-thread "
        "inferences fed from memory; every_fifth and four_streams: the worker with one stream and "
        "with four, every fifth frame detected, all followed",
    }


def speeds(rounds: Rounds) -> dict[str, float]:
    """Of each side, by name: by the clock, and by the processor time of one core."""
    return {
        **{f"{name}_fps": median(each.fps for each in paces) for name, paces in rounds.items()},
        **{
            f"{name}_fps_per_core": median(each.per_core for each in paces)
            for name, paces in rounds.items()
        },
    }


def compare(sides: dict[str, Side], seconds: float, least: int = LEAST_ROUNDS) -> Rounds:
    """One side after the other, round after round; the first round only warms up."""
    rounds: Rounds = {name: [] for name in sides}
    started, number = time.monotonic(), 0
    while number <= least or time.monotonic() - started < seconds:
        for name, side in sides.items():
            pace = _pace(side)
            when = f"round {number}" if number else "warming up"
            _say(f"{when}: {name} {pace.fps:.1f} frames/s, {pace.per_core:.1f} a core")
            if number:
                rounds[name].append(pace)
        number += 1
    return rounds


def naive(clip: Path, model: Model, session: ort.InferenceSession) -> int:
    """The loop that one writes first: read, scale, detect, track, watch, and again."""
    cv2.setNumThreads(-1)  # as it comes
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
        seen = seen_in([np.asarray(each) for each in outputs], model)
        for at, tracks in tracker.follow(frames / RATE, seen):
            zones.look(at, tracks)
        frames += 1
    return frames


def pipelined(clip: Path, detector: Detector, *, every: int = 1, streams: int = 1) -> int:
    """The worker itself; no frame is dropped."""
    worker = Worker(detector, unheard)
    cameras = tuple(
        Camera(id=f"c{n}", name="c", source=str(clip), detect_every=every, zones=(ZONE,))
        for n in range(streams)
    )
    worker.apply(Config(version="", cameras=cameras), live=False)
    running = worker.cameras()
    for camera in running:
        camera.join()
    return sum(camera.vitals.frames.total for camera in running)


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
        held = itertools.islice(pictures, HELD)
        return [tensor(picture, model.manifest.input, tools) for picture in held]


def scale(source: Path, target: Path, *, still: bool = False) -> None:
    """The first FRAMES frames in 1080p at 25 a second, as a camera would send them.

    `still`: the first one again and again.
    """
    tools, shown = VideoReformatter(), None
    with av.open(str(source)) as container, av.open(str(target), "w") as out:
        stream = out.add_stream("libx264", rate=RATE, options={"preset": "veryfast", "crf": "23"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number, picture in enumerate(container.decode(video=0)):
            if number == FRAMES:
                break
            shown = picture if shown is None or not still else shown
            large = tools.reformat(shown, WIDTH, HEIGHT, "yuv420p")
            large.pts, large.time_base = number, Fraction(1, RATE)
            large.pict_type = PictureType.NONE  # a key frame there need not be one here
            out.mux(stream.encode(large))
        out.mux(stream.encode(None))


def _pace(side: Side) -> Pace:
    started, worked = time.perf_counter(), time.process_time()
    frames = side()
    return Pace(
        fps=frames / (time.perf_counter() - started),
        per_core=frames / (time.process_time() - worked),
    )


def ratio(rounds: Rounds, one: str, other: str) -> float:
    pairs = zip(rounds[one], rounds[other], strict=True)
    return round(statistics.median(a.fps / b.fps for a, b in pairs), 3)


def median(values: Iterable[float]) -> float:
    return round(statistics.median(values), 1)


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
