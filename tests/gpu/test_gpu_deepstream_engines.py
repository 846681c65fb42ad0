"""TensorRT engines: how both TensorRT's are asked, and a real build where tensorrt-rtx is there.

Stand-ins have the names that TensorRT 10.16 and 11 have, and no others: what 11 has dropped is
missing there. tensorrt-rtx (95 MB) parses and builds without a GPU; nvinfer loads none of that.
"""

import multiprocessing
import stat
import sys
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import pytest

from gpu.deepstream import engines, networks
from gpu.deepstream.building import have_engine
from gpu.deepstream.engines import EngineError
from gpu.deepstream.spec import Settings
from gpu.manifests import find


class Module:
    """TensorRT's names; 10 still has weak types and their flags."""

    def __init__(self, version: str, *, shape: tuple[int, ...] = (-1, 3, 300, 300)) -> None:
        self.__version__ = version
        self.said: dict[str, Any] = {}
        self.plan: bytes | None = b"plan"
        self.readable = True
        module, said = self, self.said
        old = version.startswith("10.")

        class Logger:
            WARNING = 2

            def __init__(self, level: int) -> None: ...

        class Builder:
            def __init__(self, logger: Logger) -> None: ...

            def create_network(self, flags: int) -> Any:
                said["flags"] = flags
                entry = SimpleNamespace(name="input", shape=shape)
                return SimpleNamespace(num_inputs=1, get_input=lambda number: entry)

            def create_builder_config(self) -> Any:
                return Config()

            def create_optimization_profile(self) -> Any:
                return SimpleNamespace(set_shape=lambda *shapes: said.update(profile=shapes))

            def build_serialized_network(self, network: Any, config: Any) -> bytes | None:
                return module.plan

        class Config:
            def set_memory_pool_limit(self, pool: str, size: int) -> None:
                assert pool == "workspace"

            def add_optimization_profile(self, profile: Any) -> None: ...

            def set_flag(self, flag: str) -> None:
                said["flag"] = flag

            def create_timing_cache(self, known: bytes) -> Any:
                said["timing"] = known
                return "cache"

            def set_timing_cache(self, cache: Any, ignore: bool) -> None: ...

            def get_timing_cache(self) -> Any:
                return SimpleNamespace(serialize=lambda: b"times")

        class OnnxParser:
            num_errors = 1

            def __init__(self, network: Any, logger: Logger) -> None: ...

            def parse(self, data: bytes) -> bool:
                return module.readable

            def get_error(self, number: int) -> Any:
                return SimpleNamespace(desc=lambda: "no such operator")

        self.Logger, self.Builder, self.OnnxParser = Logger, Builder, OnnxParser
        self.MemoryPoolType = SimpleNamespace(WORKSPACE="workspace")
        self.NetworkDefinitionCreationFlag = SimpleNamespace(STRONGLY_TYPED=1)
        self.BuilderFlag = SimpleNamespace(FP16="FP16") if old else SimpleNamespace()


@pytest.fixture
def onnx(tmp_path: Path) -> Path:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"graph")
    return path


def built(module: Module, onnx: Path, *, typed: bool, precision: str = "fp16") -> Path:
    engine = onnx.with_name("model.onnx_b4_gpu0_fp16.engine")
    key = engines.key(module, onnx, "NVIDIA L4, 8.9", 4, precision)
    engines.build(module, onnx, engine, key, typed=typed)
    assert engines.is_current(engine, key)
    return engine


@pytest.mark.parametrize("version", ["10.16.1.11", "11.0.0.5"])
def test_a_graph_that_says_its_types_is_built_strictly_by_both(version: str, onnx: Path) -> None:
    module = Module(version)
    engine = built(module, onnx, typed=True)
    assert engine.read_bytes() == b"plan"
    assert module.said["flags"] == 2, "strongly typed"
    assert "flag" not in module.said
    one, best, most = (1, 3, 300, 300), (4, 3, 300, 300), (4, 3, 300, 300)
    assert module.said["profile"] == ("input", one, best, most)


def test_only_10_can_halve_a_graph_that_does_not(onnx: Path) -> None:
    ten, eleven = Module("10.16.1.11"), Module("11.0.0.5")
    built(ten, onnx, typed=False)
    assert (ten.said["flags"], ten.said["flag"]) == (0, "FP16")
    built(eleven, onnx, typed=False)
    assert eleven.said["flags"] == 2
    assert "flag" not in eleven.said


def test_what_was_measured_helps_the_next_build_of_the_same_tensorrt(onnx: Path) -> None:
    built(Module("10.16.1.11"), onnx, typed=True)
    again, other = Module("10.16.1.11"), Module("11.0.0.5")
    built(again, onnx, typed=True)
    built(other, onnx, typed=True)
    assert (again.said["timing"], other.said["timing"]) == (b"times", b"")


def test_an_engine_is_built_anew_when_anything_has_changed(onnx: Path) -> None:
    module = Module("10.16.1.11")
    engine = built(module, onnx, typed=True)
    same = engines.key(module, onnx, "NVIDIA L4, 8.9", 4, "fp16")
    assert engines.is_current(engine, same)
    assert not engines.is_current(engine, engines.key(module, onnx, "NVIDIA A10, 8.6", 4, "fp16"))
    assert not engines.is_current(engine, engines.key(module, onnx, "NVIDIA L4, 8.9", 8, "fp16"))
    assert not engines.is_current(engine, engines.key(module, onnx, "NVIDIA L4, 8.9", 4, "fp32"))
    newer = engines.key(Module("10.17.0.1"), onnx, "NVIDIA L4, 8.9", 4, "fp16")
    assert not engines.is_current(engine, newer)
    onnx.write_bytes(b"another graph")
    assert not engines.is_current(engine, engines.key(module, onnx, "NVIDIA L4, 8.9", 4, "fp16"))


@pytest.fixture
def ten(monkeypatch: pytest.MonkeyPatch) -> Module:
    """As in NVIDIA's container."""
    module = Module("10.16.1.11")
    monkeypatch.setitem(sys.modules, "tensorrt", cast(ModuleType, module))
    monkeypatch.setattr(engines, "gpu_name", lambda number: "NVIDIA L4, 8.9")
    return module


def test_an_engine_for_more_cameras_does_for_fewer(ten: Module, tmp_path: Path) -> None:
    model, settings = find(None), Settings()

    def used(cameras: int) -> str:
        made = networks.network(model, tmp_path, cameras, settings)
        engine = have_engine(model, made, cameras, settings).engine
        assert engine.is_file()
        return engine.name.removeprefix(made.onnx.name)

    assert used(4) == "_b4_gpu0_fp16.engine"
    assert used(8) == "_b8_gpu0_fp16.engine"
    assert used(3) == "_b4_gpu0_fp16.engine", "the smallest that does"
    assert used(5) == "_b8_gpu0_fp16.engine"
    ten.__version__ = "10.17.0.1"
    assert used(3) == "_b3_gpu0_fp16.engine", "the others are stale"


def prepare(cache: Path) -> str:
    """In a process of its own, with a TensorRT that takes its time."""
    module = Module("10.16.1.11")
    sys.modules["tensorrt"] = cast(ModuleType, module)
    engines.gpu_name = lambda number: "NVIDIA L4, 8.9"
    build = engines.build

    def slowly(*args: Any, **more: Any) -> None:
        with (cache / "builds").open("a") as log:
            log.write("built\n")
        time.sleep(0.5)
        build(*args, **more)

    engines.build = slowly
    model = find(None)
    return str(
        have_engine(model, networks.network(model, cache, 4, Settings()), 4, Settings()).engine
    )


def test_of_several_processes_one_builds_and_the_others_wait_for_it(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        engine, *others = pool.map(prepare, [tmp_path] * 3, chunksize=1)
    assert set(others) == {engine}
    assert Path(engine).read_bytes() == b"plan"
    assert (tmp_path / "builds").read_text().split() == ["built"]


def test_a_broken_note_only_means_a_new_build(onnx: Path) -> None:
    module = Module("10.16.1.11")
    engine = built(module, onnx, typed=True)
    engine.with_name(f"{engine.name}.json").write_text("{")
    assert not engines.is_current(engine, engines.key(module, onnx, "NVIDIA L4, 8.9", 4, "fp16"))


def test_a_fixed_batch_that_does_not_fit_is_refused(onnx: Path) -> None:
    with pytest.raises(EngineError, match="free number of pictures"):
        built(Module("10.16.1.11", shape=(1, 3, 300, 300)), onnx, typed=True)


def test_what_tensorrt_says_is_said(onnx: Path) -> None:
    module = Module("10.16.1.11")
    module.readable = False
    with pytest.raises(EngineError, match="no such operator"):
        built(module, onnx, typed=True)
    module.readable, module.plan = True, None
    with pytest.raises(EngineError, match="could build no engine"):
        built(module, onnx, typed=True)
    assert not list(onnx.parent.glob("*.engine"))


def test_the_gpu_is_called_as_the_driver_calls_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text('#!/bin/sh\n[ "$2" = 1 ] && echo "NVIDIA L4, 8.9"\n')
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert engines.gpu_name(1) == "NVIDIA L4, 8.9"
    with pytest.raises(EngineError, match="no GPU 0"):
        engines.gpu_name(0)


def test_without_tensorrt_a_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    with pytest.raises(EngineError, match="DeepStream container"):
        engines.tensorrt()


def rtx() -> ModuleType:
    reason = "optional, 95 MB: pip install tensorrt-rtx==1.7.1.116"
    return pytest.importorskip("tensorrt_rtx", reason=reason)


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_tensorrt_reads_and_builds_the_bundled_model(tmp_path: Path, precision: str) -> None:
    module = rtx()
    made = networks.network(find(None), tmp_path, 4, Settings(precision=precision))

    def without_gpu(builder: Any, config: Any) -> None:
        config.num_compute_capabilities = 1
        config.set_compute_capability(module.ComputeCapability.SM86, 0)

    key = engines.key(module, made.onnx, "none, 8.6", 4, precision)
    engines.build(module, made.onnx, made.engine, key, typed=True, adjust=without_gpu)
    assert engines.is_current(made.engine, key)
    assert made.engine.stat().st_size > 5_000_000
