"""What the command says when something is not as it should be: one sentence, exit code 1 or 2."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gpu.manifests import BUNDLED, DEFAULT

TREE = Path(__file__).parents[2]


def liuhe(*arguments: str, cwd: Path = TREE, **env: str) -> "subprocess.CompletedProcess[str]":
    clean = {key: value for key, value in os.environ.items() if not key.startswith("LIUHE_")}
    return subprocess.run(
        [sys.executable, "-m", "liuhe", *arguments],
        cwd=cwd,
        env={**clean, "PYTHONUTF8": "1", **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_process_on_a_database_without_tables_says_to_migrate(
    tmp_path: Path, command: str
) -> None:
    done = liuhe(command, "--data", str(tmp_path))
    assert done.returncode == 1
    assert "请先运行 liuhe migrate" in done.stderr
    assert "Traceback" not in done.stderr


def test_migrate_then_plugins_tells_what_is_on(tmp_path: Path) -> None:
    assert liuhe("migrate", "--data", str(tmp_path)).returncode == 0
    assert list(tmp_path.glob("*.before-*")) == [], "of a new database there is nothing to keep"
    again = liuhe("migrate", "--data", str(tmp_path))
    assert (again.returncode, again.stdout) == (0, "数据库已是最新。\n")
    assert liuhe("plugins", "disable", "city_eye", "--data", str(tmp_path)).returncode == 0
    listed = liuhe("plugins", "--data", str(tmp_path)).stdout
    states = {line.split()[1]: line.split()[0] for line in listed.splitlines()}
    assert [name for name, state in states.items() if state == "停用"] == ["city_eye"]
    assert {"places", "cases", "dispatch", "residents", "video"} < states.keys()


FIRST = ("first-account", "--district", "330105", "--district-name", "拱墅区", "--name", "张三")


def test_whoever_holds_the_machine_makes_the_first_account(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path))
    assert "用 liuhe first-account 建立" in liuhe("prepare", "--no-demo", *data).stdout
    made = liuhe(*FIRST, "--username", "zhang", *data)
    assert made.returncode == 0, made.stderr
    assert "已建立拱墅区和安全管理员张三，账号 zhang" in made.stdout
    assert "起始密码（只显示这一次" in made.stdout
    again = liuhe(*FIRST, "--username", "li", *data)
    assert (again.returncode, again.stderr) == (
        1,
        "已经有安全管理员了：请由他在“账号”页面上建立别的账号。\n",
    )
    assert "first-account" not in liuhe("prepare", "--no-demo", *data).stdout


def test_disabling_the_ground_takes_along_what_stands_on_it_and_enabling_brings_it_back(
    tmp_path: Path,
) -> None:
    liuhe("migrate", "--data", str(tmp_path))
    off = liuhe("plugins", "disable", "places", "--data", str(tmp_path)).stdout
    assert named_as("启用", off) == {"figures"}  # it stands on nothing
    on = liuhe("plugins", "enable", "city_eye", "--data", str(tmp_path)).stdout
    assert named_as("停用", on) == set()


def named_as(state: str, said: str) -> set[str]:
    return {line.split()[1] for line in said.splitlines() if line.startswith(state)}


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        ({"LIUHE_PROT": "1"}, "您是不是想写“port”"),
        ({"LIUHE_PORT": "many"}, "“port”的值不对"),
        ({"LIUHE_DATABASE_URL": "mysql://x"}, "sqlite:// 或 postgres://"),
        ({"LIUHE_CONFIG": "/nowhere.toml"}, "读不到设置文件"),
        ({"LIUHE_DATABASE_URL": "postgres://u@127.0.0.1:1/x"}, "数据库"),
    ],
)
def test_a_wrong_setting_is_one_sentence(
    tmp_path: Path, env: dict[str, str], sentence: str
) -> None:
    done = liuhe("migrate", "--data", str(tmp_path), **env)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_data_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = liuhe("migrate", "--data", str(tmp_path / "file" / "inside"))
    assert done.returncode == 1
    assert "--data" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    liuhe("migrate", "--data", str(tmp_path))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = liuhe("serve", "--data", str(tmp_path), "--port", port)
    assert done.returncode == 1
    assert f"端口 {port} 已被占用" in done.stderr


@pytest.mark.parametrize("arguments", [["nonsense"], ["plugins", "enable"], ["migrate", "--what"]])
def test_a_wrong_command_line_is_refused(tmp_path: Path, arguments: list[str]) -> None:
    done = liuhe(*arguments, LIUHE_DATA_DIR=str(tmp_path))
    assert done.returncode != 0
    assert "Traceback" not in done.stderr


def test_the_schema_is_printed_without_a_database_of_ones_own(tmp_path: Path) -> None:
    done = liuhe("schema", "--data", str(tmp_path))
    assert done.returncode == 0
    assert "type Case implements Node" in done.stdout


def test_doctor_says_what_a_machine_without_a_gpu_lacks(tmp_path: Path) -> None:
    if Path("/opt/nvidia/deepstream").exists():
        pytest.skip("this machine has DeepStream")
    done = liuhe("doctor", "--gpu", "--data", str(tmp_path))
    assert done.returncode == 1
    assert "没有 DeepStream" in done.stdout
    assert str(tmp_path / "engines") in done.stdout


def test_a_graph_for_the_gpu_is_prepared_in_the_data_folder(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    done = liuhe("engine", "build", "--graph-only", "--cameras", "4", "--data", str(tmp_path))
    assert done.returncode == 0, done.stderr
    written = Path(done.stdout.splitlines()[-1])
    assert written.is_file()
    assert written.is_relative_to(tmp_path / "engines")


def test_the_graph_of_a_model_in_the_data_folder_lies_where_the_command_was_given(
    tmp_path: Path,
) -> None:
    pytest.importorskip("onnx")
    (here := tmp_path / "here").mkdir()
    mine = tmp_path / "data" / "models" / "mine"
    shutil.copytree(BUNDLED / DEFAULT, mine)
    manifest = (mine / "manifest.toml").read_text("utf-8")
    (mine / "manifest.toml").write_text(manifest.replace(DEFAULT, "mine"), "utf-8")
    asked = ("engine", "build", "--graph-only", "--model", "mine", "--cache", "mine to keep")
    done = liuhe(*asked, "--data", str(tmp_path / "data"), cwd=here)
    assert done.returncode == 0, done.stderr
    written = Path(done.stdout.splitlines()[-1])
    assert written.is_file()
    assert written.is_relative_to(here / "mine to keep")


def test_paths_given_to_the_eyes_are_meant_from_where_the_command_is_given(tmp_path: Path) -> None:
    (tmp_path / "gpu.py").write_text("raise SystemExit('not of this tree')")
    (tmp_path / "zones.json").write_text("{", "utf-8")
    done = liuhe("watch", "--source", "clip:campus", "--zones", "zones.json", cwd=tmp_path)
    assert "zones.json: this is no JSON" in done.stderr
