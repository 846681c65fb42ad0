"""Two models on one recording: what differs, and that the pictures show nobody."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from gpu.__main__ import main
from gpu.compare import Kept, Pair, Tally, compare, difference
from gpu.cpu.network import Network
from gpu.pipeline import CLIPS, Seen
from gpu.quality import truth
from tests.gpu.graphs import model_of, random_graph


def seen(name: str, *box: float, score: float = 0.8) -> Seen:
    return Seen(object=name, score=score, box=(box[0], box[1], box[2], box[3]))


def test_what_both_see_is_no_difference_and_another_object_is() -> None:
    a = [seen("car", 0.1, 0.1, 0.3, 0.3), seen("person", 0.5, 0.5, 0.6, 0.8)]
    b = [seen("car", 0.11, 0.1, 0.31, 0.3), seen("bicycle", 0.5, 0.5, 0.6, 0.8)]
    found = difference(7, 0.7, a, b)
    assert (found.both, found.only_a, found.only_b) == ((a[0],), (a[1],), (b[1],))
    assert found.weight == pytest.approx(1.6)
    assert difference(0, 0.0, a, a).weight == 0


def test_the_worst_of_each_two_seconds_are_kept_and_never_many() -> None:
    tally = Tally(most=3)
    for number in range(1000):
        one = seen("car", 0.1, 0.1, 0.3, 0.3, score=(number * 37 % 1000) / 1000)
        found = difference(number, number / 10, [one], [])
        tally.add(Kept(difference=found, frame=None, seen=()))  # type: ignore[arg-type]
        assert len(tally.worst) <= 6
    scores = [each.difference.weight for each in tally.best()]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == 0.999
    assert (tally.frames, tally.counts["car", "a"], len(scores)) == (1000, 1000, 3)


def test_a_report_has_numbers_and_pictures_in_which_people_are_covered(
    tmp_path: Path, detector: Any, short: Path
) -> None:
    """A model that sees nothing against the bundled one: all that is there differs."""
    bundled = detector.network(None)
    manifest = bundled.model.manifest
    blind = Network(
        replace(
            bundled.model,
            manifest=replace(manifest, output=replace(manifest.output, score=0.999)),
        )
    )
    pair = Pair(a=bundled, b=blind, cover=bundled)
    report = compare(short, pair, tmp_path / "out", every=7)
    assert report["frames"] == 3
    counts = report["objects"]
    assert isinstance(counts, dict)
    assert counts["person"]["a"] >= 3
    assert counts["person"]["b"] == counts["person"]["both"] == 0
    page = (tmp_path / "out" / "index.html").read_text("utf-8")
    assert json.loads((tmp_path / "out" / "compare.json").read_text()) == report
    names = report["pictures"]
    assert isinstance(names, list)
    assert names
    for name in names:
        assert name in page
    assert "<script" not in page
    assert "http" not in page
    _is_covered(tmp_path / "out" / "0000000.jpg")


def _is_covered(picture: Path) -> None:
    """Within each person of the first frame the finest detail is gone."""
    shown = np.asarray(Image.open(io.BytesIO(picture.read_bytes())).convert("L")).astype(int)
    with av.open(str(CLIPS / "campus.mp4")) as container:
        original = next(container.decode(video=0)).to_ndarray(format="gray").astype(int)
    for person in truth().objects[0]["person"]:
        x1, y1, x2, y2 = (round(v * s) for v, s in zip(person.box, (768, 432) * 2, strict=True))
        inside = (slice(y1 + 6, y2 - 6), slice(x1 + 6, x2 - 6))
        fine = [np.abs(np.diff(pixels[inside], axis=0)).mean() for pixels in (original, shown)]
        assert fine[1] < fine[0] / 2, person.who


@pytest.fixture
def short(tmp_path: Path) -> Path:
    """The first two seconds of the clip, as they are."""
    path = tmp_path / "short.mp4"
    with av.open(str(CLIPS / "campus.mp4")) as source, av.open(str(path), "w") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(source.demux(video=0)):
            if number == 20 or packet.dts is None:
                break
            packet.stream = stream
            out.mux(packet)
    return path


def test_the_command_writes_where_it_is_told_and_names_what_is_no_video(
    tmp_path: Path, clip: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    shapes = {"pred_logits": [20, 3], "pred_boxes": [20, 4]}
    model_of(tmp_path, random_graph(1, shapes), "detr", list(shapes))
    given = ["--b", "mine", "--models", str(tmp_path), "--out", str(tmp_path / "out")]
    assert main(["compare", str(clip()), *given]) == 0
    assert json.loads(capsys.readouterr().out)["frames"] == 2
    assert (tmp_path / "out" / "index.html").is_file()
    (tmp_path / "text.mp4").write_text("no video")
    assert main(["compare", str(tmp_path / "text.mp4"), *given]) == 1
    assert "text.mp4" in capsys.readouterr().err
