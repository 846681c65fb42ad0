"""Recordings of originals: who may read them, and when they go."""

import os
from pathlib import Path
from typing import Any

import pytest

from gpu.deepstream.records import DAY, GIGABYTE, YOUNG, prepared, trim
from gpu.deepstream.spec import Recording

NOW = 1_800_000_000.0


def written(folder: Path, name: str, age: float, size: int = 10) -> Path:
    path = folder / name
    path.write_bytes(b"x" * size)
    os.utime(path, (NOW - age, NOW - age))
    return path


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_what_is_too_old_goes_and_nothing_that_is_not_ours(tmp_path: Path) -> None:
    written(tmp_path, "camera-a_old.mp4", 8 * DAY)
    written(tmp_path, "camera-a_new.mp4", 6 * DAY)
    written(tmp_path, "notes.txt", 99 * DAY)
    (tmp_path / "camera-link.mp4").symlink_to(written(tmp_path, "kept.mp4", 99 * DAY))
    (tmp_path / "camera-folder").mkdir()
    assert trim(Recording(folder=tmp_path, days=7), NOW) == 1
    assert left(tmp_path) == {
        "camera-a_new.mp4",
        "notes.txt",
        "kept.mp4",
        "camera-link.mp4",
        "camera-folder",
    }


def test_the_oldest_go_when_it_is_too_much_but_none_that_is_still_written(tmp_path: Path) -> None:
    for age in (5, 4, 3, 2):
        written(tmp_path, f"camera-a_{age}.mp4", age * DAY, 100)
    written(tmp_path, "camera-b_now.mp4", YOUNG / 2, 200)
    few = Recording(folder=tmp_path, gigabytes=450 / GIGABYTE)
    assert trim(few, NOW) == 2
    assert left(tmp_path) == {"camera-b_now.mp4", "camera-a_2.mp4", "camera-a_3.mp4"}
    assert trim(Recording(folder=tmp_path, gigabytes=1 / GIGABYTE), NOW) == 2
    assert left(tmp_path) == {"camera-b_now.mp4"}


def test_a_folder_that_is_not_there_yet_holds_nothing(tmp_path: Path) -> None:
    assert trim(Recording(folder=tmp_path / "none"), NOW) == 0


@pytest.mark.parametrize(("before", "after"), [(None, 0o700), (0o755, 0o750), (0o770, 0o770)])
def test_others_cannot_look_into_the_folder(tmp_path: Path, before: Any, after: int) -> None:
    folder = tmp_path / "records"
    if before is not None:
        folder.mkdir()
        folder.chmod(before)
    assert prepared(folder).stat().st_mode & 0o777 == after
