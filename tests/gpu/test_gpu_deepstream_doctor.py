"""The examination of a machine with a GPU, with stand-ins for the tools that it asks.

Where the wheel nvidia-deepstream-videodecode-cu13 is installed, its real nvvideoconvert is compared
with our table, on a libcuda that only has the names.
"""

import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from gpu.deepstream import doctor
from gpu.deepstream.configs import RTDETR
from gpu.deepstream.doctor import Finding
from gpu.deepstream.table import Properties, elements, inspected

Answers = dict[str, tuple[int, str]]


def answering(answers: Answers) -> Callable[[Sequence[str]], tuple[int, str]]:
    def run(command: Sequence[str]) -> tuple[int, str]:
        line = " ".join(command)
        return next((answer for part, answer in answers.items() if part in line), (127, ""))

    return run


def printed(element: str, properties: Properties) -> str:
    """As gst-inspect-1.0 would."""
    words = {"bool": "Boolean.", "str": "String.", "enum": 'Enum "E"'}
    lines = [f"Factory Details:\n  Long-name  {element}\n\nElement Properties:"]
    for name, one in properties.items():
        word = words.get(one.kind, f"Integer64. Range: {one.low} - {one.high}")
        lines.append(f"  {name:<20}: {name}\n                        flags: readable, writable")
        lines.append(f"                        {word} Default: 0")
        lines += [
            f"                           ({n}): {value}  - x" for value, n in one.values.items()
        ]
    return "\n".join([*lines, "", "Element Signals:", '  "x" : void'])


def good(tmp_path: Path) -> Answers:
    answers: Answers = {
        "nvidia-smi": (0, "NVIDIA L4, 595.45.04, 23034 MiB, 8.9\n"),
        "deepstream-app": (0, "deepstream-app version 9.1.0\nDeepStreamSDK 9.1.0\n"),
        "import pyservicemaker": (0, "0.0.1\n"),
        "import tensorrt": (0, "10.16.1.11\n"),
        "libnvds_infercustomparser.so": (0, "some warning\n"),
        "libcudart.so": (0, ""),
    }
    for element, properties in elements().items():
        answers[f"gst-inspect-1.0 {element}"] = (0, printed(element, properties))
    return answers


def examined(
    answers: Answers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[int, list[str]]:
    library = tmp_path / "library.so"
    library.touch()
    monkeypatch.setattr(doctor, "run", answering(answers))
    monkeypatch.setattr(doctor, "LIBRARIES", (str(library),))
    said: list[str] = []
    return doctor.examine(tmp_path / "engines", 0, said.append), said


def test_a_machine_that_has_everything_is_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = examined(good(tmp_path), tmp_path, monkeypatch)
    assert code == 0, said
    assert all(line.startswith("[好]") for line in said[:-1]), said
    assert said[-1] == "这台机器可以用显卡看摄像机。"


@pytest.mark.parametrize(
    ("tool", "answer", "says", "code"),
    [
        ("nvidia-smi", (127, ""), "--gpus all", 1),
        ("nvidia-smi", (0, "NVIDIA T4, 535.10, 15360 MiB"), "要 590 以上", 1),
        ("nvidia-smi", (0, "Quadro P4000, 595.1, 8192 MiB, 6.1"), "要 7.5 以上", 1),
        ("nvidia-smi", (0, "NVIDIA L4, 595.1, 8192 MiB, [N/A]"), "没有报告", 0),
        ("libnvds_infercustomparser.so", (1, "OSError"), "打不开", 1),
        ("libnvds_infercustomparser.so", (0, f"cuda?\n{RTDETR}\n"), f"里没有 {RTDETR}", 1),
        ("libcudart.so", (1, ""), "都会没有图片", 1),
        ("deepstream-app", (127, ""), "没有 DeepStream", 1),
        ("deepstream-app", (0, "DeepStreamSDK 8.0.0"), "我们只对照过 9.1、9.2", 0),
        ("import pyservicemaker", (1, "No module"), "service-maker/python", 1),
        ("import tensorrt", (1, "No module"), "nvinfer 在启动时生成", 0),
        ("import tensorrt", (0, "11.0.0.5"), "打不开它的引擎", 0),
        ("gst-inspect-1.0 nvinfer", (255, "No such element"), "没有元件 nvinfer", 1),
        ("gst-inspect-1.0", (127, ""), "gstreamer1.0-tools", 1),
    ],
)
def test_each_lack_is_a_sentence_that_says_what_to_do(
    tool: str,
    answer: tuple[int, str],
    says: str,
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = {tool: answer, **{k: v for k, v in good(tmp_path).items() if k != tool}}
    got, said = examined(answers, tmp_path, monkeypatch)
    assert any(says in line for line in said), said
    assert got == code


def test_libraries_are_really_opened_and_their_functions_looked_for() -> None:
    def said(*names: str, path: str = "libc.so.6") -> str:
        [finding] = doctor.parsers(doctor.run, path, names)
        return f"{finding.mark} {finding.sentence}"

    assert said("printf", "qsort").startswith("好")
    assert said("printf", "NvDsInferParseNothing") == (
        "不行 libc.so.6 里没有 NvDsInferParseNothing：这个版本的 DeepStream 不适用。"
    )
    assert said("printf", path="/nowhere/libnothing.so").startswith("不行 /nowhere")
    [finding] = doctor.copying(doctor.run, ("libnothing.so", "libc.so.6"))
    assert finding.mark == "不行", "libc is there, but copies nothing from a GPU"


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    inside = tmp_path / "file"
    inside.touch()
    [finding] = doctor.writable(inside / "engines")
    assert (finding.mark, "不能写" in finding.sentence) == ("不行", True)


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("latency", {"high": 1000}, "0 到 1000"),
        ("latency", {"kind": "str"}, "是 str，我们以为是 int"),
        ("type", {"values": {"auto": 0}}, "不一致：rtsp、uri"),
        ("type", {"values": {"auto": 0, "uri": 7, "rtsp": 2}}, "数值不同"),
    ],
)
def test_what_is_narrower_there_than_in_our_table_is_a_fault(
    name: str, change: dict[str, Any], says: str
) -> None:
    known = elements()["nvurisrcbin"]
    found = {**known, name: replace(known[name], **change)}
    [sentence] = doctor.differences("nvurisrcbin", known, found, there=True)
    assert says in sentence


def test_what_there_is_more_of_is_no_fault() -> None:
    known = elements()["nvurisrcbin"]
    more = replace(known["latency"], low=-5, high=2**40)
    found = {**known, "latency": more, "new-one": more}
    assert list(doctor.differences("nvurisrcbin", known, found, there=True)) == []
    del found["uri"]
    [sentence] = doctor.differences("nvurisrcbin", known, found, there=True)
    assert "没有属性 uri" in sentence


def test_gstreamer_s_own_elements_are_as_our_table_says(gstreamer: Any) -> None:
    for element in ("valve", "capsfilter", "queue", "clocksync", "fakesink"):
        code, text = doctor.run(["gst-inspect-1.0", element])
        assert code == 0, "apt-get install gstreamer1.0-tools"
        found = inspected(text)
        assert list(doctor.differences(element, elements()[element], found, there=True)) == []


def test_a_tool_that_hangs_or_crashes_ends_nothing(tmp_path: Path) -> None:
    tool = tmp_path / "tool"
    tool.write_text("#!/bin/sh\nkill -9 $$\n")
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    assert doctor.run([str(tool)])[0] != 0
    assert doctor.run([str(tmp_path / "nothing")]) == (127, "")
    assert Finding("好", "x").mark == "好"


def test_the_command_says_what_this_machine_lacks(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gpu", "doctor", "--cache", str(tmp_path)]
    environment = {**os.environ, "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if Path("/opt/nvidia/deepstream").exists():
        pytest.skip("this machine has DeepStream")
    assert done.returncode == 1, done.stderr
    assert "没有 DeepStream" in done.stdout
    assert done.stdout.splitlines()[-1].endswith("项要先解决。")


# ---------------------------------------------------------------------------- the real registry


@pytest.mark.slow
def test_nvidia_s_own_nvvideoconvert_is_as_our_table_says(
    gstreamer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = find_spec("nvidia.deepstream_videodecode") if find_spec("nvidia") else None
    if spec is None or spec.origin is None:
        pytest.skip("optional, 16 MB: pip install nvidia-deepstream-videodecode-cu13==9.0.2")
    libraries = Path(spec.origin).parent / "_libs"
    stubs(libraries, tmp_path)
    monkeypatch.setenv("GST_PLUGIN_PATH", str(libraries))
    monkeypatch.setenv("GST_REGISTRY", str(tmp_path / "registry"))
    monkeypatch.setenv("LD_LIBRARY_PATH", f"{tmp_path}:{libraries}")
    code, text = doctor.run(["gst-inspect-1.0", "nvvideoconvert"])
    assert code == 0, text
    known = elements()["nvvideoconvert"]
    assert list(doctor.differences("nvvideoconvert", known, inspected(text), there=True)) == []


def stubs(libraries: Path, folder: Path) -> None:
    """Libraries of the driver and of CUDA by their names only, as the linker wants them."""
    wanted: set[str] = set()
    for path in libraries.rglob("*.so*"):
        command = ["nm", "-D", "--undefined-only", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        wanted |= set(re.findall(r" U (\S+)", done.stdout))
    for name, pattern in {
        "libcuda.so.1": r"cu[A-Z]\w*$",
        "libnppidei.so.13": r"npp\w*@libnppidei",
        "libnppig.so.13": r"npp\w*@libnppig",
        "libv4lconvert.so.0": r"v4lconvert\w*",
    }.items():
        found = {each for each in wanted if re.match(pattern, each)}
        source, versions = folder / "stub.c", folder / "stub.map"
        names = {each.partition("@")[0] for each in found}
        source.write_text("".join(f"int {each}(void) {{ return 0; }}\n" for each in names))
        node = next((each.partition("@")[2] for each in found if "@" in each), "")
        versions.write_text(f"{node} {{ global: *; }};\n")
        script = [f"-Wl,--version-script={versions}"] if node else []
        target = ["-o", str(folder / name), str(source)]
        command = ["gcc", "-shared", "-fPIC", f"-Wl,-soname,{name}", *script, *target]
        subprocess.run(command, check=True)
