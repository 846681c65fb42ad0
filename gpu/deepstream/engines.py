"""From ONNX to a TensorRT engine for 1 to n pictures at a time; for TensorRT 10 and 11.

An engine fits one graph, one TensorRT, one GPU, one batch and one precision: what it was built for
lies beside it, and whatever has changed since means that it is built anew.
"""

import hashlib
import importlib
import json
import logging
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpu.disk import write_whole
from gpu.wire import Message

log = logging.getLogger(__name__)

WORKSPACE = 1 << 30  # bytes that may be used while an engine is built
Adjust = Callable[[Any, Any], None]


class EngineError(RuntimeError):
    """No engine can be built; the sentence says what to do."""


class MissingTools(EngineError):
    """TensorRT or the driver's tool is not there."""


@dataclass(frozen=True, kw_only=True)
class Key(Message):
    onnx: str
    tensorrt: str
    gpu: str
    batch: int
    precision: str


def tensorrt() -> Any:
    """NVIDIA's module; raises MissingTools."""
    try:
        return importlib.import_module("tensorrt")
    except ImportError as error:
        raise MissingTools(
            f"tensorrt cannot be imported ({error}); run this in NVIDIA's DeepStream container."
        ) from None


def gpu_name(number: int) -> str:
    """What the driver calls it, with its compute capability; raises MissingTools."""
    command = ["nvidia-smi", "-i", str(number), "--format=csv,noheader"]
    try:
        done = subprocess.run(  # noqa: S603
            [*command, "--query-gpu=name,compute_cap"],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise MissingTools(
            f"nvidia-smi names no GPU {number} ({error}); install the driver, and start the "
            "container with --gpus all."
        ) from None
    return done.stdout.strip()


def key(trt: Any, onnx: Path, gpu: str, batch: int, precision: str) -> Key:
    return Key(
        onnx=hashlib.sha256(onnx.read_bytes()).hexdigest(),
        tensorrt=str(trt.__version__),
        gpu=gpu,
        batch=batch,
        precision=precision,
    )


def is_current(engine: Path, wanted: Key) -> bool:
    try:
        return engine.is_file() and Key.from_json(_note(engine).read_text("utf-8")) == wanted
    except (OSError, ValueError):
        return False


def build(
    trt: Any, onnx: Path, engine: Path, wanted: Key, *, typed: bool, adjust: Adjust | None = None
) -> None:
    """Build and write the engine; raises EngineError. `typed`: the graph says its own precision.

    `adjust` may change builder and configuration before the work begins.
    """
    logger = trt.Logger(trt.Logger.WARNING)
    builder = trt.Builder(logger)
    loose = not typed and wanted.precision == "fp16" and hasattr(trt.BuilderFlag, "FP16")
    strict = 1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED)
    network = builder.create_network(0 if loose else strict)
    _parse(trt, network, logger, onnx)
    config = builder.create_builder_config()
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, WORKSPACE)
    if loose:
        config.set_flag(trt.BuilderFlag.FP16)
    config.add_optimization_profile(_profile(builder, network, wanted.batch, onnx))
    cache = _timing(config, onnx.parent / f"timing-{wanted.tensorrt}.cache")
    if adjust is not None:
        adjust(builder, config)
    log.info("building %s; this takes minutes", engine.name)
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise EngineError(f"TensorRT could build no engine from {onnx}; see what it said above.")
    write_whole(engine, bytes(plan))
    write_whole(_note(engine), json.dumps(wanted.to_json(), indent=1).encode())
    if (times := config.get_timing_cache()) is not None:
        write_whole(cache, bytes(times.serialize()))


def _parse(trt: Any, network: Any, logger: Any, onnx: Path) -> None:
    parser = trt.OnnxParser(network, logger)
    if not parser.parse(onnx.read_bytes()):
        said = "; ".join(str(parser.get_error(i).desc()) for i in range(parser.num_errors))
        raise EngineError(f"TensorRT cannot read {onnx}: {said[:400]}")


def _profile(builder: Any, network: Any, batch: int, onnx: Path) -> Any:
    """From one picture to a whole batch, at its best with a whole one."""
    profile = builder.create_optimization_profile()
    for number in range(network.num_inputs):
        entry = network.get_input(number)
        first, *rest = tuple(entry.shape)
        if any(side < 1 for side in rest) or (first > 0 and first != batch):
            raise EngineError(
                f"{onnx}: its input {entry.name!r} is {(first, *rest)}; export it with a free "
                "number of pictures and a fixed size."
            )
        low = (batch if first > 0 else 1, *rest)
        profile.set_shape(entry.name, low, (batch, *rest), (batch, *rest))
    return profile


def _timing(config: Any, path: Path) -> Path:
    """What was measured for one engine helps the next."""
    known = path.read_bytes() if path.is_file() else b""
    cache = config.create_timing_cache(known)
    if cache is None:  # of another make
        cache = config.create_timing_cache(b"")
    config.set_timing_cache(cache, False)
    return path


def _note(engine: Path) -> Path:
    return engine.with_name(f"{engine.name}.json")
