"""run.py: from an empty folder to the running program, and a sentence for each thing in the way."""

import ast
import importlib.util
import runpy
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from tests.setup.toy_house import ToyHouse

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / "run.py"


@pytest.fixture
def run() -> ModuleType:
    """run.py as a module, to look at its parts."""
    spec = importlib.util.spec_from_file_location("run", RUN)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def port() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


# --- The interpreter ---


def test_the_file_parses_on_python_3_6() -> None:
    ast.parse(RUN.read_text(encoding="utf-8"), feature_version=(3, 6))


@pytest.mark.parametrize(
    ("version", "fits"),
    [((3, 6), False), ((3, 10), False), ((3, 11), True), ((3, 13), True), ((3, 14), False)],
)
def test_python_3_11_to_3_13_will_do(run: ModuleType, version: tuple[int, int], fits: bool) -> None:
    assert (run.python_problem(version) == "") is fits


def test_the_sentence_names_an_interpreter_that_is_there(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "answers", lambda name: name == "python3.12")
    assert run.python_problem((3, 9)) == (
        "需要 Python 3.11、3.12 或 3.13，现在是 3.9：本机已有，请改用 python3.12 run.py。"
    )


def test_an_old_python_says_one_sentence_and_stops(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 8, 10, "final", 0))
    with pytest.raises(SystemExit, match="1"):
        runpy.run_path(str(RUN), run_name="__main__")
    assert capfd.readouterr().err.startswith("需要 Python 3.11、3.12 或 3.13，现在是 3.8：")


def test_real_other_pythons_say_the_same(run: ModuleType) -> None:
    names = [f"python3.{minor}" for minor in (6, 7, 8, 9, 10, 14)]
    found = [name for name in names if run.answers(name)]
    if not found:
        pytest.skip("no Python older than 3.11 or newer than 3.13 on this machine")
    for name in found:
        done = subprocess.run([name, RUN], capture_output=True, check=False)
        assert done.returncode == 1
        assert done.stderr.decode().startswith("需要 Python 3.11、3.12 或 3.13，现在是 3.")


def test_a_python_without_venv_is_told_what_to_install(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(run.Sorry, match=r"apt install python3\.\d+-venv"):
        run.make_venv()


# --- The install ---


def test_the_first_start_installed_and_the_second_does_not(toy: ToyHouse) -> None:
    assert toy.packages() == {"pebble", "liuhe"}
    port, data = free_port(), str(toy.root / "data")
    code, said = toy.run("--port", port, "--no-video")
    told = ["up", "--host", "127.0.0.1", "--port", port, "--data", data, "--no-video"]
    assert (code, said) == (0, f"up with {told}\n")


def test_what_the_lock_gains_is_added_and_what_somebody_added_stays(toy: ToyHouse) -> None:
    toy.lock("pebble", "stone")
    made = (toy.venv / "made-for").stat().st_mtime_ns
    code, said = toy.run("--port", free_port())
    assert code == 0, said
    assert "依赖已装好" in said
    toy.lock("pebble")
    assert toy.run("--port", free_port())[0] == 0
    assert toy.packages() == {"pebble", "stone", "liuhe"}
    assert (toy.venv / "made-for").stat().st_mtime_ns == made


def test_a_half_done_install_is_repaired(toy: ToyHouse) -> None:
    (toy.venv / "installing").touch()
    (toy.venv / "run.stamp").unlink()
    next(toy.venv.glob("lib/*/site-packages/pebble.py")).unlink()
    code, said = toy.run("--port", free_port())
    assert code == 0
    assert "上次没有装完" in said
    assert list(toy.venv.glob("lib/*/site-packages/pebble.py"))
    assert not (toy.venv / "installing").exists()


def test_a_folder_that_moved_is_set_up_anew(
    toy: ToyHouse, run: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "VENV", toy.venv)
    monkeypatch.setattr(run, "PYTHON", toy.venv / "bin" / "python")
    monkeypatch.setattr(run, "ROOT", toy.root)
    assert run.is_usable()
    monkeypatch.setattr(run, "ROOT", toy.root / "elsewhere")
    assert not run.is_usable()


def test_chinese_is_said_and_found_where_the_locale_has_none(toy: ToyHouse, port: int) -> None:
    assert toy.run("--port", str(port), LC_ALL="C")[1].startswith(f"端口 {port} 已被占用")
    assert "六 和" in toy.run("--port", free_port(), LC_ALL="C")[1]


def test_two_starts_at_once_install_once(toy: ToyHouse) -> None:
    (toy.venv / "run.stamp").unlink()
    starts = [toy.start("--port", free_port()) for _ in range(2)]
    said = [start.communicate(timeout=120)[0] for start in starts]
    assert [start.returncode for start in starts] == [0, 0]
    assert sum("依赖已装好" in text for text in said) == 1


def test_without_a_registry_the_sentence_says_so_and_nothing_is_spoilt(toy: ToyHouse) -> None:
    toy.lock("pebble", "faraway")
    (toy.wheels / "faraway-1.0-py3-none-any.whl").unlink()
    nowhere = {
        "PIP_NO_INDEX": "0",
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_RETRIES": "1",
    }
    code, said = toy.run("--port", free_port(), **nowhere)
    toy.lock("pebble")
    assert code == 1
    assert said.splitlines()[-1].startswith("连不上软件源，依赖没有装全：请接通网络后再运行一次")
    assert not (toy.venv / "installing").exists()


def test_a_file_that_is_not_the_locked_one_is_refused(toy: ToyHouse) -> None:
    toy.lock("pebble", "forged")
    with (toy.wheels / "forged-1.0-py3-none-any.whl").open("ab") as wheel:
        wheel.write(b"\n")
    code, said = toy.run("--port", free_port())
    toy.lock("pebble")
    assert code == 1
    assert said.splitlines()[-1].startswith("下载到的文件与锁定的校验值不符")
    assert "forged" not in toy.packages()


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("ERROR: Could not install: [Errno 28] No space left on device", "磁盘空间不够"),
        ("PermissionError: [Errno 13] Permission denied: 'x'", "不能写"),
        ("connection broken by 'NewConnectionError'\nNo matching distribution found", "连不上"),
        ("ERROR: No matching distribution found for av==18.1.0", "软件源里缺少"),
        ("something new", ""),
    ],
)
def test_what_pip_says_becomes_one_sentence(run: ModuleType, output: str, sentence: str) -> None:
    said = run.why(output)
    assert sentence in said
    assert bool(said) is bool(sentence)


def test_a_full_disk_is_noticed_before_the_download(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=0))
    with pytest.raises(run.Sorry, match="磁盘空间不够"):
        run.make_venv()


@pytest.mark.skipif(not Path("/proc").exists(), reason="no folder here that even root cannot write")
def test_a_folder_that_cannot_be_written_is_named(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "ROOT", Path("/proc"))
    with pytest.raises(run.Sorry, match="文件夹 /proc 不能写"), run.alone():
        pass


# --- The start ---


def test_the_exit_code_is_the_programs_own(toy: ToyHouse) -> None:
    assert toy.run("--port", free_port(), TOY_EXIT="7")[0] == 7


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_signals_reach_the_program(toy: ToyHouse, sent: signal.Signals) -> None:
    process = toy.start("--port", free_port(), TOY_SECONDS="60")
    assert process.stdout.readline().startswith("up with")
    process.send_signal(sent)
    assert process.wait(timeout=10) == -sent


def test_a_port_in_use_is_named_with_what_may_be_there(toy: ToyHouse, port: int) -> None:
    code, said = toy.run("--port", str(port))
    assert code == 1
    assert said == (
        f"端口 {port} 已被占用：六和若已在运行，请直接打开 http://127.0.0.1:{port}；"
        "否则请停掉占用它的程序，或用 --port 换一个端口。\n"
    )


def test_an_address_of_another_machine_is_refused(toy: ToyHouse) -> None:
    code, said = toy.run("--host", "192.0.2.1", "--port", free_port())
    assert (code, said) == (1, "本机没有地址 192.0.2.1：请改正 --host，或者不写它。\n")


def test_a_data_folder_is_meant_from_where_the_command_is_given(toy: ToyHouse) -> None:
    _, said = toy.run("--port", free_port(), "--data", "数据")
    assert f"'--data', '{toy.root.parent / '数据'}'" in said


def test_settings_in_the_environment_are_handed_on(toy: ToyHouse) -> None:
    port = free_port()
    _, said = toy.run(LIUHE_PORT=port, LIUHE_DATA_DIR=str(toy.root / "elsewhere"))
    assert f"'--port', '{port}', '--data', '{toy.root / 'elsewhere'}'" in said


def test_what_only_the_settings_file_knows_is_left_to_it(toy: ToyHouse) -> None:
    assert toy.run(LIUHE_CONFIG="liuhe.toml")[1] == "up with ['up']\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--verbose"], "不认识 --verbose"),
        (["--no-vidoe"], "不认识 --no-vidoe，是不是 --no-video"),
        (["tset"], "不认识 tset，是不是 test"),
        (["--port"], "--port 后面缺一个值"),
    ],
)
def test_a_mistyped_command_is_one_sentence(
    run: ModuleType, capfd: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        run.parser().parse_args(arguments)
    assert capfd.readouterr().err == f"{sentence}：用法见 python3 run.py --help。\n"


@pytest.mark.parametrize("text", ["0", "65536", "http", "-1"])
def test_a_port_is_a_number_in_range(run: ModuleType, text: str) -> None:
    with pytest.raises(run.Sorry, match="端口应是 1 到 65535 的整数"):
        run.port_number(text)
