"""A model as nvinfer can use it without code of ours: `ssd` and `yolox` into one ready graph.

In: [n, 3, height, width], pixels from 0 to 255 as the camera has them; scale and shift are in the
graph. Out: what NVIDIA's NvDsInferParseCustomEfficientDetTAO reads, in its order: how many (int32),
boxes y1 x1 y2 x2 in pixels, scores, and classes as floats: places in the manifest's [objects].
Decoding and suppression are those of `gpu.cpu.decoders`, so both back ends see the same.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from onnx import ModelProto, TensorProto, helper, version_converter

from gpu.cpu.decoders import AT_MOST, cells
from gpu.deepstream.draw import OPSET, Pen, batched, body, halved
from gpu.disk import write_whole
from gpu.manifests import Manifest, Model, ModelError
from gpu.pipeline import FAINTEST

INPUT = "input"
OUTPUTS = ("num_detections", "detection_boxes", "detection_scores", "detection_classes")
GIVEN = 100  # objects of one picture at most
ROUNDS = 32  # a chain of boxes each of which hides the next is never so long

# Where TensorFlow's SSD has the boxes' offsets and the anchors' ymin, xmin, ymax, xmax.
ENCODED = "Squeeze:0"
ANCHORS = "Postprocessor/Decode/get_center_coordinates_and_sizes/unstack__{}:0"
CORNERS = (23, 25, 27, 29)


def export(model: Model, target: Path, *, half: bool) -> None:
    """Write the graph; `half`: the network computes in 16 bits, decoding in 32."""
    manifest = model.manifest
    made = _read(model)
    if manifest.output.decoder == "ssd":
        graph = _ssd(made, manifest, [number for number, _ in model.objects], half)
    elif manifest.output.decoder == "yolox":
        graph = _yolox(made, manifest, [number for number, _ in model.objects], half)
    else:
        raise ModelError(f"{model.path}: a {manifest.output.decoder!r} model is used as it is.")
    onnx.checker.check_model(graph, full_check=True)
    write_whole(target, graph.SerializeToString())


def _read(model: Model) -> ModelProto:
    """In the version of ONNX that we write: some operations mean something else in others."""
    made = onnx.load(str(model.path))
    version = next((each.version for each in made.opset_import if not each.domain), 0)
    if version == OPSET:
        return made
    try:
        return version_converter.convert_version(made, OPSET)
    except Exception as error:  # the converter has no errors of its own
        raise ModelError(
            f"{model.path}: opset {version} cannot be read as {OPSET} ({error}); export it so."
        ) from None


def _ssd(made: ModelProto, manifest: Manifest, classes: Sequence[int], half: bool) -> ModelProto:
    scores = manifest.output.names[1]
    names = {name for node in made.graph.node for name in node.output}
    anchors = [ANCHORS.format(number) for number in CORNERS]
    if not {ENCODED, scores, *anchors} <= names:
        raise ModelError(
            f"{manifest.name}: its decoding is not as TensorFlow's Object Detection API writes it; "
            "export it as yolox or with pred_logits and pred_boxes."
        )
    fixed = _constants(made, anchors)
    part = body(made, [ENCODED, scores])
    pen = _prepared(batched(part), manifest, half)
    boxes = _decoded_ssd(pen, pen.as_float(ENCODED), fixed, manifest)
    count = fixed[0].size
    return finished(pen, boxes, pen.as_float(scores), manifest, classes, count)


def _yolox(made: ModelProto, manifest: Manifest, classes: Sequence[int], half: bool) -> ModelProto:
    name = manifest.output.names[0]
    pen = _prepared(batched(body(made, [name])), manifest, half)
    rows = pen.as_float(name)
    boxes = _decoded_yolox(pen, rows, manifest)
    sure = pen.part(rows, 4, 5)
    scores = pen.op("Mul", sure, pen.part(rows, 5, 5 + _classes_of(made, name)))
    corners, _ = cells(manifest.input.width, manifest.input.height)
    return finished(pen, boxes, scores, manifest, classes, len(corners))


def _classes_of(made: ModelProto, name: str) -> int:
    output = next(each for each in made.graph.output if each.name == name)
    return int(output.type.tensor_type.shape.dim[-1].dim_value) - 5


def _prepared(part: ModelProto, manifest: Manifest, half: bool) -> Pen:
    """From pixels to what the network takes, written before it."""
    if half:
        halved(part)
    wanted = manifest.input
    pen = Pen(part)
    pixels = INPUT
    if wanted.layout == "NHWC":
        pixels = pen.op("Transpose", pixels, perm=[0, 2, 3, 1])
    scaled = pen.op("Mul", pixels, pen.constant(np.float32(wanted.scale)))
    shifted = pen.op("Add", scaled, pen.constant(np.float32(wanted.shift)))
    pen.feed(wanted.name, pen.op("Cast", shifted, to=TensorProto.FLOAT16) if half else shifted)
    shape: list[str | int | None] = ["n", 3, wanted.height, wanted.width]
    part.graph.input.append(helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, shape))
    return pen


def _constants(made: ModelProto, names: Sequence[str]) -> list[Any]:
    """What these names are, whatever the picture shows."""
    part = body(made, names)
    del part.graph.input[:]
    session = ort.InferenceSession(part.SerializeToString(), providers=["CPUExecutionProvider"])
    return list(session.run(list(names), {}))


def _decoded_ssd(pen: Pen, encoded: str, anchors: Sequence[Any], manifest: Manifest) -> str:
    """Offsets from anchors, in tenths of their size, into pixels y1, x1, y2, x2."""
    top, left, bottom, right = (np.asarray(each, np.float32).reshape(1, -1, 1) for each in anchors)
    sides = np.concatenate([bottom - top, right - left], axis=2)
    centres = np.concatenate([top, left], axis=2) + sides / 2
    moved = pen.op("Mul", pen.part(encoded, 0, 2), pen.constant(sides / np.float32(10)))
    middle = pen.op("Add", moved, pen.constant(centres))
    grown = pen.op("Exp", pen.op("Mul", pen.part(encoded, 2, 4), pen.constant(np.float32(0.2))))
    halves = pen.op("Mul", grown, pen.constant(sides / 2))
    size = np.array([manifest.input.height, manifest.input.width] * 2, np.float32)
    return pen.op("Mul", _around(pen, middle, halves), pen.constant(size))


def _decoded_yolox(pen: Pen, rows: str, manifest: Manifest) -> str:
    """Cells of 8, 16 and 32 pixels; x comes first there, y here."""
    corners, strides = cells(manifest.input.width, manifest.input.height)
    placed = pen.op("Add", pen.part(rows, 0, 2), pen.constant(corners[None]))
    middle = pen.op("Mul", placed, pen.constant(strides[None]))
    grown = pen.op("Exp", pen.part(rows, 2, 4))
    halves = pen.op("Mul", grown, pen.constant(strides[None] / 2))
    return pen.op("Gather", _around(pen, middle, halves), pen.numbers(1, 0, 3, 2), axis=2)


def _around(pen: Pen, middle: str, halves: str) -> str:
    low, high = pen.op("Sub", middle, halves), pen.op("Add", middle, halves)
    return pen.op("Concat", low, high, axis=2)


def finished(
    pen: Pen, boxes: str, scores: str, manifest: Manifest, classes: Sequence[int], rows: int
) -> ModelProto:
    """The best of each heap of `rows` boxes, best first, in places that are always there."""
    given, rows = min(GIVEN, rows), min(AT_MOST, rows)
    wanted = pen.op("Gather", scores, pen.numbers(*classes), axis=2)
    best = pen.op("ReduceMax", wanted, axes=[2], keepdims=0)
    kinds = pen.op("ArgMax", wanted, axis=2, keepdims=0)
    most, place = pen.top(best, rows)
    boxes, kinds = pen.pick(boxes, place, wide=4), pen.pick(kinds, place)
    kept = pen.op("Mul", most, _kept(pen, boxes, most, manifest, rows))
    most, place = pen.top(kept, given)
    boxes, kinds = pen.pick(boxes, place, wide=4), pen.pick(kinds, place)
    there = pen.op("Greater", most, pen.constant(np.float32(0)))
    count = pen.op("ReduceSum", pen.op("Cast", there, to=TensorProto.INT32), pen.numbers(1))
    whole = np.array([0, 0, manifest.input.height, manifest.input.width], np.float32)
    padded = pen.op("Where", pen.op("Unsqueeze", there, pen.numbers(2)), boxes, pen.constant(whole))
    results = (count, padded, most, pen.op("Cast", kinds, to=TensorProto.FLOAT))
    return pen.named(results, OUTPUTS, [[1], [given, 4], [given], [given]])


def _kept(pen: Pen, boxes: str, scores: str, manifest: Manifest, count: int) -> str:
    """1 for what stands: sure enough, and no better box that stands lies over it.

    Boxes come best first. What is wrongly hidden in one round stands up in the next: after as many
    rounds as the longest chain nothing changes any more.
    """
    least = min(FAINTEST, manifest.output.keep)
    sure = pen.op("Not", pen.op("Less", scores, pen.constant(np.float32(least))))
    sure = pen.op("Unsqueeze", pen.op("Cast", sure, to=TensorProto.FLOAT), pen.numbers(1))
    before = pen.constant(np.triu(np.ones((count, count), np.float32), 1)[None])
    limit = pen.constant(np.float32(manifest.output.overlap))
    covers = pen.op("Cast", pen.op("Greater", _overlaps(pen, boxes), limit), to=TensorProto.FLOAT)
    covers = pen.op("Mul", covers, before)
    stands = sure
    for _ in range(ROUNDS):
        hidden = pen.op("MatMul", stands, covers)
        free = pen.op("Cast", pen.op("Less", hidden, pen.constant(np.float32(0.5))), to=1)
        stands = pen.op("Mul", sure, free)
    return pen.op("Squeeze", stands, pen.numbers(1))


def _overlaps(pen: Pen, boxes: str) -> str:
    """[n, k, k]: intersection over union of each with each."""
    low, high = pen.part(boxes, 0, 2), pen.part(boxes, 2, 4)
    sides = pen.op("Sub", high, low)
    areas = pen.op("ReduceProd", sides, axes=[2], keepdims=1)
    down = {name: pen.op("Unsqueeze", name, pen.numbers(2)) for name in (low, high, areas)}
    across = {name: pen.op("Unsqueeze", name, pen.numbers(1)) for name in (low, high, areas)}
    inner = pen.op(
        "Sub",
        pen.op("Min", down[high], across[high]),
        pen.op("Max", down[low], across[low]),
    )
    inner = pen.op("Max", inner, pen.constant(np.float32(0)))
    shared = pen.op("ReduceProd", inner, axes=[3], keepdims=1)
    total = pen.op("Sub", pen.op("Add", down[areas], across[areas]), shared)
    ratio = pen.op("Div", shared, pen.op("Max", total, pen.constant(np.float32(1e-9))))
    return pen.op("Squeeze", ratio, pen.numbers(3))
