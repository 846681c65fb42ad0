"""An engine that fits this machine, built when there is none."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from gpu.deepstream import engines, networks
from gpu.deepstream.locking import locked
from gpu.deepstream.spec import Network, Settings
from gpu.manifests import Model


def have_engine(model: Model, network: Network, cameras: int, settings: Settings) -> Network:
    """The network with an engine for at least so many cameras; raises EngineError.

    One that was built for more cameras does for fewer, and takes no minutes. Of several processes
    one builds, and the others wait for it.
    """
    trt = engines.tensorrt()
    name = engines.gpu_name(settings.gpu)
    with locked(network.onnx.parent):
        wanted = engines.key(trt, network.onnx, name, cameras, settings.precision)
        for batch, path in _there(network, cameras, settings):
            if engines.is_current(path, replace(wanted, batch=batch)):
                return replace(network, engine=path)
        typed = networks.is_typed(model)
        engines.build(trt, network.onnx, network.engine, wanted, typed=typed)
        return network


def _there(network: Network, cameras: int, settings: Settings) -> Iterator[tuple[int, Path]]:
    """Engines for so many cameras or more, the smallest first; they may be stale."""
    start, _, end = networks.engine_path(network.onnx, 0, settings).name.rpartition("_b0_")
    name = re.compile(f"{re.escape(start)}_b(\\d+)_{re.escape(end)}")
    matches = ((name.fullmatch(path.name), path) for path in network.onnx.parent.iterdir())
    found = sorted((int(match[1]), path) for match, path in matches if match)
    yield from (each for each in found if each[0] >= cameras)
