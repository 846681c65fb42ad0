"""The graph on real GStreamer, with stand-ins for NVIDIA's elements: see `gst_machine`.

What this proves: every property is one that GObject takes, every link can be made, pads that come
late find their place, and ends, errors and stops arrive. What it cannot: anything of the GPU.
"""

import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from gpu.deepstream import servicemaker
from gpu.deepstream.graph import GATE, PICTURES, SCALARS, shard
from gpu.deepstream.machine import build
from gpu.deepstream.mapper import Looks
from gpu.deepstream.servicemaker import MissingError, ServiceMaker
from gpu.deepstream.spec import Graph, Network, Settings
from gpu.deepstream.table import PropertyError
from gpu.messages import Camera
from gpu.pipeline import line
from tests.gpu.gst_machine import GstMachine, World

Run = Callable[..., tuple[GstMachine, Counter[int]]]

MODEL = Network(
    tag="ssd@0123",
    onnx=Path("/cache/ssd.onnx"),
    engine=Path("/cache/ssd.engine"),
    labels=("person",),
    classes=((0, "person"),),
    parser="NvDsInferParseCustomEfficientDetTAO",
    width=300,
    height=300,
)


def graph(*sources: str, folder: Path = Path("/run/shard")) -> Graph:
    lines = [line(Camera(id=f"c{n}", name="c", source=each)) for n, each in enumerate(sources)]
    return shard(lines, MODEL, folder, Settings())


@pytest.fixture
def started(gstreamer: Any, tmp_path: Path) -> Iterator[Run]:
    """`started("rtsp://camera/frames=20", …)`: the machine, and frames counted by the mux's pad."""
    machines: list[GstMachine] = []

    def start(*sources: str) -> tuple[GstMachine, Counter[int]]:
        machine, counted = GstMachine(), Counter[int]()
        machines.append(machine)
        made = graph(*sources, folder=tmp_path)
        for name, text in made.files.items():
            (tmp_path / name).write_text(text)
        build(machine, made)

        def take(metadata: Any) -> None:
            counted.update(frame.pad_index for frame in metadata.frame_items)

        machine.watch_metadata(SCALARS, take)
        machine.start()
        return machine, counted

    yield start
    for machine in machines:
        machine.stop()


def test_all_frames_of_all_cameras_pass_the_probe_and_the_end_comes(started: Run) -> None:
    machine, counted = started("frames=20.mp4", "frames=30.mp4")
    assert machine.wait() == "eos"
    assert counted == {0: 20, 1: 30}


def test_a_camera_that_answers_late_still_is_the_one_that_it_is(started: Run) -> None:
    machine, counted = started("frames=10&late=0.3.mp4", "frames=25.mp4")
    assert machine.wait() == "eos"
    assert counted == {0: 10, 1: 25}


def test_a_camera_that_never_answers_holds_nobody_up(started: Run, until: Any) -> None:
    _, counted = started("rtsp://camera/never", "frames=25.mp4")
    until(lambda: counted[1] == 25)
    assert counted[0] == 0


def test_a_camera_that_freezes_holds_nobody_up(started: Run, until: Any) -> None:
    _, counted = started("freeze=5.mp4", "frames=40.mp4")
    until(lambda: counted == {0: 5, 1: 40})


@pytest.mark.parametrize("neighbour", ["never", "freeze=3", "fps=5"])
def test_a_camera_that_is_away_frozen_or_slow_slows_down_no_other(
    started: Run, neighbour: str, until: Any
) -> None:
    _, counted = started(f"rtsp://camera/{neighbour}", "rtsp://camera/fps=30&frames=40")
    until(lambda: counted[1] >= 36)  # a busy machine may lose some; were it slowed down, most


def test_which_batches_nvinfer_looks_at_is_known_without_its_saying(
    gstreamer: Any, tmp_path: Path
) -> None:
    """Cameras of different rates; the stand-in's nvinfer gives confidence to what it saw only."""
    machine = GstMachine(World(lambda pad, number: [(1, 0, 0.9, (0.1, 0.1, 0.2, 0.2))]))
    made = graph("frames=40.mp4", "fps=30&frames=12.mp4", folder=tmp_path)
    for name, text in made.files.items():
        (tmp_path / name).write_text(text)
    build(machine, made)
    looks, seen = Looks(5), list[tuple[bool, set[bool]]]()

    def take(metadata: Any) -> None:
        objects = [each for frame in metadata.frame_items for each in frame.object_items]
        seen.append((looks.next(), {each.confidence > 0 for each in objects}))

    machine.watch_metadata(SCALARS, take)
    machine.start()
    assert machine.wait() == "eos"
    machine.stop()
    assert len(seen) >= 40
    assert all(looked == {said} for said, looked in seen)


def still_waits(machine: Any) -> bool:
    waiting = threading.Thread(target=machine.wait)
    waiting.start()
    waiting.join(0.2)
    return waiting.is_alive()


def test_after_an_error_nothing_comes_any_more_and_the_waiting_goes_on(
    started: Run, until: Any
) -> None:
    machine, counted = started("rtsp://camera/error=5", "rtsp://camera/live")
    until(lambda: machine.error == "broken stream")
    seen = counted.total()
    time.sleep(0.2)
    assert counted.total() == seen
    assert still_waits(machine)


def test_a_pipeline_that_does_not_play_ends_the_waiting_at_once(started: Run) -> None:
    machine, counted = started("rtsp://camera/refuse")
    assert machine.wait() == "error"
    assert not counted


def test_no_end_is_heard_of_a_camera(started: Run, until: Any) -> None:
    machine, counted = started("rtsp://camera/frames=3", "frames=20.mp4")
    until(lambda: counted == {0: 3, 1: 20})
    assert still_waits(machine)


def test_stopping_ends_the_waiting_and_can_be_followed_by_a_new_start(started: Run) -> None:
    machine, _ = started("rtsp://camera/live")
    threading.Timer(0.1, machine.stop).start()
    begun = time.monotonic()
    assert machine.wait() == "error"
    assert time.monotonic() - begun < 2
    again, counted = started("frames=5.mp4")
    assert again.wait() == "eos"
    assert counted == {0: 5}


def test_pictures_pass_only_while_the_gate_is_open(started: Run, until: Any) -> None:
    machine, counted = started("rtsp://camera/live")
    pictures: list[Any] = []
    machine.watch_buffers(PICTURES, pictures.append)
    until(lambda: counted[0] > 5)
    assert pictures == []
    machine.set(GATE, {"drop": False})
    until(lambda: len(pictures) > 2)
    machine.set(GATE, {"drop": True})
    time.sleep(0.05)
    seen, passed = len(pictures), counted[0]
    until(lambda: counted[0] > passed + 5)
    assert len(pictures) == seen


def test_an_end_passes_the_shut_gate(started: Run) -> None:
    machine, _ = started("frames=3.mp4")
    assert machine.element(GATE).get_property("drop") is True
    assert machine.wait() == "eos"


def test_what_the_table_allows_gobject_takes(gstreamer: Any) -> None:
    machine = GstMachine()
    made = graph("rtsp://camera/live", "clip:campus")
    build(machine, made)
    for node in made.nodes:
        for name, value in node.native().items():
            if name != "caps":
                assert machine.element(node.name).get_property(name) == value, (node.name, name)


# -------------------------------------------------------------------------------- pyservicemaker


class Library(ModuleType):
    """pyservicemaker's names as its source has them; what is called is written down.

    How it behaves is taken from github.com/NVIDIA/DeepStream, f9f00ae5, read and not run:
    `bus_call`, `Pipeline::run`, `startRecording` and `stopRecording` in
    src/service-maker/sources/core/src/pipeline.cpp.
    """

    def __init__(self) -> None:
        super().__init__("pyservicemaker")
        calls = self.calls = []  # type: list[tuple[Any, ...]]
        self.EOSMessage = type("EOSMessage", (), {})
        self.StateTransitionMessage = type("StateTransitionMessage", (), {})
        self.plays = True
        self.BatchMetadataOperator = type("BatchMetadataOperator", (), {})
        self.BufferOperator = type("BufferOperator", (), {})
        self.Probe = lambda name, operator: SimpleNamespace(name=name, operator=operator)
        library = self

        class Node:
            def __init__(self, name: str) -> None:
                self.name = name

            def set(self, properties: dict[str, Any]) -> None:
                calls.append(("set", self.name, properties))

        class Pipeline:
            def __init__(self, name: str) -> None:
                self.name = name
                self.sessions: set[str] = set()

            def add(self, kind: str, name: str, properties: dict[str, Any]) -> None:
                calls.append(("add", kind, name, properties))

            def link(self, *route: Any) -> None:
                calls.append(("link", *route))

            def attach(self, target: str, what: Any) -> None:
                calls.append(("attach", target, what))

            def __getitem__(self, name: str) -> Node:
                return Node(name)

            def start(self, hear: Any) -> None:
                self.hear, self.quit = hear, threading.Event()
                if not library.plays:
                    self.quit.set()
                library.playing = self

            def post(self, kind: str) -> None:
                """On the bus: an error is printed, and that is all."""
                if kind == "eos":
                    self.hear(library.EOSMessage())
                    self.quit.set()
                elif kind == "state":
                    self.hear(library.StateTransitionMessage())

            def wait(self) -> None:
                assert self.quit.wait(20)

            def stop(self) -> None:
                calls.append(("stop",))

            def start_recording(self, name: str, before: int, after: int, done: Any) -> int:
                """Held until it is told to stop, however long ago the recording was over."""
                if name in self.sessions:
                    return 0
                self.sessions.add(name)
                calls.append(("record", name, before, after))
                return 0  # the first session's number, too

            def stop_recording(self, name: str) -> bool:
                held = name in self.sessions
                self.sessions.discard(name)
                return held

        self.Pipeline = Pipeline


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    made = Library()
    monkeypatch.setitem(sys.modules, "pyservicemaker", made)
    return made


def test_pyservicemaker_is_told_the_whole_graph(library: Library) -> None:
    machine = ServiceMaker("liuhe")
    made = graph("rtsp://camera/1", "rtsp://camera/2")
    build(machine, made)
    added = [call for call in library.calls if call[0] == "add"]
    assert [call[2] for call in added] == [node.name for node in made.nodes]
    assert added[0][3]["select-rtp-protocol"] == 4, "enums are numbers there"
    linked = [call[1:] for call in library.calls if call[0] == "link"]
    assert linked[:2] == [
        (("camera-0", "queue-0"), ("vsrc_%u", "")),
        (("queue-0", "mux"), ("", "sink_%u")),
    ]
    assert linked[-1] == ("rgb", "end")


def test_probes_hand_on_what_passes_and_survive_a_defect(library: Library) -> None:
    machine = ServiceMaker("liuhe")
    taken: list[Any] = []

    def fragile(what: Any) -> None:
        taken.append(what)
        raise ValueError("a defect")

    machine.watch_metadata(SCALARS, fragile)
    machine.watch_buffers(PICTURES, fragile)
    (_, first, scalars), (_, second, pictures) = library.calls
    assert (first, second) == ("tracker", "rgb")
    scalars.operator.handle_metadata("metadata")
    assert pictures.operator.handle_buffer("buffer") is True, "False would drop the picture"
    assert taken == ["metadata", "buffer"]


def test_an_end_ends_the_waiting_an_error_does_not(library: Library) -> None:
    machine, ends = ServiceMaker("liuhe"), list[str]()
    machine.start()
    waiting = threading.Thread(target=lambda: ends.append(machine.wait()))
    waiting.start()
    for kind in ("state", "error", "error"):
        library.playing.post(kind)
    waiting.join(0.1)
    assert waiting.is_alive()
    library.playing.post("eos")
    waiting.join(5)
    assert ends == ["eos"]


def test_a_pipeline_that_does_not_play_is_told_from_one_that_ended(library: Library) -> None:
    library.plays = False
    machine = ServiceMaker("liuhe")
    machine.start()
    assert machine.wait() == "error"


def test_the_gate_and_smart_record_are_set_by_name(library: Library) -> None:
    machine = ServiceMaker("liuhe")
    machine.set(GATE, {"drop": False})
    machine.record("camera-1", 10, 30)
    machine.stop()
    assert library.calls == [
        ("set", "gate", {"drop": False}),
        ("record", "camera-1", 10, 30),
        ("stop",),
    ]


def test_each_observation_is_recorded_not_only_a_camera_s_first(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr(servicemaker, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    machine = ServiceMaker("liuhe")
    asked = ((0.0, 0), (0.0, 1), (5.0, 0), (30.0, 0), (40.0, 0), (90.0, 0), (95.0, 1))
    for at, camera in asked:
        clock[0] = 100.0 + at
        machine.record(f"camera-{camera}", 10, 20)
    recorded = [call[1] for call in library.calls]
    assert recorded == ["camera-0", "camera-1", "camera-0", "camera-0", "camera-1"]


def test_without_deepstream_a_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyservicemaker", None)
    with pytest.raises(MissingError, match="DeepStream container"):
        ServiceMaker("liuhe")


def test_a_graph_with_a_slip_is_refused_before_anything_is_built(library: Library) -> None:
    made = graph("rtsp://camera/1")
    twice = Graph(nodes=made.nodes * 2, links=made.links, files={})
    with pytest.raises(PropertyError, match="one name"):
        build(ServiceMaker("liuhe"), twice)
    assert library.calls == []
