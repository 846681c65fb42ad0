"""What networks put out, as boxes, scores and class numbers; a manifest names its decoder."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpu.manifests import Manifest

Floats = NDArray[np.float32]

AT_MOST = 300  # candidates of one picture that are compared with each other
LARGEST = 20.0  # the exponent of a size: beyond any picture, within any number
CERTAIN = 60.0  # a logit that is 0 or 1 to the last digit


class Found(NamedTuple):
    """n objects: boxes [n, 4] as x1, y1, x2, y2 in parts of the input, scores [n], classes [n]."""

    boxes: Floats
    scores: Floats
    classes: NDArray[np.intp]

    def only(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> "Found":
        return Found(self.boxes[chosen], self.scores[chosen], self.classes[chosen])


Decoder = Callable[[Sequence[Floats], Manifest, Sequence[int]], Found]


def ssd(outputs: Sequence[Floats], manifest: Manifest, classes: Sequence[int]) -> Found:
    """TensorFlow's SSD: boxes [1, n, 1, 4] as y1, x1, y2, x2 in 0 to 1; scores [1, n, classes]."""
    boxes = outputs[0].reshape(-1, 4)[:, [1, 0, 3, 2]]
    return _best(boxes, outputs[1].reshape(len(boxes), -1), classes)


def yolox(outputs: Sequence[Floats], manifest: Manifest, classes: Sequence[int]) -> Found:
    """YOLOX: [1, n, 5 + classes], centre and size relative to cells of 8, 16 and 32 pixels."""
    rows = outputs[0][0]
    width, height = manifest.input.width, manifest.input.height
    corners, strides = cells(width, height)
    centres = (rows[:, :2] + corners) * strides
    halves = np.exp(np.minimum(rows[:, 2:4], LARGEST)) * strides / 2
    size = np.array([width, height] * 2, np.float32)
    boxes = np.concatenate([centres - halves, centres + halves], axis=1) / size
    return _best(boxes.astype(np.float32), rows[:, 4:5] * rows[:, 5:], classes)


def detr(outputs: Sequence[Floats], manifest: Manifest, classes: Sequence[int]) -> Found:
    """RT-DETR, D-FINE: logits [1, n, classes]; boxes [1, n, 4], centre and size in 0 to 1."""
    middle, halves = outputs[1][0, :, :2], outputs[1][0, :, 2:] / 2
    boxes = np.concatenate([middle - halves, middle + halves], axis=1)
    return _best(boxes, _sigmoid(outputs[0][0]), classes)


DECODERS: dict[str, Decoder] = {"ssd": ssd, "yolox": yolox, "detr": detr}


def misfit(outputs: Sequence[Floats], manifest: Manifest, model_classes: int) -> str:
    """Why these outputs of one picture cannot be read, or "". `model_classes`: as labelled."""
    shapes = [each.shape for each in outputs]
    kind, names = manifest.output.decoder, manifest.output.names
    shape = {"ssd": _misfit_ssd, "detr": _misfit_detr, "yolox": _misfit_yolox}[kind]
    wanted, classes = shape(shapes, manifest)
    if wanted:
        given = ", ".join(f"{n} {list(s)}" for n, s in zip(names, shapes, strict=True))
        return f"{kind} reads {wanted}, and the outputs are {given}"
    if classes < model_classes:
        return f"it knows {classes} classes, and {manifest.labels!r} names {model_classes}"
    return ""


Shapes = Sequence[tuple[int, ...]]


def _misfit_ssd(shapes: Shapes, manifest: Manifest) -> tuple[str, int]:
    boxes, scores = shapes
    flat = (1, scores[1], 4) if len(scores) == 3 else ()
    if len(scores) != 3 or scores[0] != 1 or boxes not in (flat, (1, scores[1], 1, 4)):
        return "boxes [1, n, 1, 4] and scores [1, n, classes]", 0
    return "", scores[2]


def _misfit_detr(shapes: Shapes, manifest: Manifest) -> tuple[str, int]:
    logits, boxes = shapes
    if len(logits) != 3 or logits[0] != 1 or boxes != (1, logits[1], 4):
        return "logits [1, n, classes] and boxes [1, n, 4]", 0
    return "", logits[2]


def _misfit_yolox(shapes: Shapes, manifest: Manifest) -> tuple[str, int]:
    (rows,) = shapes
    count = len(cells(manifest.input.width, manifest.input.height)[0])
    if len(rows) != 3 or rows[:2] != (1, count) or rows[2] < 6:
        return f"[1, {count}, 5 + classes]", 0
    return "", rows[2] - 5


def decode(
    outputs: Sequence[Floats], manifest: Manifest, classes: Sequence[int], least: float
) -> Found:
    """Objects with a score of at least `least`, each once; what is no number is no object."""
    found = DECODERS[manifest.output.decoder](outputs, manifest, classes)
    found = found.only((found.scores >= least) & np.isfinite(found.boxes).all(axis=1))
    return found.only(distinct(found, manifest.output.overlap))


def distinct(found: Found, limit: float) -> NDArray[np.intp]:
    """The best of each heap of boxes that overlap more than `limit`, of whatever class.

    One van is a car to one anchor and a truck to the next.
    """
    order = np.argsort(-found.scores, kind="stable")[:AT_MOST]
    kept: list[int] = []
    while order.size:
        best, order = order[0], order[1:]
        kept.append(int(best))
        order = order[_overlaps(found.boxes[best], found.boxes[order]) <= limit]
    return np.array(kept, np.intp)


def _overlaps(box: Floats, others: Floats) -> Floats:
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[2:], others[:, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=1)
    areas = np.prod(others[:, 2:] - others[:, :2], axis=1) + np.prod(box[2:] - box[:2])
    overlaps: Floats = shared / np.maximum(areas - shared, 1e-9)
    return overlaps


def _sigmoid(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -CERTAIN, CERTAIN))), np.float32)


def _best(boxes: Floats, scores: Floats, classes: Sequence[int]) -> Found:
    """Each box with the class, among those asked for, that it most likely is."""
    wanted = scores[:, list(classes)]
    best = wanted.argmax(axis=1)
    return Found(boxes, wanted[np.arange(len(best)), best], np.asarray(classes, np.intp)[best])


def cells(width: int, height: int) -> tuple[Floats, Floats]:
    corners, strides = [], []
    for stride in (8, 16, 32):
        ys, xs = np.mgrid[0 : height // stride, 0 : width // stride]
        corners.append(np.stack([xs.ravel(), ys.ravel()], axis=1))
        strides.append(np.full((xs.size, 1), stride))
    return np.concatenate(corners).astype(np.float32), np.concatenate(strides).astype(np.float32)
