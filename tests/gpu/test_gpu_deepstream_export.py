"""Models for nvinfer: the graphs that we write against the CPU's own decoding, on ONNX Runtime.

NVIDIA's parsers are C++ in the SDK; what they do is written here once more, with their checks.
"""

import itertools
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
import onnx
import onnxruntime as ort
import pytest
from av.video.reformatter import VideoReformatter
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from gpu.cpu.decoders import Found, decode, distinct
from gpu.cpu.network import Network
from gpu.deepstream import configs, networks
from gpu.deepstream.draw import IR, OPSET, Pen
from gpu.deepstream.export import OUTPUTS, export, finished
from gpu.deepstream.files import infer_file
from gpu.deepstream.spec import Settings
from gpu.manifests import BUNDLED, Manifest, Model, ModelError, find
from gpu.scaling import pixels_of
from tests.gpu.graphs import model_of, random_graph

CLIP = BUNDLED.parent / "clips" / "campus.mp4"


class Object(NamedTuple):
    kind: int
    score: float
    left: float
    top: float
    right: float
    bottom: float


def efficientdet(outputs: Any, picture: int, manifest: Manifest, classes: int) -> list[Object]:
    """NvDsInferParseCustomEfficientDetTAO: its asserts would end the process."""
    count, boxes, scores, kinds = (each[picture] for each in outputs)
    assert count.dtype == np.int32
    assert kinds.dtype == np.float32, "read as floats: whole numbers would all be class 0"
    assert boxes.max() >= 2.0, "pixels, not parts"
    found = []
    for box, score, kind in zip(boxes, scores, kinds, strict=True):
        if len(found) == count[0] or score < manifest.output.keep:
            break
        assert 0 <= int(kind) < classes
        top, left, bottom, right = box
        found.append(Object(int(kind), float(score), left, top, right, bottom))
    return found


def rtdetr(outputs: Any, picture: int, manifest: Manifest) -> list[Object]:
    """NvDsInferParseCustomRTDETRTAO: the 100 best of all pairs of query and class."""
    logits, boxes = outputs[0][picture], outputs[1][picture]
    scores = 1 / (1 + np.exp(-logits))
    width, height = manifest.input.width, manifest.input.height
    found = []
    for place in np.argsort(-scores.ravel(), kind="stable")[:100]:
        query, kind = divmod(int(place), scores.shape[1])
        if scores[query, kind] < manifest.output.keep:
            continue
        x, y, w, h = boxes[query]
        sides = (
            (x - w / 2) * width,
            (y - h / 2) * height,
            (x + w / 2) * width,
            (y + h / 2) * height,
        )
        found.append(Object(kind, float(scores[query, kind]), *map(float, sides)))
    return found


@cache
def session(path: Path) -> ort.InferenceSession:
    return ort.InferenceSession(path, providers=["CPUExecutionProvider"])


@pytest.fixture(scope="module")
def pictures() -> list[av.VideoFrame]:
    with av.open(str(CLIP)) as container:
        return list(itertools.islice(container.decode(video=0), 0, 271, 90))


@pytest.fixture(scope="module")
def network() -> Network:
    return Network(find(None), exact=True)


@pytest.fixture(scope="module")
def ssd(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bool], Path]:
    """The bundled model's graph, in 32 and in 16 bits."""
    folder = tmp_path_factory.mktemp("ssd")

    def made(half: bool) -> Path:
        path = folder / f"{half}.onnx"
        if not path.exists():
            export(find(None), path, half=half)
        return path

    return made


def seen_by_graph(path: Path, model: Model, picture: av.VideoFrame) -> list[Object]:
    wanted = model.manifest.input
    pixels = pixels_of(picture, wanted.width, wanted.height, VideoReformatter(), wanted.colours)
    tensor = pixels.transpose(2, 0, 1)[None].astype(np.float32)
    outputs = session(path).run(None, {"input": tensor})
    return efficientdet(outputs, 0, model.manifest, len(model.objects))


def seen_by_cpu(network: Network, picture: av.VideoFrame) -> list[Object]:
    names = [name for _, name in network.model.objects]
    size = network.model.manifest.input
    seen = network.look(network.prepare(picture, VideoReformatter()))
    return [
        Object(
            names.index(each.object),
            each.score,
            each.box[0] * size.width,
            each.box[1] * size.height,
            each.box[2] * size.width,
            each.box[3] * size.height,
        )
        for each in seen
        if each.score >= network.model.manifest.output.keep
    ]


def clipped(found: list[Object], size: float) -> Any:
    return np.array([np.clip(each[2:], 0, size) for each in found]).reshape(-1, 4)


# ---------------------------------------------------------------------------- the bundled model


def test_the_graph_for_nvinfer_sees_what_the_cpu_sees(
    ssd: Callable[[bool], Path], pictures: list[av.VideoFrame], network: Network
) -> None:
    model = network.model
    total = 0
    for picture in pictures:
        graph, cpu = seen_by_graph(ssd(False), model, picture), seen_by_cpu(network, picture)
        assert [each.kind for each in graph] == [each.kind for each in cpu]
        assert [e.score for e in graph] == pytest.approx([e.score for e in cpu], abs=1e-4)
        assert np.abs(clipped(graph, 300) - clipped(cpu, 300)).max() < 0.05
        total += len(cpu)
    assert total > 15, "the clip has people and cars on it"


def test_in_16_bits_it_still_finds_what_is_sure(
    ssd: Callable[[bool], Path], pictures: list[av.VideoFrame], network: Network
) -> None:
    model = network.model
    for picture in pictures:
        graph = seen_by_graph(ssd(True), model, picture)
        for one in seen_by_cpu(network, picture):
            near = [
                other
                for other in graph
                if other.kind == one.kind
                and abs(other.score - one.score) < 0.02
                and np.abs(clipped([other], 300) - clipped([one], 300)).max() < 2
            ]
            assert near or one.score < 0.35, one


def test_pictures_of_a_batch_do_not_mix(
    ssd: Callable[[bool], Path], pictures: list[av.VideoFrame]
) -> None:
    tools = VideoReformatter()
    tensors = [
        pixels_of(picture, 300, 300, tools).transpose(2, 0, 1)[None].astype(np.float32)
        for picture in pictures[:3]
    ]
    graph = session(ssd(False))
    together = graph.run(None, {"input": np.concatenate(tensors)})
    for number, tensor in enumerate(tensors):
        for all_of_them, alone in zip(together, graph.run(None, {"input": tensor}), strict=True):
            assert np.abs(all_of_them[number] - alone[0]).max() < 1e-2


def test_the_graph_is_what_nvinfer_and_tensorrt_want(ssd: Callable[[bool], Path]) -> None:
    for half in (False, True):
        made = onnx.load(str(ssd(half)))
        [entry] = made.graph.input
        shape = [d.dim_param or d.dim_value for d in entry.type.tensor_type.shape.dim]
        assert shape == ["n", 3, 300, 300]
        assert tuple(each.name for each in made.graph.output) == OUTPUTS, "NVIDIA's order"
        kinds = {node.op_type for node in made.graph.node}
        assert not kinds & {"NonZero", "NonMaxSuppression", "Loop", "If"}, "sizes known beforehand"
        weights = {each.data_type for each in made.graph.initializer if len(each.dims) == 4}
        assert weights <= {TensorProto.FLOAT16} if half else True


def test_a_dark_picture_holds_nothing_and_trips_no_assert(ssd: Callable[[bool], Path]) -> None:
    outputs = session(ssd(False)).run(None, {"input": np.zeros((1, 3, 300, 300), np.float32)})
    model = find(None)
    assert efficientdet(outputs, 0, model.manifest, len(model.objects)) == []


# -------------------------------------------------------------------------------- suppression


def only_suppression(rows: int) -> ort.InferenceSession:
    made = helper.make_model(
        helper.make_graph(
            [],
            "boxes",
            [
                helper.make_tensor_value_info("boxes", TensorProto.FLOAT, ["n", rows, 4]),
                helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", rows, 2]),
            ],
            [],
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR,
    )
    graph = finished(Pen(made), "boxes", "scores", find(None).manifest, [0, 1], rows)
    return ort.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])


@pytest.fixture(scope="module")
def suppression() -> ort.InferenceSession:
    return only_suppression(40)


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), spread=st.sampled_from([5.0, 20.0, 80.0, 250.0]))
def test_suppression_in_the_graph_is_the_cpu_s(
    suppression: ort.InferenceSession, seed: int, spread: float
) -> None:
    random = np.random.default_rng(seed)
    corners = random.uniform(0, spread, (2, 40, 2)).astype(np.float32)
    boxes = np.concatenate([corners, corners + random.uniform(20, 60, (2, 40, 2))], axis=2)
    boxes, scores = boxes.astype(np.float32), random.uniform(0, 1, (2, 40, 2)).astype(np.float32)
    count, kept, most, kinds = suppression.run(None, {"boxes": boxes, "scores": scores})
    manifest = find(None).manifest
    for picture in range(2):
        best = scores[picture].max(axis=1)
        found = Found(boxes[picture], best, scores[picture].argmax(axis=1))
        found = found.only(found.scores >= 0.15)
        found = found.only(distinct(found, manifest.output.overlap))
        number = int(count[picture, 0])
        assert number == len(found.scores)
        assert (most[picture, :number] == found.scores).all()
        assert (kept[picture, :number] == found.boxes).all()
        assert (kinds[picture, :number] == found.classes).all()


# -------------------------------------------------------------------------- models of one's own


def test_a_yolox_of_fixed_batch_becomes_one_of_any(tmp_path: Path) -> None:
    cells = (8 * 4) + (4 * 2) + (2 * 1)
    model = model_of(tmp_path, random_graph(1, {"output": [cells, 8]}), "yolox", ["output"])
    target = tmp_path / "for-nvinfer.onnx"
    export(model, target, half=False)
    pixels = np.random.default_rng(5).integers(0, 255, (2, 3, 32, 64)).astype(np.float32)
    outputs = session(target).run(None, {"input": pixels})
    classes = [number for number, _ in model.objects]
    raw = session(model.path)
    for number in range(2):
        tensor = pixels[number : number + 1] * np.float32(model.manifest.input.scale)
        cpu = decode(raw.run(None, {"images": tensor}), model.manifest, classes, 0.15)
        count = int(outputs[0][number, 0])
        assert count == len(cpu.scores) > 0
        boxes = outputs[1][number, :count][:, [1, 0, 3, 2]] / np.float32([64, 32, 64, 32])
        assert np.abs(boxes - cpu.boxes).max() < 1e-3
        assert np.abs(outputs[2][number, :count] - cpu.scores).max() < 1e-4
        assert [classes[int(kind)] for kind in outputs[3][number, :count]] == list(cpu.classes)


def test_rt_detr_is_taken_as_it_is_and_read_alike(tmp_path: Path) -> None:
    shapes = {"pred_logits": [20, 3], "pred_boxes": [20, 4]}
    model = model_of(tmp_path, random_graph("n", shapes), "detr", list(shapes))
    made = networks.network(model, tmp_path / "cache", 4, Settings(precision="fp16"))
    assert made.onnx.read_bytes() == model.path.read_bytes()
    assert made.parser == "NvDsInferParseCustomRTDETRTAO"
    assert made.labels == ("person", "dog", "van")
    assert made.classes == ((0, "person"), (2, "car"))
    pixels = np.random.default_rng(5).integers(0, 255, (2, 3, 32, 64)).astype(np.float32)
    tensor = np.float32(made.scale) * (pixels - np.float32(made.offset))  # as nvinfer does
    outputs = session(made.onnx).run(list(shapes), {"images": tensor})
    for picture in range(2):
        parsed = rtdetr(outputs, picture, model.manifest)
        alone = [each[picture : picture + 1] for each in outputs]
        cpu = decode(alone, model.manifest, [0, 2], model.manifest.output.keep)
        sure = {(each.kind, round(each.score, 5)) for each in parsed}
        assert len(cpu.scores) > 0
        for kind, score, box in zip(cpu.classes, cpu.scores, cpu.boxes, strict=True):
            assert (int(kind), round(float(score), 5)) in sure
            sides = box * np.float32([64, 32, 64, 32])
            assert any(np.abs(np.array(each[2:]) - sides).max() < 0.01 for each in parsed)


def test_what_the_graph_does_not_suppress_nvinfer_does(tmp_path: Path) -> None:
    shapes = {"pred_logits": [20, 3], "pred_boxes": [20, 4]}
    model = model_of(tmp_path, random_graph("n", shapes), "detr", list(shapes))

    def limits(model: Model) -> tuple[str, str | None]:
        made = networks.network(model, tmp_path / "cache", 1, Settings())
        found = configs.read_ini(infer_file(made, tmp_path, 1, 1, Settings()), configs.INFER)
        return found["property"]["cluster-mode"], found["class-attrs-all"].get("nms-iou-threshold")

    assert limits(model) == ("2", "0.6"), "as the manifest says"
    assert limits(find(None)) == ("4", None)


def test_a_pixel_is_scaled_by_nvinfer_as_by_us(tmp_path: Path) -> None:
    shapes = {"pred_logits": [20, 3], "pred_boxes": [20, 4]}
    model = model_of(tmp_path, random_graph("n", shapes), "detr", list(shapes))
    entry = replace(model.manifest.input, scale=0.0078125, shift=-1.0)
    model = replace(model, manifest=replace(model.manifest, input=entry))
    made = networks.network(model, tmp_path / "cache", 1, Settings())
    for pixel in (0.0, 127.0, 255.0):
        assert made.scale * (pixel - made.offset) == pytest.approx(
            pixel * entry.scale + entry.shift
        )


def test_what_nvidia_s_parser_cannot_read_is_refused(tmp_path: Path) -> None:
    shapes = {"logits": [20, 3], "boxes": [20, 4]}
    model = model_of(tmp_path, random_graph("n", shapes), "detr", list(shapes))
    with pytest.raises(ModelError, match="pred_logits"):
        networks.network(model, tmp_path / "cache", 1, Settings())


def test_an_ssd_of_another_make_is_refused(tmp_path: Path) -> None:
    shapes = {"boxes": [20, 4], "scores": [20, 3]}
    model = model_of(tmp_path, random_graph(1, shapes), "ssd", list(shapes))
    with pytest.raises(ModelError, match="Object Detection API"):
        networks.network(model, tmp_path / "cache", 1, Settings())


def test_the_cache_keeps_apart_what_differs_and_prepares_once(tmp_path: Path) -> None:
    model = find(None)
    first = networks.network(model, tmp_path, 4, Settings(gpu=1, precision="fp32"))
    assert first.engine.name == "ssd_mobilenet_v2_coco.onnx_b4_gpu1_fp32.engine"
    assert first.engine.parent == first.onnx.parent
    written = first.onnx.stat().st_mtime_ns
    again = networks.network(model, tmp_path, 8, Settings(gpu=1, precision="fp32"))
    assert again.onnx == first.onnx
    assert again.onnx.stat().st_mtime_ns == written
    other = replace(model, objects=model.objects[:2])
    assert networks.network(other, tmp_path, 4, Settings()).onnx != first.onnx
