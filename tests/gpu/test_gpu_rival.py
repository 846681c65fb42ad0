"""The comparison in docs/operate/video.md can be repeated, and its rival does the same work."""

import json
import sys
from pathlib import Path

import av
import pytest

from gpu import bench
from gpu.cpu.network import Network
from gpu.geometry import overlap
from gpu.manifests import find
from gpu.pipeline import CLIPS
from tests.gpu import rival


def test_the_rival_sees_what_our_network_sees() -> None:
    """A loop that detects nothing would be quick."""
    with av.open(str(CLIPS / "campus.mp4")) as container:
        picture = next(container.decode(video=0))
    width, height = picture.width, picture.height
    other = rival.Rival(find(None), width, height)
    theirs = other.detect(picture.to_ndarray(format="bgr24")).xyxy / [width, height, width, height]
    network = Network(find(None))
    sure = [seen for seen in network.look(network.prepare(picture, _tools())) if seen.score > 0.5]
    assert len(sure) >= 2
    assert all(max(overlap(seen.box, tuple(box)) for box in theirs) > 0.7 for seen in sure)


def _tools() -> "av.video.reformatter.VideoReformatter":
    return av.video.reformatter.VideoReformatter()


@pytest.mark.slow
def test_the_race_ends_with_one_line_of_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "FRAMES", 6)
    monkeypatch.setattr(sys, "argv", ["rival", "--rounds", "1"])
    rival.main()
    said = capsys.readouterr()
    found = json.loads(said.out.splitlines()[-1])
    ratios = [each for name, each in found.items() if name.startswith("ratio")]
    assert len(ratios) == 4
    assert all(each > 0 for each in ratios)
    assert found["rounds"] == 1
    assert "round 1: rival_prefetch_fifth" in said.err


def test_all_frames_count_also_those_that_are_skipped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bench, "FRAMES", 7)
    bench.scale(CLIPS / "campus.mp4", clip := tmp_path / "clip.mp4")
    other = rival.Rival(find(None), bench.WIDTH, bench.HEIGHT)
    assert other.run(clip) == other.run(clip, prefetch=2) == 7
    assert other.run(clip, every=5) == 7
