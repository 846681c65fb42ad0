"""A stand-in for pyservicemaker on real GStreamer: NVIDIA's elements by name and properties only.

Building, linking, pads that come later, the bus, EOS, errors and stopping are GStreamer's own.
What flows are tiny test pictures; objects in them come from `World`. The mux makes batches by the
rules of NVIDIA's new one and nvinfer looks at every so many of them. Nothing here says anything of
throughput, GPU memory, track ids or engines.

How NVIDIA's side behaves is taken from github.com/NVIDIA/DeepStream, read and not run:

- An error on the bus is printed, and waiting goes on; a pipeline that cannot play ends the waiting
  without a word: `bus_call` and `Pipeline::run` in src/service-maker/sources/core/src/pipeline.cpp,
  f9f00ae5.
- nvinfer looks at every n-th batch, whoever is in it: `gst_nvinfer_process_full_frame` in
  src/gst-plugins/gst-nvinfer/gstnvinfer.cpp, 590d6475.
- Behind an RTSP camera no end is heard: `rtspsrc_monitor_probe_func` in
  src/gst-plugins/gst-nvurisrcbin/gstdsnvurisrcbin.cpp, 0e05420b.
- nvvideoconvert scales the boxes with the picture and leaves the frame's sizes alone: `update_meta`
  and `scale_object` in src/gst-plugins/gst-nvvideoconvert/gstnvvideoconvert.c, f9f00ae5.
"""

import itertools
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import numpy as np

from gpu.deepstream import configs
from gpu.deepstream.table import Property, elements

SYSTEM = "/usr/lib/python3/dist-packages"  # PyGObject is a package of the system


class Unfit(ImportError):
    """The system's PyGObject is for another Python than this one."""


def load() -> Any:
    """GStreamer's module; raises ImportError where PyGObject or GStreamer is not there."""
    if not Path(SYSTEM, "gi").is_dir():
        raise ImportError(
            "apt-get install python3-gi gir1.2-gstreamer-1.0 gstreamer1.0-plugins-base"
        )
    if SYSTEM not in sys.path:
        sys.path.append(SYSTEM)
    try:
        import gi
    except ImportError as error:
        raise Unfit(f"python3-gi is for the system's own Python: {error}") from None
    gi.require_version("Gst", "1.0")
    gi.require_version("GstBase", "1.0")
    from gi.repository import Gst

    Gst.init(None)
    return Gst


Objects = Callable[[int, int], list[tuple[int, int, float, tuple[float, float, float, float]]]]


class World:
    """What cameras show: `objects(pad, number)` are (id, class, score, box in parts)."""

    def __init__(self, objects: Objects | None = None, size: tuple[int, int] = (160, 90)) -> None:
        self.objects: Objects = objects or (lambda pad, number: [])
        self.width, self.height = size

    def metadata(self, frames: Sequence[tuple[int, int]], *, looked: bool = True) -> Any:
        """As NVIDIA's: attributes, and iterators that work once. `looked`: nvinfer did."""
        made = [self.frame(*each, slot, looked) for slot, each in enumerate(frames)]
        return SimpleNamespace(frame_items=iter(made))

    def frame(self, pad: int, number: int, slot: int = 0, looked: bool = True) -> Any:
        objects = [self._object(*each) for each in self.objects(pad, number)]
        for each in objects if not looked else ():
            each.confidence = -0.1  # as NvDCF says of what it follows without a detection
        return SimpleNamespace(
            pad_index=pad,
            batch_id=slot,
            frame_number=number,
            pipeline_width=0,
            pipeline_height=0,
            source_width=self.width,
            source_height=self.height,
            object_items=iter(objects),
        )

    def _object(self, number: int, kind: int, score: float, box: Any) -> Any:
        x1, y1, x2, y2 = box
        rect = SimpleNamespace(
            left=x1 * self.width,
            top=y1 * self.height,
            width=(x2 - x1) * self.width,
            height=(y2 - y1) * self.height,
        )
        return SimpleNamespace(
            object_id=number,
            class_id=kind,
            confidence=score,
            tracker_confidence=0.4,
            rect_params=rect,
        )


class FakeBuffer:
    """As pyservicemaker's behind nvvideoconvert: metadata, and a picture by its place in the batch.

    All pictures are of one size, whatever the cameras' is.
    """

    def __init__(self, metadata: Any, size: tuple[int, int] = (128, 72)) -> None:
        self.width, self.height = size
        frames = [self._scaled(frame) for frame in metadata.frame_items]
        self.batch_meta = SimpleNamespace(frame_items=iter(frames))

    def extract(self, batch_id: int) -> Any:
        return np.full((self.height, self.width, 3), 90 + batch_id, np.uint8)

    def _scaled(self, frame: Any) -> Any:
        across, down = self.width / frame.source_width, self.height / frame.source_height
        objects = list(frame.object_items)
        for rect in (each.rect_params for each in objects):
            rect.left, rect.width = rect.left * across, rect.width * across
            rect.top, rect.height = rect.top * down, rect.height * down
        frame.object_items = iter(objects)
        return frame


class GstMachine:
    """`Machine` on GStreamer; NVIDIA's elements are classes of ours."""

    def __init__(self, world: World | None = None) -> None:
        self.gst = load()
        self.world = world or World()
        self.pipeline = self.gst.Pipeline.new(None)
        self.error = ""
        self._stopped = threading.Event()
        self._ended = "error"
        self._running = threading.Thread(target=self._run, daemon=True)

    def add(self, element: str, name: str, properties: Mapping[str, Any]) -> None:
        kind = kinds(self.gst).get(element)
        made = kind() if kind else self.gst.ElementFactory.make(element, name)
        assert made is not None, f"no element {element}"
        made.set_property("name", name)
        for key, value in properties.items():
            if key == "caps":
                value = self.gst.Caps.from_string(value)
            made.set_property(key, value)
        self.pipeline.add(made)

    def link(self, source: str, sink: str, pads: tuple[str, str]) -> None:
        """As pyservicemaker does: a template asks for a pad, or waits for it to appear."""
        a, b = self.element(source), self.element(sink)
        out, into = pads
        if out.endswith("%u"):
            a.connect("pad-added", lambda _, pad: self._join(pad, b, into))
            return
        self._join(a.get_static_pad(out or "src"), b, into)

    def _join(self, pad: Any, sink: Any, into: str) -> None:
        assert pad is not None, "no such pad"
        if into.endswith("%u"):
            target = sink.request_pad_simple(into)
        else:
            target = sink.get_static_pad(into or "sink")
        assert target is not None, f"{sink.get_name()} has no pad {into!r}"
        answer = pad.link(target)
        assert answer == self.gst.PadLinkReturn.OK, f"{pad.get_name()}: {answer}"

    def watch_metadata(self, name: str, take: Callable[[Any], None]) -> None:
        self._probe(name, take)

    def watch_buffers(self, name: str, take: Callable[[Any], None]) -> None:
        self._probe(name, lambda metadata: take(FakeBuffer(metadata)))

    def _probe(self, name: str, call: Callable[[Any], None]) -> None:
        mux, infer = self.element("mux"), self.element("infer")

        def seen(_: Any, info: Any) -> Any:
            batch = info.get_buffer().offset
            call(self.world.metadata(mux.batches[batch], looked=batch in infer.looked))
            return self.gst.PadProbeReturn.OK

        self.element(name).get_static_pad("src").add_probe(self.gst.PadProbeType.BUFFER, seen)

    def set(self, name: str, properties: Mapping[str, Any]) -> None:
        for key, value in properties.items():
            self.element(name).set_property(key, value)

    def record(self, name: str, before: int, after: int) -> None:
        source = self.element(name)
        folder, prefix = (
            source.get_property(f"smart-rec-{each}") for each in ("dir-path", "file-prefix")
        )
        Path(folder, f"{prefix}_-1_00000.mp4").write_bytes(b"an original")

    def start(self) -> None:
        self._running.start()

    def wait(self) -> str:
        self._running.join(60)
        assert not self._running.is_alive(), "neither an end nor a stop came"
        return self._ended

    def _run(self) -> None:
        answer = self.pipeline.set_state(self.gst.State.PLAYING)
        if answer == self.gst.StateChangeReturn.FAILURE:
            return
        kinds = self.gst.MessageType.EOS | self.gst.MessageType.ERROR
        bus = self.pipeline.get_bus()
        while not self._stopped.is_set():
            message = bus.timed_pop_filtered(50 * self.gst.MSECOND, kinds)
            if message is not None and message.type == self.gst.MessageType.EOS:
                self._ended = "eos"
                return
            if message is not None:
                self.error = str(message.parse_error()[0].message)

    def stop(self) -> None:
        self._stopped.set()
        if self._running.is_alive():
            self._running.join()
        self.pipeline.set_state(self.gst.State.NULL)

    def element(self, name: str) -> Any:
        found = self.pipeline.get_by_name(name)
        assert found is not None, f"no element is called {name}"
        return found


@cache
def kinds(gst: Any) -> Mapping[str, Any]:
    """NVIDIA's elements, as classes; GLib knows each type once in a process."""
    made = {
        "nvurisrcbin": _source,
        "nvstreammux": _mux,
        "nvinfer": _infer,
        "nvtracker": _through,
        "nvvideoconvert": _convert,
    }
    return {name: make(gst, name) for name, make in made.items()}


def _properties(name: str) -> dict[str, Any]:
    """The table's, as GObject declares them: an unknown name or a wrong value is refused."""
    from gi.repository import GObject

    flags = GObject.ParamFlags.READWRITE

    def declared(one: Property) -> tuple[Any, ...]:
        if one.kind == "bool":
            return (bool, "", "", False, flags)
        if one.kind == "str":
            return (str, "", "", "", flags)
        low, high = (0, max(one.values.values())) if one.kind == "enum" else (one.low, one.high)
        kind = GObject.TYPE_UINT64 if high > 0xFFFFFFFF else GObject.TYPE_INT64
        return (kind, "", "", low, high, low, flags)

    return {key: declared(one) for key, one in elements()[name].items()}


def _kept(base: Any, gst: Any, name: str, extra: Mapping[str, Any]) -> Any:
    """A class with the table's properties, each kept in a dictionary."""

    def get(self: Any, spec: Any) -> Any:
        return self.__dict__.setdefault("values", {}).get(spec.name, spec.default_value)

    def put(self: Any, spec: Any, value: Any) -> None:
        self.__dict__.setdefault("values", {})[spec.name] = value

    any_caps = gst.Caps.new_any()
    always, request, sometimes = (
        gst.PadPresence.ALWAYS,
        gst.PadPresence.REQUEST,
        gst.PadPresence.SOMETIMES,
    )
    sink, src = gst.PadDirection.SINK, gst.PadDirection.SRC
    pads = {
        "nvurisrcbin": [("vsrc_%u", src, sometimes)],
        "nvstreammux": [("sink_%u", sink, request), ("src", src, always)],
    }.get(name, [("sink", sink, always), ("src", src, always)])
    kind: Any = type(
        f"Fake_{name}",
        (base,),
        {
            "__gproperties__": _properties(name),
            "do_get_property": get,
            "do_set_property": put,
            **extra,
        },
    )
    kind.set_metadata(name, "Generic", "a stand-in", "tests")
    for pad in pads:
        kind.add_pad_template(gst.PadTemplate.new(*pad, any_caps))
    return kind


def _source(gst: Any, name: str) -> Any:
    """Ten milliseconds a picture, or fps=N. The address says what happens:

    frames=N then the end; freeze=N then nothing; error=N: the pipeline breaks on it; late=S before
    the pad; never: no answer; refuse: the pipeline does not start.
    """

    def started(self: Any, change: Any) -> Any:
        if "refuse" in _wishes(self.get_property("uri")):
            return gst.StateChangeReturn.FAILURE
        answer = gst.Bin.do_change_state(self, change)
        if change == gst.StateChange.READY_TO_PAUSED:
            threading.Thread(target=appear, args=(self,), daemon=True).start()
            return gst.StateChangeReturn.NO_PREROLL
        return answer

    def appear(self: Any) -> None:
        wanted = _wishes(self.get_property("uri"))
        time.sleep(wanted.get("late", 0.0))
        if "never" in wanted:
            return
        # A child that joins between two states of its bin can be left behind in the first.
        limit = time.monotonic() + 20
        while self.current_state != gst.State.PLAYING and time.monotonic() < limit:
            time.sleep(0.001)
        test = gst.ElementFactory.make("videotestsrc", None)
        test.set_property("is-live", True)
        test.set_property("num-buffers", int(wanted.get("frames", -1)))
        size = gst.ElementFactory.make("capsfilter", None)
        rate = int(wanted.get("fps", 100))
        caps = f"video/x-raw,width=16,height=16,framerate={rate}/1,format=RGB"
        size.set_property("caps", gst.Caps.from_string(caps))
        for each in (test, size):
            each.set_locked_state(True)  # until it is linked, whatever the pipeline does meanwhile
            self.add(each)
        test.link(size)
        pad = gst.GhostPad.new_from_template(
            "vsrc_0", size.get_static_pad("src"), self.get_pad_template("vsrc_%u")
        )
        pad.set_active(True)
        count = itertools.count(1)

        def passing(_: Any, info: Any) -> Any:
            number = next(count)
            if number > wanted.get("freeze", 1e9):
                return gst.PadProbeReturn.DROP
            if number == wanted.get("error", 0):
                self.get_parent().get_by_name("infer").broken = True
            return gst.PadProbeReturn.OK

        def heard(_: Any, info: Any) -> Any:
            over = info.get_event().type == gst.EventType.EOS
            return gst.PadProbeReturn.DROP if over else gst.PadProbeReturn.OK

        pad.add_probe(gst.PadProbeType.BUFFER, passing)
        if self.get_property("uri").startswith("rtsp://"):
            pad.add_probe(gst.PadProbeType.EVENT_DOWNSTREAM, heard)
        self.add_pad(pad)
        for each in (size, test):
            each.set_locked_state(False)
            each.sync_state_with_parent()

    return _kept(gst.Bin, gst, name, {"do_change_state": started})


def _wishes(address: str) -> dict[str, float]:
    text = unquote(address).rpartition("/")[2].partition("?")[0].removesuffix(".mp4")
    pairs = (part.partition("=") for part in text.split("&") if part)
    return {key: float(value or 1) for key, _, value in pairs}


def _mux(gst: Any, name: str) -> Any:
    """Batches as NVIDIA's new mux makes them, with adaptive batching; ends when all pads have.

    One frame of each pad that has not ended. Who is missing is waited for until so long after the
    last batch as `overall-min-fps` says; meanwhile a pad holds a batch's worth of frames, then
    blocks whoever brings more.
    """

    def init(self: Any) -> None:
        gst.Element.__init__(self)
        self.out = gst.Pad.new_from_template(self.get_pad_template("src"), "src")
        self.add_pad(self.out)
        self.count, self.begun, self.playing = itertools.count(), False, True
        self.waiting: dict[int, deque[Any]] = {}  # of each pad that has not ended
        self.over: set[int] = set()  # ended, but frames of it still wait
        self.numbers: Counter[int] = Counter()
        self.batches: dict[int, list[tuple[int, int]]] = {}
        self.guard = threading.Condition()

    def request(self: Any, template: Any, wanted: Any, caps: Any) -> Any:
        number = next(self.count)
        pad = gst.Pad.new_from_template(template, f"sink_{number}")
        pad.set_chain_function_full(lambda pad, _, buffer: chain(self, number, buffer), None)
        pad.set_event_function_full(lambda pad, _, event: happened(self, number, event), None)
        pad.set_active(True)
        self.add_pad(pad)
        self.waiting[number] = deque()
        return pad

    def changed(self: Any, change: Any) -> Any:
        if change == gst.StateChange.READY_TO_PAUSED:
            threading.Thread(target=push, args=(self,), daemon=True).start()
        elif change == gst.StateChange.PAUSED_TO_READY:
            with self.guard:
                self.playing = False
                self.guard.notify_all()
        return gst.Element.do_change_state(self, change)

    def chain(self: Any, number: int, buffer: Any) -> Any:
        with self.guard:
            queue = self.waiting[number]
            self.guard.wait_for(lambda: not self.playing or len(queue) < len(self.waiting))
            if not self.playing:
                return gst.FlowReturn.FLUSHING
            queue.append(buffer)
            self.guard.notify_all()
            return gst.FlowReturn.OK

    def happened(self: Any, number: int, event: Any) -> bool:
        with self.guard:
            if event.type == gst.EventType.EOS:
                self.over.add(number)
                self.guard.notify_all()
            elif event.type == gst.EventType.SEGMENT and not self.begun:
                self.begun = True
                self.out.push_event(gst.Event.new_stream_start("batch"))
                caps = gst.Caps.from_string("video/x-raw(memory:NVMM),width=16,height=16")
                self.out.push_event(gst.Event.new_caps(caps))
                self.out.push_event(event)
            return True

    def push(self: Any) -> None:
        text = Path(self.get_property("config-file-path")).read_text()
        rows = configs.read_ini(text, configs.MUX)["property"]
        longest = int(rows["overall-min-fps-d"]) / int(rows["overall-min-fps-n"])
        last = time.monotonic()
        for batch in itertools.count():
            with self.guard:
                while not ready(self, last + longest):
                    left = last + longest - time.monotonic()
                    self.guard.wait(left if left > 0 else None)
                if not self.playing:
                    return
                taken = [(pad, queue.popleft()) for pad, queue in self.waiting.items() if queue]
                for pad in [pad for pad in self.over if not self.waiting.get(pad)]:
                    self.waiting.pop(pad, None)
                ended = not self.waiting
                self.batches[batch] = [(pad, self.numbers[pad]) for pad, _ in taken]
                self.numbers.update(pad for pad, _ in taken)
                self.batches.pop(batch - 1000, None)
                self.guard.notify_all()
            last = time.monotonic()
            if taken:
                marked = taken[0][1].copy()
                marked.offset = batch
                if self.out.push(marked) != gst.FlowReturn.OK:
                    return
            if ended:
                self.out.push_event(gst.Event.new_eos())
                return

    def ready(self: Any, due: float) -> bool:
        full = all(queue or pad in self.over for pad, queue in self.waiting.items())
        late = time.monotonic() >= due and any(self.waiting.values())
        return full or late or not self.playing

    extra = {"__init__": init, "do_request_new_pad": request, "do_change_state": changed}
    return _kept(gst.Element, gst, name, extra)


def _infer(gst: Any, name: str) -> Any:
    """Looks at every so many batches, as its file's `interval` says, whoever is in them."""

    def init(self: Any) -> None:
        _piped(gst, lambda event: event, lambda buffer: counted(self, buffer))(self)
        self.count, self.every, self.looked = itertools.count(), 0, set()
        self.broken = False

    def counted(self: Any, buffer: Any) -> bool:
        if self.broken:
            from gi.repository import GLib

            error = GLib.Error.new_literal(gst.stream_error_quark(), "broken stream", 1)
            self.post_message(gst.Message.new_error(self, error, "as asked"))
            return False
        if not self.every:
            text = Path(self.get_property("config-file-path")).read_text()
            self.every = int(configs.read_ini(text, configs.INFER)["property"]["interval"]) + 1
        if next(self.count) % self.every == 0:
            self.looked.add(buffer.offset)
        return True

    return _kept(gst.Element, gst, name, {"__init__": init})


def _through(gst: Any, name: str) -> Any:
    return _kept(gst.Element, gst, name, {"__init__": _piped(gst, lambda event: event)})


def _convert(gst: Any, name: str) -> Any:
    """To what `graph.PICTURE` asks for."""

    def turned(event: Any) -> Any:
        if event.type != gst.EventType.CAPS:
            return event
        text = "video/x-raw(memory:NVMM),format=RGB,width=1280,height=720"
        return gst.Event.new_caps(gst.Caps.from_string(text))

    return _kept(gst.Element, gst, name, {"__init__": _piped(gst, turned)})


def _piped(
    gst: Any, turned: Callable[[Any], Any], seen: Callable[[Any], bool] = lambda buffer: True
) -> Any:
    """`seen` says whether the element could do its work."""

    def init(self: Any) -> None:
        gst.Element.__init__(self)
        self.into = gst.Pad.new_from_template(self.get_pad_template("sink"), "sink")
        self.out = gst.Pad.new_from_template(self.get_pad_template("src"), "src")

        def chain(_pad: Any, _parent: Any, buffer: Any) -> Any:
            return self.out.push(buffer) if seen(buffer) else gst.FlowReturn.ERROR

        self.into.set_chain_function_full(chain, None)
        self.into.set_event_function_full(
            lambda _pad, _parent, event: self.out.push_event(turned(event)), None
        )
        self.add_pad(self.into)
        self.add_pad(self.out)

    return init


PERSON, CAR = 0, 2  # as the bundled model's manifest numbers them


def parked(name: str) -> GstMachine:
    """In front of each camera stands a car, and somebody walks by now and then."""

    def objects(pad: int, number: int) -> list[Any]:
        car = (1, CAR, 0.9, (0.4, 0.4, 0.6, 0.6))
        step = (number % 50) / 60
        person = (2 + number // 50, PERSON, 0.8, (step, 0.1, step + 0.05, 0.3))
        return [car, person] if number % 100 < 50 else [car]

    return GstMachine(World(objects))
