"""One network: a picture in, what is seen in it out."""

import os
import statistics
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import openvino as ov
from av import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from gpu.cpu.decoders import Floats, decode, misfit
from gpu.geometry import area, clipped
from gpu.manifests import Input, Model, ModelError
from gpu.pipeline import FAINTEST, Seen
from gpu.scaling import pixels_of

GREY = 114  # what letterboxes are filled with, as in YOLOX's training
AT_ONCE = min(os.cpu_count() or 1, 16)  # computations, each on one thread


class Prepared(NamedTuple):
    """What a network takes, and the part of its width and height that the picture fills."""

    tensor: Floats
    used: tuple[float, float]


class Network:
    """Any number of threads may call `look` at once; each call computes on its own thread.

    One thread for each call and several calls at a time use the cores better than one call on
    several threads; and one compiled network for all of them keeps the weights in memory once.

    `exact`: in 32 bits, with the same result on every machine. Otherwise in 16 where the processor
    computes faster in them; that changes less than a grey level of noise in the picture does.
    """

    def __init__(self, model: Model, *, exact: bool = False) -> None:
        self.model = model
        self._took: deque[float] = deque(maxlen=64)
        self._compiled = _compiled(model, exact)
        self._asking = threading.local()  # each thread asks with a request of its own
        self._try_out()

    @property
    def precision(self) -> str:
        """What it computes in: "f32", "bf16" or "f16"."""
        return str(self._compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name())

    @property
    def milliseconds(self) -> float | None:
        """How long a picture took lately; None before the first."""
        took = tuple(self._took)
        return round(statistics.median(took) * 1000, 1) if took else None

    def prepare(self, picture: VideoFrame, tools: VideoReformatter) -> Prepared:
        """The picture as the network takes it. `tools` belongs to the calling thread."""
        wanted = self.model.manifest.input
        return Prepared(tensor(picture, wanted, tools), _used(picture, wanted))

    def look(self, prepared: Prepared) -> tuple[Seen, ...]:
        """All objects with a score from FAINTEST up."""
        started = time.perf_counter()
        seen = seen_in(self.run(prepared.tensor), self.model, prepared.used)
        self._took.append(time.perf_counter() - started)
        return seen

    def find(self, pixels: NDArray[np.uint8]) -> tuple[Seen, ...]:
        """As `blur` wants it; for who has a network of one's own."""
        picture = VideoFrame.from_ndarray(pixels, format="rgb24")
        return self.look(self.prepare(picture, VideoReformatter()))

    def run(self, tensor: Floats) -> list[Floats]:
        """The outputs that the manifest names, in its order."""
        manifest = self.model.manifest
        found = self._request().infer({manifest.input.name: tensor}, share_inputs=True)
        return [found[name] for name in manifest.output.names]

    def _request(self) -> ov.InferRequest:
        if not hasattr(self._asking, "request"):
            self._asking.request = self._compiled.create_infer_request()
        request: ov.InferRequest = self._asking.request
        return request

    def _try_out(self) -> None:
        """Say now what would otherwise fail with each frame."""
        path = self.model.path
        try:
            outputs = self.run(np.zeros(_shape(self.model.manifest.input), np.float32))
        except Exception as error:  # as in _read
            raise ModelError(f"{path}: it cannot run ({_reason(error)}); export it anew.") from None
        if any(each.dtype != np.float32 for each in outputs):
            kinds = [str(each.dtype) for each in outputs]
            raise ModelError(f"{path}: its outputs are {kinds}; export them as float32.")
        if why := misfit(outputs, self.model.manifest, len(self.model.labels)):
            raise ModelError(f"{path}: {why}; correct the manifest or export it anew.")


def seen_in(
    outputs: Sequence[Floats], model: Model, used: tuple[float, float] = (1.0, 1.0)
) -> tuple[Seen, ...]:
    """What a network's outputs say of a picture that fills so much of its width and height."""
    names = dict(model.objects)
    least = min(FAINTEST, model.manifest.output.keep)
    found = decode(outputs, model.manifest, list(names), least)
    boxes = (clipped(box.tolist()) for box in found.boxes / np.array(used * 2, np.float32))
    rows = zip(boxes, found.scores, found.classes, strict=True)
    return tuple(
        Seen(object=names[int(number)], score=min(float(score), 1.0), box=box)
        for box, score, number in rows
        if area(box) > 0
    )


def tensor(picture: VideoFrame, wanted: Input, tools: VideoReformatter) -> Floats:
    """The picture as the network takes it, scaled straight to its size."""
    across, down = _used(picture, wanted)
    width, height = round(wanted.width * across), round(wanted.height * down)
    pixels = pixels_of(picture, width, height, tools, wanted.colours)
    if (width, height) != (wanted.width, wanted.height):
        canvas = np.full((wanted.height, wanted.width, 3), GREY, np.uint8)
        canvas[:height, :width] = pixels
        pixels = canvas
    values = pixels.astype(np.float32) * np.float32(wanted.scale) + np.float32(wanted.shift)
    if wanted.layout == "NCHW":
        values = np.ascontiguousarray(values.transpose(2, 0, 1))
    return values[None]


def _used(picture: VideoFrame, wanted: Input) -> tuple[float, float]:
    """The part of the input's width and height that the picture fills."""
    if wanted.fit == "stretch":
        return 1.0, 1.0
    scale = min(wanted.width / picture.width, wanted.height / picture.height)
    return picture.width * scale / wanted.width, picture.height * scale / wanted.height


def _compiled(model: Model, exact: bool) -> ov.CompiledModel:
    network, wanted = _read(model), model.manifest.input
    _check(network, model)
    options: dict[str, object] = {"INFERENCE_PRECISION_HINT": "f32"} if exact else {}
    options |= {
        "INFERENCE_NUM_THREADS": AT_ONCE,
        "NUM_STREAMS": AT_ONCE,
        "ENABLE_CPU_PINNING": False,  # the cores are decoding, too
    }
    try:
        network.reshape({wanted.name: ov.PartialShape(_shape(wanted))})
        return ov.Core().compile_model(network, "CPU", options)
    except Exception as error:  # as in _read
        raise ModelError(
            f"{model.path}: it cannot run ({_reason(error)}); export it anew."
        ) from None


def _read(model: Model) -> ov.Model:
    try:
        return ov.Core().read_model(model.path)
    except Exception as error:  # OpenVINO raises RuntimeError for whatever is the matter
        raise ModelError(
            f"{model.path}: OpenVINO cannot load this model ({_reason(error)}); export it anew."
        ) from None


def _check(network: ov.Model, model: Model) -> None:
    """Whether the manifest speaks of this network."""
    wanted = model.manifest
    inputs = [_named(each) for each in network.inputs]
    if inputs != [wanted.input.name]:
        hint = "; export it without its postprocessor" if len(inputs) > 1 else ""
        raise ModelError(
            f"{model.path}: its inputs are {inputs}, not [{wanted.input.name!r}]{hint}."
        )
    outputs = [_named(each) for each in network.outputs]
    for name in wanted.output.names:
        if name not in outputs:
            raise ModelError(f"{model.path}: it has no output {name!r}; its outputs are {outputs}.")
    fixed, shape = network.input().get_partial_shape(), ov.PartialShape(_shape(wanted.input))
    if not fixed.compatible(shape):
        raise ModelError(f"{model.path}: it takes {fixed}, and the manifest says {shape}.")


def _shape(wanted: Input) -> list[int]:
    size = [wanted.height, wanted.width]
    return [1, *size, 3] if wanted.layout == "NHWC" else [1, 3, *size]


def _named(port: ov.Output) -> str:
    return port.get_any_name() if port.get_names() else ""


def _reason(error: Exception) -> str:
    """The first line that is not about where in OpenVINO's own source it happened."""
    lines = [line.strip() for line in str(error).splitlines()]
    told = [line for line in lines if line and not line.startswith("Exception from ")]
    return (told or [type(error).__name__])[0][:200]
