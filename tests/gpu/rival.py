"""The loop of supervision's documentation against the worker, in turn, on the same film and model.

    python -m tests.gpu.rival                # three rounds; the last line is JSON

The rival reads with `get_video_frames_generator` (OpenCV's own FFmpeg; ours is PyAV's), asks ONNX
Runtime as it comes, and hands `sv.Detections` to `with_nms` and `PolygonZone.trigger`; it follows
nobody, the worker does. `prefetch` is its own way to decode beside: both ways are measured. Of the
packages that supervision wants, the project's lock leaves out opencv-python (-headless takes its
place) and matplotlib; none of this loop needs them.
"""

import argparse
import json
import os
import tempfile
from importlib.metadata import version
from pathlib import Path

import av
import cv2
import numpy as np
import onnxruntime
import supervision as sv

from gpu.bench import EVERY, ZONE, Rounds, compare, pipelined, ratio, scale, speeds
from gpu.cpu.detect import Detector
from gpu.manifests import Model, find
from gpu.pipeline import CLIPS

AHEAD = 8  # frames that the rival may decode in advance, as many as wait at ours


class Rival:
    """Looks at every n-th frame; the others are only skipped, which `stride` does best."""

    def __init__(self, model: Model, width: int, height: int) -> None:
        self._session = onnxruntime.InferenceSession(model.path, providers=["CPUExecutionProvider"])
        self._manifest = model.manifest
        corners = np.array([(x * width, y * height) for x, y in ZONE.polygon])
        self._zone = sv.PolygonZone(polygon=corners.astype(int))

    def run(self, clip: Path, *, every: int = 1, prefetch: int = 0) -> int:
        """How many frames of the clip that were, with those it skipped."""
        looked = 0
        cv2.setNumThreads(-1)  # as it comes
        for frame in sv.get_video_frames_generator(str(clip), stride=every, prefetch=prefetch):
            self._zone.trigger(self.detect(frame))
            looked += 1
        return min(looked * every, sv.VideoInfo.from_video_path(str(clip)).total_frames or 0)

    def detect(self, frame: np.ndarray) -> sv.Detections:
        height, width = frame.shape[:2]
        small = cv2.cvtColor(cv2.resize(frame, (300, 300)), cv2.COLOR_BGR2RGB)
        name = self._session.get_inputs()[0].name
        values = small.astype(np.float32)[None] * 2 / 255 - 1
        boxes, scores = self._session.run(None, {name: values})
        boxes, scores = boxes.reshape(-1, 4)[:, [1, 0, 3, 2]], scores[0]
        sure = scores.max(axis=1) >= self._manifest.output.keep
        return sv.Detections(
            xyxy=boxes[sure] * [width, height, width, height],
            confidence=scores[sure].max(axis=1),
            class_id=scores[sure].argmax(axis=1),
        ).with_nms(self._manifest.output.overlap)


def race(rounds: int) -> dict[str, object]:
    model, detector = find(None), Detector()
    with tempfile.TemporaryDirectory(prefix="liuhe-rival-") as folder:
        scale(CLIPS / "campus.mp4", clip := Path(folder) / "clip.mp4")
        shown = sv.VideoInfo.from_video_path(str(clip))
        rival = Rival(model, shown.width, shown.height)
        paces = compare(
            {
                "rival": lambda: rival.run(clip),
                "rival_prefetch": lambda: rival.run(clip, prefetch=AHEAD),
                "ours": lambda: pipelined(clip, detector),
                "rival_fifth": lambda: rival.run(clip, every=EVERY),
                "rival_prefetch_fifth": lambda: rival.run(clip, every=EVERY, prefetch=AHEAD),
                "ours_fifth": lambda: pipelined(clip, detector, every=EVERY),
            },
            seconds=0,
            least=rounds,
        )
    detector.close()
    return report(paces, model)


def report(rounds: Rounds, model: Model) -> dict[str, object]:
    """The ratios are taken round by round; only they mean something on a busy machine."""
    return {
        "bench": "rival",
        "ratio": ratio(rounds, "ours", "rival"),
        "ratio_prefetch": ratio(rounds, "ours", "rival_prefetch"),
        "ratio_every_fifth": ratio(rounds, "ours_fifth", "rival_fifth"),
        "ratio_every_fifth_prefetch": ratio(rounds, "ours_fifth", "rival_prefetch_fifth"),
        **speeds(rounds),
        "rounds": len(rounds["ours"]),
        "load": round(os.getloadavg()[0], 1),
        "cores": os.cpu_count(),
        "model": model.tag,
        "supervision": version("supervision"),
        "onnxruntime": onnxruntime.__version__,
        "decoders": f"rival: OpenCV {cv2.__version__}; ours: PyAV {av.__version__}",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="after one that warms up (default 3)")
    print(json.dumps(race(parser.parse_args().rounds)), flush=True)


if __name__ == "__main__":
    main()
