"""Manifests, networks and their decoders; the graphs that are needed are made here."""

import hashlib
import io
import itertools
import json
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gpu.cpu.decode import Frame
from gpu.cpu.decoders import Found, decode, distinct, ssd, yolox
from gpu.cpu.network import Network, seen_in, tensor
from gpu.cpu.pictures import Look, snapshot
from gpu.geometry import overlap
from gpu.manifests import BUNDLED, DEFAULT, Manifest, ModelError, find, load
from gpu.pipeline import CLIPS
from tests.gpu.graphs import model_of, random_graph

MANIFEST = """
name = "mine"
file = "mine.onnx"
sha256 = "{sha256}"
licence = "Apache-2.0"
origin = "here"
labels = "labels.txt"
[input]
name = "images"
width = 64
height = 32
colours = "BGR"
fit = "letterbox"
[output]
decoder = "yolox"
names = ["output"]
[objects]
"van" = "car"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of models with one, `mine`, whose file is no network."""
    made = tmp_path / "mine"
    made.mkdir()
    (made / "mine.onnx").write_bytes(b"no network")
    (made / "labels.txt").write_text("person\nvan\n")
    digest = hashlib.sha256(b"no network").hexdigest()
    (made / "manifest.toml").write_text(MANIFEST.format(sha256=digest))
    return tmp_path


def rewrite(folder: Path, old: str, new: str) -> Path:
    path = folder / "mine" / "manifest.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return path


def test_the_bundled_model_is_whole() -> None:
    model = find(None)
    assert model.tag == f"{DEFAULT}@{model.manifest.sha256[:12]}"
    assert dict(model.objects) == {
        0: "person", 1: "bicycle", 2: "car", 3: "motorcycle", 5: "bus", 7: "truck",
    }  # fmt: skip
    assert (BUNDLED / DEFAULT / "LICENSE").read_text().lstrip().startswith("Apache License")


def test_a_model_of_ones_own_is_found_by_its_name(folder: Path) -> None:
    model = find("mine", [folder])
    assert (model.objects, model.path) == (((1, "car"),), folder / "mine" / "mine.onnx")


def test_a_model_s_file_is_read_once_and_anew_when_it_changes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked for with each picture that is covered."""
    real, read = hashlib.file_digest, []
    monkeypatch.setattr(hashlib, "file_digest", lambda *given: read.append(1) or real(*given))
    for _ in range(3):
        find("mine", [folder])
    assert len(read) == 1
    (folder / "mine" / "mine.onnx").write_bytes(b"no networks")
    with pytest.raises(ModelError, match="fetch the file anew"):
        find("mine", [folder])


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("licence =", "license =", "'license' is unknown; did you mean 'licence'?"),
        ("width = 64", "widht = 64", "'widht' is unknown; did you mean 'width'?"),
        ('decoder = "yolox"', 'decoder = "yolo"', "'yolo' is unknown; did you mean 'yolox'?"),
        ('name = "mine"', 'name = "ours"', "'name' is 'ours'; call it as its folder is called."),
        ('"van" =', '"vann" =', "'vann' is no label; did you mean 'van'?"),
        ("labels.txt", "names.txt", "the file 'names.txt' is missing; put it beside."),
        ("mine.onnx", "ours.onnx", "the file 'ours.onnx' is missing; put it beside."),
        ("[input]", "[input", "Expected ']'"),
        ('names = ["output"]', 'names = ["output"]\nscore = 2.0', "0 < keep <= score < 1"),
        ('sha256 = "', 'sha256 = "00', "fetch the file anew, or correct 'sha256'"),
        ("width = 64", "width = 70", "YOLOX takes a 'width' and 'height' that are multiples of 32"),
        ("height = 32", "height = 0", "'width' and 'height' lie between 1 and 4096."),
        ('["output"]', '["a", "b"]', "'names' lists 2 outputs; yolox reads rows."),
        ('"van" = "car"', "", "[objects] is empty; name at least one class to look for."),
        (
            '"van" = "car"',
            '"person" = "pedestrian"',
            "is called 'pedestrian'; here that is 'person'.",
        ),
        ('"van" = "car"', '"van" = "Car!"', "an object's name has 1 to 40 of a-z"),
    ],
)
def test_a_wrong_manifest_is_refused_with_a_sentence(
    folder: Path, old: str, new: str, sentence: str
) -> None:
    path = rewrite(folder, old, new)
    with pytest.raises(ModelError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_misspelt_name_is_answered_with_the_nearest(folder: Path) -> None:
    with pytest.raises(ModelError, match=r"no model 'mien'; did you mean 'mine'\?"):
        find("mien", [folder])


def test_a_file_that_is_no_network_is_one_sentence(folder: Path) -> None:
    with pytest.raises(ModelError, match="cannot load this model") as caught:
        Network(find("mine", [folder]))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("Preprocessor/sub:0", "image", "its inputs are"),
        ("Postprocessor/Slice:0", "scores", "has no output 'scores'; its outputs are"),
        ("width = 300", "width = 320", "it takes [1,300,300,3], and the manifest says"),
    ],
)
def test_a_manifest_that_does_not_fit_the_network_is_refused(
    tmp_path: Path, old: str, new: str, sentence: str
) -> None:
    shutil.copytree(BUNDLED / DEFAULT, tmp_path / DEFAULT)
    path = tmp_path / DEFAULT / "manifest.toml"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ModelError) as caught:
        Network(load(path))
    assert sentence in str(caught.value)


# --------------------------------------------------------------------------------------- decoders


def manifest(**output: Any) -> Manifest:
    return Manifest.from_json(
        {
            "name": "m", "file": "f", "sha256": "", "licence": "", "origin": "", "labels": "l",
            "input": {"name": "i", "width": 64, "height": 32},
            "output": {"decoder": "ssd", "names": ["b", "s"], **output},
            "objects": {"person": "person"},
        }
    )  # fmt: skip


def test_ssd_boxes_come_out_as_x_and_y_with_their_likeliest_wanted_class() -> None:
    boxes = np.array([[[[0.1, 0.2, 0.3, 0.4]], [[0.5, 0.6, 0.7, 0.8]]]], np.float32)
    scores = np.array([[[0.2, 0.9, 0.6], [0.1, 0.3, 0.2]]], np.float32)
    found = ssd([boxes, scores], manifest(), [0, 2])
    assert found.boxes.tolist() == pytest.approx(
        np.array([[0.2, 0.1, 0.4, 0.3], [0.6, 0.5, 0.8, 0.7]])
    )
    assert found.scores.tolist() == pytest.approx([0.6, 0.2])
    assert found.classes.tolist() == [2, 2]


def yolox_rows(cells: dict[int, list[float]]) -> np.ndarray[Any, Any]:
    """For an input of 64 x 32: 8 x 4 cells of 8 pixels, 4 x 2 of 16, 2 x 1 of 32."""
    rows = np.zeros((1, 32 + 8 + 2, 7), np.float32)
    for cell, row in cells.items():
        rows[0, cell] = row
    return rows


def test_yolox_boxes_are_read_from_their_cells() -> None:
    ln2 = float(np.log(2))
    rows = yolox_rows(
        {
            9: [0.5, 0.5, ln2, ln2, 0.8, 0.1, 0.5],  # second row, second column: centre 12, 12
            33: [0.0, 0.0, 0.0, ln2, 0.5, 0.9, 0.1],  # of 16 pixels, second column: centre 16, 0
            41: [0.5, 0.5, 0.0, 0.0, 1.0, 0.0, 1.0],  # of 32 pixels, second column: centre 48, 16
        }
    )
    found = yolox([rows], manifest(), [0, 1])
    pixels = found.boxes * np.array([64, 32, 64, 32])
    assert pixels[9].tolist() == pytest.approx([4, 4, 20, 20])
    assert pixels[33].tolist() == pytest.approx([8, -16, 24, 16])
    assert pixels[41].tolist() == pytest.approx([32, 0, 64, 32])
    assert found.scores[[9, 33, 41]].tolist() == pytest.approx([0.4, 0.45, 1.0])
    assert found.classes[[9, 33, 41]].tolist() == [1, 0, 1]


def test_only_what_is_sure_enough_comes_out_and_each_once() -> None:
    boxes = np.array(
        [[[[0, 0, 0.5, 0.5]], [[0, 0, 0.5, 0.52]], [[0.6, 0.6, 1, 1]], [[0, 0, 1, 1]]]]
    )
    scores = np.array([[[0.7, 0.1], [0.1, 0.8], [0.5, 0.1], [0.1, 0.2]]])
    found = decode([boxes.astype("f4"), scores.astype("f4")], manifest(), [0, 1], 0.3)
    assert found.scores.tolist() == pytest.approx([0.8, 0.5])
    assert found.classes.tolist() == [1, 0]


@pytest.mark.parametrize("many", [0, 1, 3])
def test_boxes_apart_are_all_kept(many: int) -> None:
    boxes = np.array([[n, 0, n + 0.9, 1] for n in range(many)], np.float32).reshape(-1, 4)
    found = Found(boxes, np.linspace(0.5, 0.9, many, dtype="f4"), np.zeros(many, np.intp))
    assert sorted(distinct(found, 0.5).tolist()) == list(range(many))


# ---------------------------------------------------------------------------------- real pictures


def grey(width: int, height: int, value: int = 200) -> av.VideoFrame:
    pixels = np.full((height, width, 3), value, np.uint8)
    return av.VideoFrame.from_ndarray(pixels, format="rgb24")


def test_a_letterbox_keeps_the_shape_and_fills_with_grey(folder: Path) -> None:
    wanted = find("mine", [folder]).manifest.input
    values = tensor(grey(100, 100), wanted, VideoReformatter())
    assert values.shape == (1, 3, 32, 64)
    assert np.abs(values[..., :32] - 200).max() <= 2
    assert (values[..., 32:] == 114).all()


def test_boxes_in_a_letterbox_are_parts_of_the_picture(folder: Path) -> None:
    rows = yolox_rows({41: [-0.5, 0.5, 0.0, 0.0, 1.0, 0.0, 1.0]})  # 0 to 32 pixels of the input
    (seen,) = seen_in([rows], find("mine", [folder]), (0.5, 1.0))
    assert (seen.object, seen.score, seen.box) == ("car", 1.0, pytest.approx((0, 0, 1, 1)))


@pytest.mark.slow
def test_the_bundled_model_sees_what_it_saw_when_it_was_chosen(detector: Any) -> None:
    """The recording was made with the weights in single precision."""
    recorded = [json.loads(line) for line in Path(__file__).with_name("campus_seen.jsonl").open()]
    network = detector.network(None)
    with av.open(str(BUNDLED.parent / "clips" / "campus.mp4")) as container:
        pictures = {n: p for n, p in enumerate(container.decode(video=0)) if n % 100 == 0}
    for look in recorded:
        if look["frame"] in pictures:
            prepared = network.prepare(pictures[look["frame"]], VideoReformatter())
            seen = network.look(prepared)
            sure = sorted((s.object, *s.box) for s in seen if s.score > 0.55)
            expected = sorted((o, *box) for o, score, box in look["seen"] if score > 0.53)
            close = [
                any(e[0] == s[0] and np.allclose(e[1:], s[1:], atol=0.02) for e in expected)
                for s in sure
            ]
            assert all(close), look["frame"]
            assert len(sure) > 0


# ------------------------------------------------------------------------------ models of one's own

ROWS = 8 * 4 + 4 * 2 + 2 * 1
SHAPES = {
    "yolox": {"output": [ROWS, 8]},
    "detr": {"pred_logits": [20, 3], "pred_boxes": [20, 4]},
    "ssd": {"boxes": [20, 1, 4], "scores": [20, 3]},
}


@pytest.mark.parametrize("decoder", SHAPES)
def test_a_network_of_each_make_is_read_from_pictures(tmp_path: Path, decoder: str) -> None:
    """RT-DETR and D-FINE are `detr`. Their weights are random: what comes out is only in order."""
    shapes = SHAPES[decoder]
    network = Network(model_of(tmp_path, random_graph(1, shapes), decoder, list(shapes)))
    prepared = network.prepare(grey(100, 100), VideoReformatter())
    seen = network.look(prepared)
    assert {each.object for each in seen} <= {"person", "car"}
    for each in seen:
        assert 0 <= each.box[0] < each.box[2] <= 1
        assert 0 <= each.box[1] < each.box[3] <= 1
    outputs = network.run(prepared.tensor)
    found = decode(outputs, network.model.manifest, [0, 2], 0.15)
    assert len(found.scores) > 0
    assert len(seen) <= len(found.scores)


@pytest.mark.parametrize(
    ("decoder", "shapes", "sentence"),
    [
        ("yolox", {"output": [41, 8]}, "yolox reads [1, 42, 5 + classes], and the outputs are"),
        ("yolox", {"output": [ROWS, 7]}, "it knows 2 classes, and 'labels.txt' names 3"),
        ("detr", {"boxes": [20, 4], "logits": [20, 3]}, "detr reads logits [1, n, classes]"),
        ("ssd", {"boxes": [20, 4], "scores": [19, 3]}, "ssd reads boxes [1, n, 1, 4]"),
        ("ssd", {"boxes": [20, 4], "scores": [20, 2]}, "it knows 2 classes"),
    ],
)
def test_a_network_that_its_decoder_cannot_read_is_refused_at_once(
    tmp_path: Path, decoder: str, shapes: dict[str, list[int]], sentence: str
) -> None:
    model = model_of(tmp_path, random_graph(1, shapes), decoder, list(shapes))
    with pytest.raises(ModelError) as caught:
        Network(model)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_faster_numbers_of_a_processor_see_what_the_exact_ones_see() -> None:
    fast, exact = Network(find(None)), Network(find(None), exact=True)
    assert exact.precision == "f32"
    if fast.precision == "f32":
        pytest.skip("this processor computes in 32 bits only")
    tools = VideoReformatter()
    with av.open(str(CLIPS / "campus.mp4")) as container:
        for picture in itertools.islice(container.decode(video=0), 0, 400, 80):
            prepared = exact.prepare(picture, tools)
            surely, also = exact.look(prepared), fast.look(prepared)
            for one in (each for each in surely if each.score >= 0.4):
                best = max(
                    (each for each in also if each.object == one.object),
                    key=lambda each, box=one.box: overlap(each.box, box),  # type: ignore[misc]
                )
                assert overlap(best.box, one.box) > 0.8
                assert best.score == pytest.approx(one.score, abs=0.05)


def test_numbers_that_are_none_are_no_objects() -> None:
    logits = np.array([[[1e30, -1e30], [np.nan, np.nan], [9, 0]]], np.float32)
    boxes = np.array([[[np.nan] * 4, [0.5] * 4, [0.5, 0.5, 0.2, 0.2]]], np.float32)
    made = manifest(decoder="detr", names=["l", "b"])
    with np.errstate(all="raise"):
        found = decode([logits, boxes], made, [0, 1], 0.15)
    assert found.boxes.tolist() == [pytest.approx([0.4, 0.4, 0.6, 0.6])]


def test_people_are_covered_also_where_the_camera_s_model_sees_none(
    tmp_path: Path, detector: Any
) -> None:
    """What a model for other things lets through is looked for by the bundled one."""
    blind = Network(_only_dogs(tmp_path))
    with av.open(str(BUNDLED.parent / "clips" / "campus.mp4")) as container:
        picture = next(container.decode(video=0))
    whole = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]

    def shown(network: Network) -> Any:
        look = Look(frame=Frame(picture, 0.0, True), seen=(), network=network)
        return np.asarray(Image.open(io.BytesIO(snapshot(look, detector, [whole], 768)))).astype(
            int
        )

    original = picture.to_ndarray(format="rgb24").astype(int)
    changed = [
        np.abs(shown(each) - original).max(axis=2) > 60 for each in (blind, detector.network(None))
    ]
    assert changed[0].sum() >= changed[1].sum() > 500


def _only_dogs(folder: Path) -> Any:
    shapes = SHAPES["yolox"]
    model = model_of(folder, random_graph(1, shapes), "yolox", list(shapes))
    return replace(model, objects=((1, "dog"),))


# --------------------------------------------------------------------------------- wrong manifests

WORDS = st.text(st.characters(codec="utf-8"), max_size=8)
JUNK = st.booleans() | st.integers() | st.floats() | WORDS


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return str(value) if isinstance(value, float) else json.dumps(value)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A manifest that is right."""
    folder, shapes = tmp_path_factory.mktemp("manifests"), SHAPES["detr"]
    model = model_of(folder, random_graph(1, shapes), "detr", list(shapes))
    return model.path.with_name("manifest.toml")


@given(data=st.data())
def test_no_manifest_whatever_is_in_it_ends_in_anything_but_a_sentence(
    whole: Path, data: st.DataObject
) -> None:
    """Values of the wrong kind, keys gone or new, and text cut anywhere."""
    good = whole.read_text()
    whole.write_text(data.draw(spoilt(good)))
    try:
        sentence = _complaint(whole)
    finally:
        whole.write_text(good)
    assert "\n" not in sentence
    assert not sentence or sentence.endswith((".", "?", ")")), sentence


@st.composite
def spoilt(draw: st.DrawFn, good: str) -> str:
    values = tomllib.loads(good)
    parts = [values, *(each for each in values.values() if isinstance(each, dict))]
    for _ in range(draw(st.integers(0, 2))):
        part = draw(st.sampled_from(parts))
        name = draw(st.sampled_from([*part, "x", "dog"]))
        part[name] = draw(
            JUNK | st.lists(JUNK, max_size=3) | st.dictionaries(WORDS, JUNK, max_size=2)
        )
    text = "\n".join(f"{json.dumps(key)} = {toml(value)}" for key, value in values.items())
    cut = draw(st.just(len(text)) | st.integers(0, len(text)))
    return text[:cut] + draw(st.just("") | WORDS)


def _complaint(path: Path) -> str:
    """What loading it says; "" if it is well."""
    try:
        Network(load(path)).prepare(grey(20, 20), VideoReformatter())
    except ModelError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("words", [b"\xff\xfe", b"a = " + b"[" * 5000, b""])
def test_a_manifest_that_is_no_toml_is_one_sentence(folder: Path, words: bytes) -> None:
    path = folder / "mine" / "manifest.toml"
    path.write_bytes(words)
    with pytest.raises(ModelError) as caught:
        load(path)
    assert "\n" not in str(caught.value)
