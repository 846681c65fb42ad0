"""`liuhe audit verify` as a person at the machine runs it."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]


def liuhe(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    env = {key: value for key, value in os.environ.items() if not key.startswith("LIUHE_")}
    command = [sys.executable, "-m", "liuhe", *arguments, "--data", str(folder)]
    return subprocess.run(
        command,
        cwd=TREE,
        env={**env, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_succeeds_only_on_a_whole_chain_and_names_the_row(tmp_path: Path) -> None:
    for state in ("disable", "enable"):
        done = liuhe(tmp_path, "plugins", state, "city_eye")
        assert done.returncode == 0, done.stderr
    whole = liuhe(tmp_path, "audit", "verify")
    assert (whole.returncode, "核对了 2 行" in whole.stdout) == (0, True), whole.stderr
    with closing(sqlite3.connect(tmp_path / "liuhe.sqlite3")) as file, file:
        file.execute("DROP TRIGGER core_audit_no_UPDATE")
        file.execute("UPDATE core_audit SET person_id = 1 WHERE seq = 2")
    broken = liuhe(tmp_path, "audit", "verify")
    assert (broken.returncode, broken.stdout) == (1, "")
    assert broken.stderr.strip() == "审计第 2 行：被改动，或者是后来插入的。"
    assert liuhe(tmp_path, "audit", "verify", "--from", "3").returncode == 0
