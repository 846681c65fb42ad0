"""NVIDIA's metadata into our own numbers: copied at once, for it is gone after the probe."""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gpu.deepstream.machine import frames_of
from gpu.geometry import area, clipped
from gpu.spells import Track

UNTRACKED = 0xFFFFFFFFFFFFFFFF
Row = tuple[int, int, float, float, float, float, float]  # id, class, score, left, top, width, high


@dataclass(frozen=True)
class Frame:
    """One frame of one camera: `pad` numbers the camera in its shard, `slot` its batch's place.

    `width` and `height` are its camera's; `within` is the size in which the boxes are counted.
    """

    pad: int
    slot: int
    width: int
    height: int
    rows: tuple[Row, ...]
    within: tuple[int, int]


class Looks:
    """Whether nvinfer looked at a batch: it counts batches and looks at every n-th, empty or not.

    By NVIDIA's source. Its metadata does not say it: pyservicemaker hands `bInferDone` out to
    nobody, and a picture without objects is the same looked at or not.
    """

    def __init__(self, every: int) -> None:
        self._every, self._batches = every, itertools.count()

    def next(self) -> bool:
        return next(self._batches) % self._every == 0


def frames(metadata: Any) -> list[Frame]:
    """Scalars only, and as few calls as can be: this runs in the pipeline's way."""
    return [_frame(each) for each in frames_of(metadata)]


def tracks(frame: Frame, names: Mapping[int, str]) -> list[Track]:
    """What is followed, in parts of the picture; unwanted classes and new guesses left out."""
    found = (_track(row, frame, names) for row in frame.rows if row[0] != UNTRACKED)
    return [track for track in found if track is not None and area(track.box) > 0]


def _frame(meta: Any) -> Frame:
    width = int(meta.pipeline_width) or int(meta.source_width)
    height = int(meta.pipeline_height) or int(meta.source_height)
    return Frame(
        pad=int(meta.pad_index),
        slot=int(meta.batch_id),
        width=width,
        height=height,
        rows=tuple(_rows(meta.object_items)),
        within=(width, height),
    )


def _rows(objects: Iterable[Any]) -> Iterable[Row]:
    for each in objects:
        rect, sure = each.rect_params, float(each.confidence)
        score = sure if sure > 0 else float(each.tracker_confidence)  # no detection: the tracker's
        yield (
            int(each.object_id),
            int(each.class_id),
            score,
            float(rect.left),
            float(rect.top),
            float(rect.width),
            float(rect.height),
        )


def _track(row: Row, frame: Frame, names: Mapping[int, str]) -> Track | None:
    number, kind, score, left, top, width, height = row
    across, down = frame.within
    if kind not in names or not across or not down:
        return None
    x1, y1 = left / across, top / down
    box = clipped((x1, y1, x1 + width / across, y1 + height / down))
    return Track(id=number, object=names[kind], score=min(max(score, 0.0), 1.0), box=box)
