"""What is said of each model on this machine."""

import json
from pathlib import Path

import pytest

from gpu import cards
from gpu.cards import Cards
from gpu.manifests import Model, find
from gpu.messages import ModelCard, Quality
from tests.gpu.graphs import model_of, random_graph


def test_a_card_follows_the_files_and_names_what_is_wrong(tmp_path: Path) -> None:
    speeds = {find(None).tag: 12.5}
    cards = Cards([tmp_path], speeds.get)
    (bundled,) = cards.now()
    assert (bundled.bundled, bundled.milliseconds, bundled.error) == (True, 12.5, "")
    assert bundled.quality is not None
    assert bundled.objects == ("person", "bicycle", "car", "motorcycle", "bus", "truck")

    shapes = {"pred_logits": [20, 3], "pred_boxes": [20, 4]}
    model = model_of(tmp_path, random_graph(1, shapes), "detr", list(shapes))
    mine = cards.now()[0]
    assert (mine.tag, mine.objects, mine.decoder) == (model.tag, ("person", "car"), "detr")
    assert (mine.bundled, mine.milliseconds, mine.quality) == (False, None, None)

    model.path.write_bytes(b"something else")
    wrong = cards.now()[0]
    assert wrong.name == "mine"
    assert "fetch the file anew" in wrong.error
    assert wrong.tag == ""


@pytest.mark.parametrize(
    ("folder", "file", "sentence"),
    [
        ("夜间\u3000模型", "m.onnx", "call the folder so, and 'name' like it"),
        ("n" * 201, "m.onnx", "call the folder so, and 'name' like it"),
        ("mine", "n" * 300, "is missing; put it beside."),
        ("not-utf8-\udcff", "m.onnx", "call it as its folder is called"),
    ],
)
def test_an_odd_folder_costs_its_own_card_alone(
    tmp_path: Path, folder: str, file: str, sentence: str
) -> None:
    """What the worker says of itself carries the cards: without it, all its cameras are away."""
    shapes = {"pred_logits": [20, 3], "pred_boxes": [20, 4]}
    model_of(tmp_path, random_graph(1, shapes), "detr", list(shapes))
    manifest = (tmp_path / "mine" / "manifest.toml").read_text()
    manifest = manifest.replace('"mine"', f'"{folder.replace(chr(0xDCFF), "?")}"')
    manifest = manifest.replace('"mine.onnx"', f'"{file}"')
    (tmp_path / "mine").rename(tmp_path / folder)
    (tmp_path / folder / "manifest.toml").write_text(manifest)
    odd, bundled = Cards([tmp_path], lambda _: None).now()
    assert sentence in odd.error
    assert bundled.error == ""
    assert ModelCard.from_json(json.dumps(odd.to_json())) == odd  # as the server reads it


def test_a_card_that_cannot_be_made_is_one_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model_of(tmp_path, random_graph(1, {"boxes": [20, 4]}), "detr", ["boxes", "boxes"])
    real = cards.kept

    def broken(model: Model) -> Quality | None:
        if model.manifest.name == "mine":
            raise RecursionError
        return real(model)

    monkeypatch.setattr(cards, "kept", broken)
    odd, bundled = Cards([tmp_path], lambda _: None).now()
    assert (odd.name, bundled.error) == ("mine", "")
    assert "RecursionError" in odd.error


def test_how_long_a_picture_takes_is_known_once_one_was_looked_at(tmp_path: Path) -> None:
    import av
    import numpy as np
    from av.video.reformatter import VideoReformatter

    from gpu.cpu.network import Network

    shapes = {"pred_logits": [20, 3], "pred_boxes": [20, 4]}
    network = Network(model_of(tmp_path, random_graph(1, shapes), "detr", list(shapes)))
    assert network.milliseconds is None
    picture = av.VideoFrame.from_ndarray(np.zeros((32, 64, 3), np.uint8), format="rgb24")
    network.look(network.prepare(picture, VideoReformatter()))
    assert network.milliseconds is not None
    assert 0 < network.milliseconds < 5000
