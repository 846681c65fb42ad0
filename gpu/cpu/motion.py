"""What moves between two frames, seen in small grey pictures: cheap enough for every frame."""

from collections.abc import Sequence
from typing import cast

import cv2
import numpy as np
from av import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from gpu.messages import Box, Point
from gpu.scaling import grey_of

Grey = NDArray[np.uint8]
Points = NDArray[np.float32]

WIDTH, HEIGHT = 320, 180
SIZE = np.array([WIDTH, HEIGHT], np.float32)
STILL = 1.0  # mean difference in grey down to which a box shows what it showed before
AGAIN = 2.0  # seconds after which even a still picture is looked at
CHANGED, FEW = 14, 8  # a pixel that changed, and how many of them noise alone may change
BACK = 1.0  # pixels that a point may miss where it came from
POINTS = np.array(
    [(x, y) for y in (0.2, 0.4, 0.6, 0.8) for x in (0.3, 0.5, 0.7)], np.float32
)  # of a box, away from its edges, where the background shows
LEAST = 4  # points of a box that must be found again
WINDOW, LEVELS, ENOUGH = (9, 9), 2, (3, 5, 0.05)  # of the search for a point


def small(picture: VideoFrame, tools: VideoReformatter) -> Grey:
    return grey_of(picture, WIDTH, HEIGHT, tools)


def is_still(before: Grey, after: Grey) -> bool:
    """Whether nothing worth a look has changed."""
    return int(np.count_nonzero(cv2.absdiff(before, after) > CHANGED)) <= FEW


class Gate:
    """Whether a picture is worth a look: something has changed since the latest, or it is old."""

    def __init__(self) -> None:
        self._picture: Grey | None = None
        self._at = 0.0

    def opens(self, at: float, picture: Grey) -> bool:
        fresh = 0 <= at - self._at < AGAIN
        if self._picture is not None and fresh and is_still(self._picture, picture):
            return False
        self._picture, self._at = picture, at
        return True


def shifts(before: Grey, after: Grey, boxes: Sequence[Box]) -> list[Point | None]:
    """How far what is in each box went, in parts of the picture; None where nobody can say."""
    moved: list[Point | None] = [(0.0, 0.0)] * len(boxes)
    changes = _changes(before, after, boxes)
    busy = [index for index, change in enumerate(changes) if change > STILL]
    if busy:
        steps, good = _followed(before, after, [boxes[index] for index in busy])
        enough = good.sum(axis=1) >= LEAST
        for index, sure, (x, y) in zip(busy, enough, _main(steps, good), strict=True):
            moved[index] = (float(x), float(y)) if sure else None
    return moved


def _changes(before: Grey, after: Grey, boxes: Sequence[Box]) -> list[float]:
    """By how much the grey of each box differs, on average [boxes]."""
    sums = cv2.integral(cv2.absdiff(before, after))
    ends = (np.array(boxes, np.float32).reshape(-1, 2, 2) * SIZE).astype(int)
    ends[:, 1] += 1
    (left, right), (top, bottom) = ends.clip(0, [WIDTH, HEIGHT]).T
    total = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    mean: list[float] = (total / np.maximum((right - left) * (bottom - top), 1)).tolist()
    return mean


def _followed(before: Grey, after: Grey, boxes: Sequence[Box]) -> tuple[Points, NDArray[np.bool_]]:
    """Where points of each box went [boxes, points, 2]; and whether they lead back as well."""
    corners = np.array(boxes, np.float32).reshape(-1, 1, 4)
    inside = corners[..., :2] + POINTS * (corners[..., 2:] - corners[..., :2])
    start = np.ascontiguousarray(inside * SIZE, np.float32).reshape(-1, 1, 2)
    there, found = _search(before, after, start)
    back, found_back = _search(after, before, there)
    near = np.linalg.norm(back - start, axis=2) < BACK
    good = (found > 0) & (found_back > 0) & near
    shape = len(boxes), len(POINTS)
    return (there - start).reshape(*shape, 2), good.reshape(shape)


def _search(before: Grey, after: Grey, points: Points) -> tuple[Points, Points]:
    """Where the points are now, and whether they were found (Lucas and Kanade)."""
    empty = np.empty_like(points)
    found = cv2.calcOpticalFlowPyrLK(
        before, after, points, empty, winSize=WINDOW, maxLevel=LEVELS, criteria=ENOUGH
    )
    return cast("Points", found[0]), cast("Points", found[1])


def _main(steps: Points, good: NDArray[np.bool_]) -> Points:
    """Where each box went [boxes, 2], in parts of the picture.

    The faster half of its points speaks for it: the others may lie on what is behind it.
    """
    speeds = np.linalg.norm(steps, axis=2)
    fast = good & (speeds >= _middle(speeds, good)[:, None])
    return np.stack([_middle(steps[..., axis], fast) for axis in (0, 1)], axis=1) / SIZE


def _middle(values: Points, used: NDArray[np.bool_]) -> Points:
    """The median of the used values of each row; 0 where none is used."""
    ordered = np.sort(np.where(used, values, np.inf), axis=1)
    count = used.sum(axis=1, keepdims=True)
    pair = np.concatenate([np.maximum(count - 1, 0) // 2, count // 2], axis=1)
    middle = np.take_along_axis(ordered, np.minimum(pair, values.shape[1] - 1), axis=1)
    return np.where(count[:, 0] > 0, middle.mean(axis=1), 0).astype(np.float32)
