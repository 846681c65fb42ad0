"""DeepStream's side without DeepStream: the table, the files, the graph, metadata, pictures."""

import itertools
from collections.abc import Callable
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu.deepstream import configs, host, mapper
from gpu.deepstream.files import infer_file, mux_file, tracker_file
from gpu.deepstream.graph import shard
from gpu.deepstream.spec import Graph, Network, Node, Recording, Settings
from gpu.deepstream.table import PropertyError, changed, checked, elements, inspected
from gpu.messages import Camera
from gpu.pipeline import Line, line

MakeLine = Callable[..., Line]


@pytest.fixture
def camera_line() -> MakeLine:
    def make(number: int = 0, source: str = "rtsp://10.0.0.1/1", **changes: Any) -> Line:
        return line(Camera(id=f"c{number}", name="c", source=source, **changes))

    return make


def network(**changes: Any) -> Network:
    values: dict[str, Any] = {
        "tag": "ssd@0123",
        "onnx": Path("/cache/ssd.onnx"),
        "engine": Path("/cache/ssd.onnx_b2_gpu0_fp16.engine"),
        "labels": ("person", "dog", "car"),
        "classes": ((0, "person"), (2, "car")),
        "parser": "NvDsInferParseCustomEfficientDetTAO",
        "width": 300,
        "height": 200,
    }
    return Network(**{**values, **changes})


# ------------------------------------------------------------------------------------- the table


def test_the_table_knows_each_element_that_a_graph_uses(camera_line: MakeLine) -> None:
    recording = Recording(folder=Path("/srv/records"))
    lines = [camera_line(0), camera_line(1, "clip:campus", loop=True)]
    graph = shard(lines, network(), Path("/run/shard"), Settings(recording=recording))
    assert {node.element for node in graph.nodes} == set(elements())


@pytest.mark.parametrize(
    ("element", "properties", "says"),
    [
        ("nvurisrcbin", {"latencyy": 1}, "did you mean 'latency'?"),
        ("nvurisrcbin", {"latency": -1}, "-1 is outside 0 to 4294967295."),
        ("nvurisrcbin", {"latency": True}, "a whole number is needed, not True."),
        ("nvurisrcbin", {"file-loop": 1}, "true or false is needed, not 1."),
        ("nvurisrcbin", {"select-rtp-protocol": "tcp"}, "did you mean 'rtp-tcp'?"),
        ("nvurisrcbin", {"select-rtp-protocol": 4}, "4 is no value"),
        ("nvinfer", {"cluster-mode": 2}, "there is no 'cluster-mode'"),
        ("nvinfer", {"batch-size": 0}, "0 is outside 1 to 1024."),
        ("nvstreammux", {"width": 1920}, "there is no 'width'"),
        ("nvstreammux", {"live-source": True}, "there is no 'live-source'"),
        ("nvinfere", {}, "There is no element 'nvinfere'; did you mean 'nvinfer'?"),
    ],
)
def test_what_no_element_would_take_is_refused(
    element: str, properties: dict[str, Any], says: str
) -> None:
    with pytest.raises(PropertyError) as error:
        checked(element, properties)
    assert says in str(error.value)


def test_enums_are_named_here_and_numbered_for_the_element() -> None:
    assert checked("nvurisrcbin", {"select-rtp-protocol": "rtp-tcp"}) == {"select-rtp-protocol": 4}


def test_only_what_may_change_while_frames_flow_is_changed() -> None:
    assert changed("valve", {"drop": True}) == {"drop": True}
    with pytest.raises(PropertyError, match="cannot be changed while frames flow"):
        changed("valve", {"drop-mode": "drop-all"})
    with pytest.raises(PropertyError, match="there is no 'dropp'"):
        changed("valve", {"dropp": True})


def test_what_gst_inspect_prints_is_read_as_the_table_is() -> None:
    text = """
Element Properties:
  batch-size          : Maximum batch size for inference
                        flags: readable, writable, changeable only in NULL or READY state
                        Unsigned Integer. Range: 1 - 1024 Default: 1
  config-file-path    : Path to the configuration file: absolute
                        flags: readable, writable
                        String. Default: ""
  process-mode        : Infer processing mode
                        flags: readable, writable
                        Enum "GstNvInferProcessModeType" Default: 1, "primary"
                           (1): primary          - Primary (Full Frame)
                           (2): secondary        - Secondary (Objects)

Element Signals:
  batch-size          : not a property
"""
    found = inspected(text)
    table = elements()["nvinfer"]
    assert list(found) == ["batch-size", "config-file-path", "process-mode"]
    for name, seen in found.items():
        known = table[name]
        assert (seen.kind, seen.low, seen.high) == (known.kind, known.low, known.high)
        assert seen.values == known.values


# ------------------------------------------------------------------------------------- the files


def test_the_files_that_we_write_are_read_back_whole() -> None:
    text = infer_file(network(), Path("/run/shard"), 5, 2, Settings())
    rows = configs.read_ini(text, configs.INFER)["property"]
    assert rows["interval"] == "4"
    assert rows["batch-size"] == "2"
    assert rows["infer-dims"] == "3;200;300"
    assert rows["filter-out-class-ids"] == "1", "what is not wanted never leaves nvinfer"
    assert rows["cluster-mode"] == "4", "the graph has suppressed already"
    age = configs.read_yaml(tracker_file(network(), 2.0), configs.TRACKER)["TargetManagement"]
    assert age["maxShadowTrackingAge"] == "50"
    assert configs.read_ini(mux_file(), configs.MUX)["property"]["max-same-source-frames"] == "1"


def test_a_model_that_suppresses_nothing_leaves_it_to_nvinfer() -> None:
    text = infer_file(network(overlap=0.6), Path("/run/shard"), 1, 1, Settings(precision="fp32"))
    found = configs.read_ini(text, configs.INFER)
    assert found["property"]["cluster-mode"] == "2"
    assert found["property"]["network-mode"] == "0"
    assert found["class-attrs-all"]["nms-iou-threshold"] == "0.6"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("batch-size=2", "batch-sise=2", "did you mean 'batch-size'?"),
        ("infer-dims=3;200;300", "infer-dims=200;300", "3 values with ';'"),
        ("offsets=0.0;0.0;0.0", "offsets=0.0;0.0", "3 values with ';'"),
        ("interval=4", "interval=-1", "a whole number from 0 to 249"),
        ("gpu-id=0", "gpu-id=0\ngpu-id=1", "'gpu-id' is there twice"),
        ("[class-attrs-all]", "[class-atrs-all]", "did you mean 'class-attrs-all'?"),
        ("[class-attrs-all]", "[property]", "is there twice"),
        ("cluster-mode=4", "cluster-mode", "is no line of such a file"),
        ("onnx-file=/cache", "onnx-file=cache", "an absolute path"),
        ("DetTAO", "DetTA", "one of"),
    ],
)
def test_a_slip_in_an_nvinfer_file_is_an_error(old: str, new: str, says: str) -> None:
    text = infer_file(network(), Path("/run/shard"), 5, 2, Settings())
    assert old in text
    with pytest.raises(PropertyError) as error:
        configs.read_ini(text.replace(old, new, 1), configs.INFER)
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("probationAge: 2", "probationAg: 2", "did you mean 'probationAge'?"),
        ("featureImgSizeLevel: 2", "featureImgSizeLevel: 6", "from 1 to 5"),
        ("%YAML:1.0\n", "", "begins with"),
        ("useHog: 0", "useHog: false", "one of 0, 1"),
    ],
)
def test_a_slip_in_a_tracker_file_is_an_error(old: str, new: str, says: str) -> None:
    text = tracker_file(network(), 2.0)
    assert old in text
    with pytest.raises(PropertyError) as error:
        configs.read_yaml(text.replace(old, new, 1), configs.TRACKER)
    assert says in str(error.value)


@given(
    score=st.floats(0.01, 0.99),
    every=st.integers(1, 250),
    cameras=st.integers(1, 64),
    patience=st.floats(0.1, 60),
    scale=st.floats(1e-5, 2),
    offset=st.floats(-255, 255),
)
def test_whatever_a_manifest_says_the_files_hold(
    score: float, every: int, cameras: int, patience: float, scale: float, offset: float
) -> None:
    model = network(keep=score, score=score, scale=scale, offset=offset)
    text = infer_file(model, Path("/run"), every, cameras, Settings())
    rows = configs.read_ini(text, configs.INFER)["property"]
    assert float(rows["net-scale-factor"]) == scale
    assert [float(part) for part in rows["offsets"].split(";")] == [offset] * 3
    configs.read_yaml(tracker_file(model, patience), configs.TRACKER)


# --------------------------------------------------------------------------- what the files mean


def looked_at(rates: list[float], every: int, seed: int, seconds: float = 120.0) -> list[float]:
    """How often nvinfer looks at each camera, in looks a second, by the rules of NVIDIA's source.

    A batch takes one frame of each camera: when all have one, or when its time is over; nvinfer
    looks at every n-th batch. Clocks drift and frames come a few milliseconds late.
    """
    random = Random(seed)
    arrivals = []
    for camera, rate in enumerate(rates):
        at, step = random.uniform(0, 1 / rate), (1 + random.uniform(-2e-4, 2e-4)) / rate
        while at < seconds:
            arrivals.append((at + abs(random.gauss(0, 0.004)), camera))
            at += step
    waiting, looks, batch, last = [0] * len(rates), [0] * len(rates), 0, 0.0

    def push(at: float) -> None:
        nonlocal batch, last
        for camera, count in enumerate(waiting):
            looks[camera] += bool(count) and batch % every == 0
            waiting[camera] -= bool(count)
        batch, last = batch + 1, at

    longest = 1 / int(configs.read_ini(mux_file(), configs.MUX)["property"]["overall-min-fps-n"])
    for at, camera in sorted(arrivals):
        while any(waiting) and last + longest < at:
            push(max(last + longest, last))
        waiting[camera] += 1
        if all(waiting) or last + longest <= at:
            push(at)
    return [count / seconds for count in looks]


@pytest.mark.parametrize(
    "rates",
    [[25] * 8, [25] * 6 + [12.5, 10, 6, 5], [25, 12.5], [30, 25, 15, 10], [15] * 4 + [25], [25, 5]],
    ids=str,
)
def test_cameras_of_different_rates_are_looked_at_as_often_as_they_should(
    rates: list[float],
) -> None:
    for seed in range(3):
        for rate, looks in zip(rates, looked_at(rates, 5, seed), strict=True):
            assert looks > 0.8 * rate / 5


# ------------------------------------------------------------------------------------- the graph


def node(graph: Graph, name: str) -> Node:
    return next(each for each in graph.nodes if each.name == name)


def test_each_camera_has_its_own_way_to_the_mux_in_order(camera_line: MakeLine) -> None:
    lines = [camera_line(n, f"rtsp://10.0.0.{n}/1") for n in range(3)]
    graph = shard(lines, network(), Path("/run/shard"), Settings(gpu=1))
    into = [link for link in graph.links if link.sink == "mux"]
    assert [(link.source, link.pads) for link in into] == [
        (f"queue-{n}", ("", "sink_%u")) for n in range(3)
    ]
    assert node(graph, "camera-2").properties["uri"] == "rtsp://10.0.0.2/1"
    assert node(graph, "mux").properties["batch-size"] == 3
    chain = ["mux", "infer", "tracker", "gate", "picture", "rgb", "end"]
    trunk = [(link.source, link.sink) for link in graph.links if link.source in chain]
    assert trunk == list(itertools.pairwise(chain))


def test_a_camera_is_called_again_for_ever_and_old_frames_go(camera_line: MakeLine) -> None:
    graph = shard([camera_line()], network(), Path("/run/shard"), Settings())
    source = node(graph, "camera-0").native()
    assert source["rtsp-reconnect-interval"] == 10, "0 would mean never"
    assert source["rtsp-reconnect-attempts"] == -1
    assert node(graph, "queue-0").properties["leaky"] == "downstream"
    end = node(graph, "end").properties
    assert end["async"] is False, "behind a shut gate nothing ever arrives to preroll with"


def test_a_file_is_played_at_its_own_speed_and_loses_nothing(camera_line: MakeLine) -> None:
    graph = shard([camera_line(0, "clip:campus", loop=True)], network(), Path("/r"), Settings())
    source = node(graph, "camera-0").properties
    assert source["file-loop"] is True
    assert str(source["uri"]).startswith("file:///")
    assert str(source["uri"]).endswith("/clips/campus.mp4")
    assert node(graph, "queue-0").properties["leaky"] == "no"
    assert node(graph, "pace-0").element == "clocksync"


def test_nothing_is_recorded_unless_asked_for(camera_line: MakeLine) -> None:
    plain = shard([camera_line()], network(), Path("/r"), Settings())
    assert not any(key.startswith("smart") for key in node(plain, "camera-0").properties)
    recording = Recording(folder=Path("/srv/records"), before=10, after=20)
    graph = shard([camera_line()], network(), Path("/r"), Settings(recording=recording))
    source = node(graph, "camera-0").native()
    assert source["smart-record"] == 2
    assert source["smart-rec-cache"] == 15
    assert source["smart-rec-default-duration"] == 20
    assert source["smart-rec-dir-path"] == "/srv/records"


def test_a_recording_says_whose_it_is_wherever_the_camera_sits(camera_line: MakeLine) -> None:
    settings = Settings(recording=Recording(folder=Path("/srv/records")))
    lines = [camera_line(1), camera_line(7)]
    for its in (lines, lines[::-1]):
        graph = shard(its, network(), Path("/r"), settings)
        prefixes = [node(graph, f"camera-{n}").properties["smart-rec-file-prefix"] for n in (0, 1)]
        assert prefixes == [f"camera-{each.source.camera_id}" for each in its]


def test_cameras_that_detect_differently_do_not_share_a_shard(camera_line: MakeLine) -> None:
    lines = [camera_line(0, detect_every=5), camera_line(1, detect_every=2)]
    with pytest.raises(PropertyError, match="equally often"):
        shard(lines, network(), Path("/r"), Settings())


# ---------------------------------------------------------------------------------- the metadata


def thing(number: int, kind: int = 0, score: float = 0.8, **rect: float) -> Any:
    box = {"left": 30.0, "top": 20.0, "width": 60.0, "height": 40.0, **rect}
    return SimpleNamespace(
        object_id=number,
        class_id=kind,
        confidence=score,
        tracker_confidence=0.4,
        rect_params=SimpleNamespace(**box),
    )


def batch(*things: Any, **changes: Any) -> Any:
    values = {
        "pad_index": 1,
        "batch_id": 0,
        "pipeline_width": 0,
        "pipeline_height": 0,
        "source_width": 300,
        "source_height": 200,
        "object_items": iter(things),
    }
    return SimpleNamespace(frame_items=iter([SimpleNamespace(**{**values, **changes})]))


NAMES = {0: "person", 2: "car"}


def test_an_object_becomes_a_track_in_parts_of_the_picture() -> None:
    frame = mapper.frames(batch(thing(7)))[0]
    assert (frame.pad, frame.width, frame.height) == (1, 300, 200)
    [track] = mapper.tracks(frame, NAMES)
    assert (track.id, track.object, track.score) == (7, "person", 0.8)
    assert track.box == pytest.approx((0.1, 0.1, 0.3, 0.3))


def test_a_mux_that_scales_gives_its_own_size() -> None:
    frame = mapper.frames(batch(thing(7), pipeline_width=600, pipeline_height=400))[0]
    assert mapper.tracks(frame, NAMES)[0].box == pytest.approx((0.05, 0.05, 0.15, 0.15))


def test_between_detections_the_tracker_s_own_score_counts() -> None:
    frame = mapper.frames(batch(thing(7, score=-0.1)))[0]
    assert mapper.tracks(frame, NAMES)[0].score == 0.4


def test_what_is_not_followed_not_wanted_or_not_there_is_left_out() -> None:
    others = (thing(mapper.UNTRACKED), thing(1, kind=1), thing(2, left=400.0), thing(3, width=0.0))
    frame = mapper.frames(batch(*others, thing(9)))[0]
    assert [track.id for track in mapper.tracks(frame, NAMES)] == [9]


# ---------------------------------------------------------------------------------- the pictures


def test_a_picture_is_copied_out_with_padded_rows_and_without_alpha() -> None:
    surface = np.random.default_rng(1).integers(0, 255, (10, 32, 4), np.uint8)
    view = surface[:, :20]
    assert (host.pixels(view) == view[:, :, :3]).all()


def test_the_copy_reads_no_byte_behind_the_last_row() -> None:
    surface = np.zeros((10, 32, 3), np.uint8)
    asked: list[int] = []
    host.pixels(surface[:, :20], lambda to, start, size: asked.append(size))
    assert asked == [32 * 3 * 9 + 20 * 3]


@pytest.mark.parametrize("shape", [(10, 20), (10, 20, 1)])
def test_what_is_no_rgb_picture_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(host.CopyError, match="not 8-bit RGB"):
        host.pixels(np.zeros(shape, np.uint8))
