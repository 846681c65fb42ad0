"""What is said of each model on this machine."""

from pathlib import Path

from gpu.cards import Cards
from gpu.manifests import find
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
