"""An engine that fits this machine, built when there is none."""

from gpu.deepstream import engines, networks
from gpu.deepstream.spec import Network, Settings
from gpu.manifests import Model


def have_engine(model: Model, network: Network, cameras: int, settings: Settings) -> bool:
    """Build it if it is missing or stale; whether it was. Raises EngineError."""
    trt = engines.tensorrt()
    name = engines.gpu_name(settings.gpu)
    wanted = engines.key(trt, network.onnx, name, cameras, settings.precision)
    if engines.is_current(network.engine, wanted):
        return False
    typed = networks.is_typed(model)
    engines.build(trt, network.onnx, network.engine, wanted, typed=typed)
    return True
