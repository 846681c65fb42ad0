"""What a machine with a GPU has and lacks, in sentences for whoever runs it 显卡体检.

On real hardware it also holds our table against the GStreamer that is installed there.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gpu.deepstream.configs import PARSERS
from gpu.deepstream.files import PARSER_LIBRARY
from gpu.deepstream.graph import TRACKER_LIBRARY
from gpu.deepstream.host import CUDART
from gpu.deepstream.table import Properties, elements, inspected

DRIVER = 590  # what NVIDIA asks for DeepStream 9
CAPABILITY = 7.5  # the oldest that its TensorRT builds for
DEEPSTREAM = ("9.1", "9.2")
LIBRARIES = (TRACKER_LIBRARY,)
Mark = Literal["好", "注意", "不行"]


@dataclass(frozen=True)
class Finding:
    mark: Mark
    sentence: str


Run = Callable[[Sequence[str]], tuple[int, str]]


def examine(cache: Path, gpu: int, say: Callable[[str], None]) -> int:
    """Say all findings; 1 if anything must be mended before a camera can be watched."""
    findings = [finding for check in _checks(cache, gpu, run) for finding in check]
    for finding in findings:
        say(f"[{finding.mark}] {finding.sentence}")
    wrong = sum(finding.mark == "不行" for finding in findings)
    say(f"有 {wrong} 项要先解决。" if wrong else "这台机器可以用显卡看摄像机。")
    return 1 if wrong else 0


def _checks(cache: Path, gpu: int, run: Run) -> Iterator[Iterator[Finding]]:
    yield driver(gpu, run)
    yield deepstream(run)
    yield python_side(run)
    yield registry(run)
    yield libraries(LIBRARIES)
    yield parsers(run)
    yield copying(run)
    yield writable(cache)


def run(command: Sequence[str]) -> tuple[int, str]:
    """Exit code and what was printed; 127 when there is no such program."""
    environment = {**os.environ, "USE_NEW_NVSTREAMMUX": "yes", "GST_INSPECT_NO_COLORS": "1"}
    try:
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, timeout=120, env=environment, check=False
        )
    except FileNotFoundError:
        return 127, ""
    except (OSError, subprocess.SubprocessError) as error:
        return 126, str(error)
    return done.returncode, done.stdout + done.stderr


def driver(gpu: int, run: Run) -> Iterator[Finding]:
    wanted = "--query-gpu=name,driver_version,memory.total,compute_cap"
    code, text = run(["nvidia-smi", "-i", str(gpu), wanted, "--format=csv,noheader"])
    if code:
        yield Finding(
            "不行",
            f"nvidia-smi 没有报告 {gpu} 号显卡：安装驱动；在容器里要带 --gpus all 启动。",
        )
        return
    parts = [part.strip() for part in text.split(",")]
    name, version, memory, capability = (parts + [""] * 3)[:4]
    major = version.partition(".")[0]
    if not major.isdigit() or int(major) < DRIVER:
        yield Finding("不行", f"{name} 的驱动 {version} 太旧，DeepStream 9 要 {DRIVER} 以上。")
    else:
        yield Finding("好", f"显卡 {name}，显存 {memory}，驱动 {version}。")
    yield _capable(name, capability)


def _capable(name: str, capability: str) -> Finding:
    if not re.fullmatch(r"\d+\.\d+", capability):
        return Finding("注意", f"nvidia-smi 没有报告 {name} 的计算能力；要 {CAPABILITY} 以上。")
    if float(capability) < CAPABILITY:
        return Finding(
            "不行", f"{name} 的计算能力是 {capability}，要 {CAPABILITY} 以上：换一块显卡。"
        )
    return Finding("好", f"计算能力 {capability}。")


def deepstream(run: Run) -> Iterator[Finding]:
    code, text = run(["deepstream-app", "--version"])
    found = re.search(r"DeepStreamSDK (\d+\.\d+)", text)
    if code or found is None:
        yield Finding("不行", "没有 DeepStream：在 NVIDIA 的 DeepStream 容器里运行。")
    elif found[1] not in DEEPSTREAM:
        known = "、".join(DEEPSTREAM)
        yield Finding("注意", f"DeepStream 是 {found[1]}，我们只对照过 {known}；看下面的核对。")
    else:
        yield Finding("好", f"DeepStream {found[1]}。")


def python_side(run: Run) -> Iterator[Finding]:
    """In processes of their own: a library that crashes must not end the examination."""
    for module, lack in (
        ("pyservicemaker", "装上 DeepStream 带的 service-maker/python/*.whl（要 Python 3.12）"),
        ("tensorrt", "装上 python3-libnvinfer；没有它，引擎由 nvinfer 在启动时生成"),
    ):
        code, text = run([sys.executable, "-c", _VERSION.format(module)])
        mark: Mark = "不行" if module == "pyservicemaker" else "注意"
        if code:
            yield Finding(mark, f"Python 找不到 {module}：{lack}。")
        elif module == "tensorrt" and not text.strip().startswith("10."):
            yield Finding(
                "注意",
                f"tensorrt 是 {text.strip()}，不是 DeepStream 的 10：nvinfer 打不开它的引擎。",
            )
        else:
            yield Finding("好", f"{module} {text.strip()}。")


_VERSION = "import {0} as m; print(getattr(m, '__version__', ''))"


def registry(run: Run) -> Iterator[Finding]:
    """Each element that we use, as GStreamer describes it here."""
    wrong = 0
    for element, known in elements().items():
        code, text = run(["gst-inspect-1.0", element])
        if code == 127:
            yield Finding("不行", "没有 gst-inspect-1.0：apt-get install gstreamer1.0-tools。")
            return
        for sentence in differences(element, known, inspected(text), there=code == 0):
            wrong += 1
            yield Finding("不行", sentence)
    if not wrong:
        yield Finding("好", f"{len(elements())} 种元件的属性都和我们的表一致。")


def differences(
    element: str, known: Properties, found: Properties, *, there: bool
) -> Iterator[str]:
    """What would be refused there although our table allows it; more than we know is no fault."""
    if not there:
        yield f"GStreamer 里没有元件 {element}：DeepStream 没有装好，或缺少 libcuda。"
        return
    for name, ours in known.items():
        theirs = found.get(name)
        if name == "caps":  # printed as nothing that could be compared
            continue
        if theirs is None:
            yield f"{element} 没有属性 {name}：这个版本的 DeepStream 不适用。"
        elif theirs.kind != ours.kind:
            yield f"{element} 的 {name} 是 {theirs.kind}，我们以为是 {ours.kind}。"
        elif ours.kind == "int" and not theirs.low <= ours.low <= ours.high <= theirs.high:
            yield (
                f"{element} 的 {name} 是 {theirs.low} 到 {theirs.high}，"
                f"我们以为是 {ours.low} 到 {ours.high}。"
            )
        elif ours.kind == "enum" and not ours.values.items() <= theirs.values.items():
            lacks = "、".join(sorted(ours.values.keys() - theirs.values.keys())) or "数值不同"
            yield f"{element} 的 {name} 的取值和我们的表不一致：{lacks}。"


def libraries(paths: Sequence[str]) -> Iterator[Finding]:
    for path in paths:
        if Path(path).is_file():
            yield Finding("好", f"有 {Path(path).name}。")
        else:
            yield Finding("不行", f"没有 {path}：DeepStream 没有装完整。")


def parsers(
    run: Run, path: str = PARSER_LIBRARY, names: Iterable[str] = PARSERS
) -> Iterator[Finding]:
    """Loaded as nvinfer does, which does not start without them."""
    code, text = run([sys.executable, "-c", _EXPORTS, path, *names])
    lacks = "、".join(sorted(set(names) & set(text.split())))
    if code:
        yield Finding("不行", f"{path} 打不开：DeepStream 没有装完整，或缺少它要的库。")
    elif lacks:
        yield Finding("不行", f"{Path(path).name} 里没有 {lacks}：这个版本的 DeepStream 不适用。")
    else:
        yield Finding("好", f"{Path(path).name} 里有我们用的解析函数。")


_EXPORTS = """
import ctypes, sys
library = ctypes.CDLL(sys.argv[1])
print(*(name for name in sys.argv[2:] if not hasattr(library, name)))
"""


def copying(run: Run, names: Iterable[str] = CUDART) -> Iterator[Finding]:
    """What takes a picture out of the GPU's memory; without it observations have none."""
    if run([sys.executable, "-c", _FIRST, *names])[0]:
        yield Finding("不行", "没有 libcudart：观察和快照都会没有图片；请用 DeepStream 的容器。")
    else:
        yield Finding("好", "有 libcudart，能从显存取图片。")


_FIRST = """
import ctypes, sys
for name in sys.argv[1:]:
    try:
        ctypes.CDLL(name).cudaMemcpy
    except (OSError, AttributeError):
        continue
    sys.exit(0)
sys.exit(1)
"""


def writable(cache: Path) -> Iterator[Finding]:
    """Else every start builds the engine anew, for minutes."""
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=cache):
            pass
    except OSError as error:
        yield Finding(
            "不行", f"引擎文件夹 {cache} 不能写（{error.strerror}）：换一个，或改所有者。"
        )
        return
    count = len(list(cache.glob("*/*.engine")))
    yield Finding("好", f"引擎文件夹 {cache} 可以写，里面有 {count} 个引擎。")
