"""`liuhe up` keeps its processes running and leaves none behind; tried with real processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.errors import SetupError
from liuhe.household import only_one

HOUSE = """
import sys
from pathlib import Path
from liuhe.household import Household, Member

folder = Path(sys.argv[1])

def members():
    with (folder / "plans").open("a") as out:
        out.write("x")
    return [Member(name=n, command=["sh", "-c", s]) for n, s in zip("ab", sys.argv[2:])]

sys.exit(Household(members, lambda text: print(text, flush=True), patience=2).run())
"""
TELL = "echo $$ >> {folder}/{name}; {then}"


def start(folder: Path, a: str, b: str = "sleep 60") -> "subprocess.Popen[str]":
    scripts = [TELL.format(folder=folder, name=n, then=t) for n, t in (("a", a), ("b", b))]
    return subprocess.Popen(
        [sys.executable, "-c", HOUSE, str(folder), *scripts],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def pids(folder: Path, name: str) -> list[int]:
    path = folder / name
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def wait_for(condition, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_every_member_and_exits_cleanly(tmp_path: Path, number: int) -> None:
    house = start(tmp_path, "sleep 60")
    wait_for(lambda: pids(tmp_path, "a") and pids(tmp_path, "b"))
    house.send_signal(number)
    assert house.wait(10) == 0
    assert not any(alive(pid) for pid in pids(tmp_path, "a") + pids(tmp_path, "b"))


def test_a_member_that_dies_is_started_again_and_the_other_is_left_alone(tmp_path: Path) -> None:
    house = start(tmp_path, "sleep 60")
    wait_for(lambda: pids(tmp_path, "a") and pids(tmp_path, "b"))
    os.kill(pids(tmp_path, "a")[0], signal.SIGKILL)
    wait_for(lambda: len(pids(tmp_path, "a")) == 2)
    assert len(pids(tmp_path, "b")) == 1
    house.terminate()
    assert house.wait(10) == 0


def test_a_member_that_asks_for_it_makes_all_start_anew(tmp_path: Path) -> None:
    mark = tmp_path / "again"
    house = start(tmp_path, f"test -e {mark} && exec sleep 60; touch {mark}; exit 75")
    plans = tmp_path / "plans"
    wait_for(lambda: plans.exists() and plans.read_text() == "xx" and pids(tmp_path, "b"))
    wait_for(lambda: len(pids(tmp_path, "a")) == 2)
    house.terminate()
    assert house.wait(10) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of it")
def test_members_do_not_outlive_a_household_that_is_killed(tmp_path: Path) -> None:
    house = start(tmp_path, "exec sleep 60", "exec sleep 60")
    wait_for(lambda: pids(tmp_path, "a") and pids(tmp_path, "b"))
    house.kill()
    house.wait(10)
    wait_for(lambda: not any(alive(pid) for pid in pids(tmp_path, "a") + pids(tmp_path, "b")))


def test_a_member_that_ignores_the_request_to_stop_is_killed(tmp_path: Path) -> None:
    house = start(tmp_path, "trap '' TERM; while true; do sleep 0.2; done")
    wait_for(lambda: pids(tmp_path, "a"))
    house.terminate()
    assert house.wait(30) == 0
    assert not alive(pids(tmp_path, "a")[0])


def test_a_second_household_in_the_same_folder_is_told_what_to_do(tmp_path: Path) -> None:
    with only_one(tmp_path), pytest.raises(SetupError, match="--data 换一个文件夹"):
        only_one(tmp_path)
    only_one(tmp_path).close()
