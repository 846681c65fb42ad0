import errno
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from gpu.spool import Spool
from tests.conftest import fill

ROOT = Path(__file__).parents[2]


def drain(spool: Spool) -> list[tuple[str, bytes | None]]:
    taken = []
    while (found := spool.oldest()) is not None:
        digest, letter = found
        taken.append((letter.observation.key, letter.picture))
        spool.done(digest)
    return taken


@pytest.mark.parametrize("many", [1, 3])
def test_messages_come_out_as_they_went_in_and_in_order(
    tmp_path: Path, observation: Any, many: int
) -> None:
    spool = Spool(tmp_path)
    for number in range(many):
        assert spool.put(observation(f"o{number}"), b"\xff\xd8\npicture\n" if number else None)
    expected = [(f"o{n}:started", b"\xff\xd8\npicture\n" if n else None) for n in range(many)]
    assert drain(spool) == expected
    assert spool.health().waiting == 0


def test_a_restart_goes_on_where_the_last_run_stopped(tmp_path: Path, observation: Any) -> None:
    before = Spool(tmp_path)
    for number in range(3):
        before.put(observation(f"o{number}"), None)
    digest, _ = before.oldest() or ("", None)
    before.done(digest)
    assert [key for key, _ in drain(Spool(tmp_path))] == ["o1:started", "o2:started"]


def test_what_waits_already_is_not_kept_twice(tmp_path: Path, observation: Any) -> None:
    spool = Spool(tmp_path)
    assert spool.put(observation(), b"one")
    assert not spool.put(observation(), b"two")
    assert not Spool(tmp_path).put(observation(), b"three")
    assert drain(spool) == [("o1:started", b"one")]


def test_a_full_spool_drops_the_oldest_and_says_so(tmp_path: Path, observation: Any) -> None:
    spool = Spool(tmp_path, messages=3)
    for number in range(5):
        assert spool.put(observation(f"o{number}"), None)
    assert (spool.health().waiting, spool.health().dropped) == (3, 2)
    assert [key for key, _ in drain(spool)] == ["o2:started", "o3:started", "o4:started"]


def test_a_disk_that_is_really_full_costs_the_oldest_and_breaks_none(
    observation: Any, small_disk: Any
) -> None:
    folder = small_disk("1m")
    spool, picture = Spool(folder), b"x" * 200_000
    for number in range(3):
        assert spool.put(observation(f"o{number}"), picture)
    fill(folder)
    assert spool.put(observation("o3"), picture), "an older one makes room"
    dropped = spool.health().dropped
    assert (spool.health().waiting, dropped > 0) == (4 - dropped, True)
    assert drain(Spool(folder)) == [(f"o{n}:started", picture) for n in range(dropped, 4)]


def test_bytes_are_bounded_as_well(tmp_path: Path, observation: Any) -> None:
    spool = Spool(tmp_path, size=10_000)
    for number in range(9):
        spool.put(observation(f"o{number}"), b"x" * 3000)
    on_disk = sum(path.stat().st_size for path in (tmp_path / "waiting").iterdir())
    assert on_disk <= 10_000
    assert [key for key, _ in drain(spool)] == ["o7:started", "o8:started"]


def test_a_full_disk_costs_the_oldest_not_the_newest(
    tmp_path: Path, observation: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path)
    for number in range(3):
        spool.put(observation(f"o{number}"), None)
    real, full_until = os.fsync, 1

    def fsync(handle: int) -> None:
        if len(list((tmp_path / "waiting").glob("*.msg"))) > full_until:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    monkeypatch.setattr("gpu.disk.os.fsync", fsync)
    assert spool.put(observation("new"), None)
    assert spool.health().dropped == 2
    assert [key for key, _ in drain(spool)] == ["o2:started", "new:started"]
    assert list((tmp_path / "waiting").iterdir()) == []


def test_a_disk_that_takes_nothing_loses_the_message_but_does_not_raise(
    tmp_path: Path, observation: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path)

    def fsync(handle: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("gpu.disk.os.fsync", fsync)
    assert not spool.put(observation(), b"x")
    assert (spool.health().waiting, spool.health().dropped) == (0, 1)
    assert list((tmp_path / "waiting").iterdir()) == []


def test_a_kill_between_write_and_rename_leaves_what_was_whole(
    tmp_path: Path, observation: Any
) -> None:
    Spool(tmp_path).put(observation("before"), b"whole")
    script = f"""
        import os
        from pathlib import Path
        from gpu.messages import Observation
        from gpu.spool import Spool
        os.replace = lambda *_: os.kill(os.getpid(), 9)
        observation = Observation.from_json({observation("killed").to_json()!r})
        Spool(Path({str(tmp_path)!r})).put(observation, b"half")
    """
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], cwd=ROOT, check=False)
    assert killed.returncode == -9
    assert len(list((tmp_path / "waiting").glob("*.tmp"))) == 1
    assert drain(Spool(tmp_path)) == [("before:started", b"whole")]
    assert list((tmp_path / "waiting").glob("*.tmp")) == []


def test_a_broken_file_is_set_aside_for_the_next_one(tmp_path: Path, observation: Any) -> None:
    spool = Spool(tmp_path)
    for number in range(2):
        spool.put(observation(f"o{number}"), b"picture")
    first = sorted((tmp_path / "waiting").iterdir())[0]
    first.write_bytes(first.read_bytes()[:-3])
    assert [key for key, _ in drain(spool)] == ["o1:started"]
    assert spool.health().rejected == 1


def test_what_is_rejected_is_kept_with_the_reason_and_bounded(
    tmp_path: Path, observation: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gpu.spool.REJECTED_AT_MOST", 3)
    spool = Spool(tmp_path)
    for number in range(5):
        spool.put(observation(f"o{number}"), None)
        digest, _ = spool.oldest() or ("", None)
        spool.reject(digest, f"reason {number}")
    reasons = sorted(path.read_text() for path in (tmp_path / "rejected").glob("*.txt"))
    assert reasons == ["reason 2", "reason 3", "reason 4"]
    health = spool.health()
    assert (health.waiting, health.rejected, health.dropped) == (0, 3, 2)


@pytest.mark.parametrize("trouble", [errno.EMFILE, errno.EIO])
def test_what_cannot_be_read_just_now_waits_and_holds_up_nobody(
    tmp_path: Path, observation: Any, monkeypatch: pytest.MonkeyPatch, trouble: int
) -> None:
    spool, read, first = Spool(tmp_path), Path.read_bytes, True
    for number in range(3):
        spool.put(observation(f"o{number}"), b"picture")

    def once_unreadable(path: Path) -> bytes:
        nonlocal first
        failing, first = first, False
        if failing:
            raise OSError(trouble, os.strerror(trouble))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", once_unreadable)
    assert sorted(drain(spool)) == [(f"o{n}:started", b"picture") for n in range(3)]
    assert (spool.health().rejected, spool.health().dropped) == (0, 0)


def test_a_disk_that_lets_nothing_be_removed_stops_neither_putting_nor_sending(
    tmp_path: Path, observation: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unlink(path: Path, *, missing_ok: bool = False) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    spool = Spool(tmp_path, messages=2)
    monkeypatch.setattr(Path, "unlink", unlink)
    for number in range(3):
        assert spool.put(observation(f"o{number}"), None)
    assert [key for key, _ in drain(spool)] == ["o1:started", "o2:started"]
    assert spool.health().dropped == 1


def test_a_rejected_message_that_cannot_be_set_aside_is_counted(
    tmp_path: Path, observation: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replace(*_: Any) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    spool = Spool(tmp_path)
    spool.put(observation(), None)
    digest, _ = spool.oldest() or ("", None)
    monkeypatch.setattr("gpu.spool.os.replace", replace)
    spool.reject(digest, "no")
    assert (spool.health().dropped, spool.health().rejected) == (1, 0)
    assert list((tmp_path / "waiting").iterdir()) == []
