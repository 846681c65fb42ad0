"""The real worker on RTSP cameras while both ends are killed and their disks are full.

Whatever the spool once held arrives, once, or was told as dropped; no camera is dead unnoticed.
"""

import importlib.util
import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from core.testing import living, load, sqlite_copy
from gpu.pipeline import CLIPS
from gpu.spool import _digest as digest
from liuhe.testing import make_area, make_viewer
from plugins.video import actions
from tests.conftest import fill
from tests.gpu import scripted_camera as scripted
from tests.gpu.scripted_camera import ScriptedCamera
from tests.journeys.conftest import TREE, Household, free_port, start_household
from tests.plugins.video.conftest import show_sign

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("aio_rtsp_toolkit") is None,
        reason="no RTSP server: pip install 'aio-rtsp-toolkit[server]'",
    ),
]

NOTICED = 5.0 + 10.0  # seconds: docs/operate/video.md, and how often a worker speaks
BUSY = 10.0  # more, for a machine that does other things too
PATIENCE = 60.0


def until(true: Callable[[], Any], what: str, seconds: float = PATIENCE) -> None:
    limit = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < limit, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.05)


# ------------------------------------------------------------------------------ worker and server


@dataclass
class Eyes:
    """`python -m gpu watch`, started anew whenever it was killed, and all that its spool held."""

    household: Household
    spool: Path
    log: Path
    held: set[str] = field(default_factory=set)

    def start(self) -> None:
        token = self.household.folder / "worker.token"
        command = [sys.executable, "-m", "gpu", "watch", "--server", self.household.url]
        given = ["--token-file", str(token), "--spool", str(self.spool), "--threads", "1"]
        with self.log.open("ab") as out:
            self.process = subprocess.Popen([*command, *given], cwd=TREE, stderr=out)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(20)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0

    def waiting(self) -> set[str]:
        """The digests of the keys of what lies there whole."""
        names = [path.name for path in (self.spool / "waiting").glob("*.msg")]
        return {name.removesuffix(".msg").rpartition("-")[2] for name in names}

    @contextmanager
    def witnessed(self) -> Iterator[None]:
        """Nothing is sent so fast that it is not seen lying there."""
        over = threading.Event()

        def look() -> None:
            while not over.wait(0.004):
                with suppress(OSError):
                    self.held |= self.waiting()

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


@dataclass
class Place:
    """Server, worker, and three cameras: one is fine, one will freeze, one sends no pictures."""

    household: Household
    eyes: Eyes
    disk: Path
    cameras: dict[str, psutil.Popen]

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.disk / "data" / "liuhe.sqlite3", timeout=20)) as file:
            return list(file.execute(sql))

    def arrived(self) -> set[str]:
        return {digest(str(row[0])) for row in self.ask("SELECT key FROM video_message")}

    def health(self, name: str) -> tuple[str, str]:
        """What the server says of the camera: its state, and what is the matter with it."""
        sql = (
            "SELECT s.state, s.error FROM video_camera_state s "
            f"JOIN video_camera c ON c.id = s.camera_id WHERE c.name = '{name}'"
        )
        state, error = self.ask(sql)[0]
        return str(state), str(error)

    def spool(self) -> dict[str, int]:
        """What the worker last told the server of its spool."""
        (told,) = self.ask("SELECT health FROM video_worker WHERE health IS NOT NULL") or [("{}",)]
        return dict(json.loads(str(told[0])).get("spool") or {})

    def seen_by(self, name: str) -> int:
        sql = (
            "SELECT count(*) FROM video_observation o JOIN video_camera c ON c.id = o.camera_id "
            f"WHERE c.name = '{name}'"
        )
        return int(self.ask(sql)[0][0])

    def come_to_an_end(self) -> None:
        """Nobody has pictures any more, and all that waits is sent."""
        for process in self.cameras.values():
            process.kill()
        self.eyes.stop()
        if self.eyes.waiting():
            self.eyes.start()
            until(lambda: not self.eyes.waiting(), "the spool is empty")
            self.eyes.stop()

    def all_came_once(self) -> None:
        """But for what the worker's own log says it had no room for."""
        log = self.eyes.log.read_text()
        forced_out, never_kept = map(log.count, ("oldest message is dropped", "message is lost"))
        missing = self.eyes.held - self.arrived()
        assert len(missing) <= forced_out, missing
        twice = "SELECT told, phase FROM video_message GROUP BY told, phase HAVING count(*) > 1"
        assert self.ask(twice) == []
        parked = "SELECT camera_id, count(*) FROM video_observation WHERE object = 'car' GROUP BY 1"
        assert [count for _, count in self.ask(parked)] == [1, 1], "the car never left"
        bare = "SELECT count(*) FROM video_observation WHERE evidence_id IS NULL"
        assert self.ask(bare)[0][0] <= forced_out + never_kept
        assert list((self.eyes.spool / "rejected").iterdir()) == []
        assert self.ask("PRAGMA integrity_check") == [("ok",)]


# --------------------------------------------------------------------------------------- the place


@pytest.fixture
def cameras() -> Iterator[dict[str, tuple[psutil.Popen, str]]]:
    made = {name: serve_clip() for name in ("好的", "会冻住的")}
    yield made
    for process, _ in made.values():
        process.kill()
        process.wait()


def serve_clip() -> tuple[psutil.Popen, str]:
    """A camera that plays the bundled clip over and over, and its address."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("rtsp-server")), "-d", str(CLIPS)]
    process = psutil.Popen(
        [*command, "-H", "127.0.0.1", "-p", str(port), "-cp", str(free_port())],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return process, f"rtsp://127.0.0.1:{port}/campus.mp4"


@pytest.fixture
async def place(
    cameras: dict[str, tuple[psutil.Popen, str]],
    small_disk: Callable[[str], Path],
    tmp_path: Path,
) -> AsyncIterator[Place]:
    disk = small_disk("320m")  # it must have 200 MB free to be called ready
    data = disk / "data"
    data.mkdir()
    with ScriptedCamera(scripted.film(96, 64, [0.0] * 500), codec="X-NEW-CODEC") as mute:
        addresses = {name: address for name, (_, address) in cameras.items()}
        await furnish(data, {**addresses, "没有画面的": mute.address}, zones())
        known = {"LIUHE_PLUGINS": "video", "LIUHE_SECRET_KEY": "test-" * 8}
        household = start_household(data, "--no-demo", "--no-video", **known)
        eyes = Eyes(household, small_disk("24m"), tmp_path / "eyes.log")
        processes = {name: process for name, (process, _) in cameras.items()}
        try:
            household.wait_until_ready()
            eyes.start()
            with eyes.witnessed():
                yield Place(household, eyes, disk, processes)
        finally:
            eyes.kill()
            if household.process.poll() is None:
                household.stop()


async def furnish(
    data: Path, addresses: dict[str, str], zones: Sequence[actions.ZoneInput]
) -> None:
    address = await sqlite_copy(load(data, ["video"]), data)
    async with living(load(data, ["video"], url=address)):
        area = await make_area("330105000000", "拱墅区")
        admin = await make_viewer("admin", "admin", area=area)
        for name, source in addresses.items():
            given = actions.CameraInput(
                name=name, area_id=area.id, source=source, filing_number="1", signage=True
            )
            camera = await actions.create_camera(admin, given)
            await show_sign(admin, camera.id)
            await actions.activate_camera(admin, camera.id)
            for zone in zones:
                await actions.save_zone(admin, camera.id, zone)


def zones() -> list[actions.ZoneInput]:
    """Something happens all the time: people come into small zones; and a car stays parked."""
    passing = actions.WatchInput(kind="enter", objects=("person",), seconds=0, grace=1)
    parked = actions.WatchInput(kind="dwell", objects=("car",), seconds=2, grace=60)
    corners = [(x / 5, y / 5) for x in range(5) for y in range(5)]
    return [
        actions.ZoneInput(name=f"{x}-{y}", polygon=square(x, y, 0.2), watches=(passing,))
        for x, y in corners
    ] + [actions.ZoneInput(name="禁停区", polygon=square(0.81, 0, 0.17), watches=(parked,))]


def square(x: float, y: float, side: float) -> list[tuple[float, float]]:
    return [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]


# ---------------------------------------------------------------------------------------- the tests


def both_see(place: Place) -> bool:
    """The car that stays, and who passes."""
    seen = "SELECT DISTINCT camera_id, kind FROM video_observation"
    return len(place.ask(seen)) == 4


def test_kills_at_both_ends_and_a_full_spool_lose_and_double_nothing_unsaid(place: Place) -> None:
    eyes, frozen = place.eyes, place.cameras["会冻住的"]
    until(lambda: both_see(place), "both cameras see something")

    place.household.child("serve").kill()
    until(lambda: len(eyes.waiting()) >= 3, "the spool keeps what the server does not take")
    eyes.kill()
    kept = eyes.waiting()
    assert kept
    eyes.start()
    place.household.wait_until_ready()
    until(lambda: kept <= place.arrived(), "what waited over the kill arrives")

    seen = place.seen_by("会冻住的")
    until(lambda: place.seen_by("会冻住的") > seen, "the camera is watched again")
    frozen.suspend()
    ballast = fill(eyes.spool)
    until(lambda: is_told(place), "how the spool and each camera do", NOTICED + BUSY)

    ballast.unlink()
    frozen.resume()
    seen = place.seen_by("会冻住的")
    until(lambda: place.seen_by("会冻住的") > seen, "the camera that came back is watched")
    place.come_to_an_end()
    place.all_came_once()


def is_told(place: Place) -> bool:
    """By one and the same word of the worker."""
    lost = place.spool().get("dropped", 0)
    frozen, mute, fine = map(place.health, ("会冻住的", "没有画面的", "好的"))
    troubled = frozen[0] == mute[0] == "reconnecting" and "编码" in mute[1]
    return lost > 0 and troubled and fine == ("running", "")


def test_what_a_full_disk_of_the_server_refuses_waits_with_the_worker_and_comes_once(
    place: Place,
) -> None:
    until(lambda: both_see(place), "both cameras see something")
    ballast = fill(place.disk)
    until(lambda: len(place.eyes.waiting()) >= 5, "the worker keeps what is refused")
    told = httpx2.get(f"{place.household.url}/readyz", timeout=20)
    assert (told.status_code, "disk" in told.json()["problems"]) == (503, True)
    kept = place.eyes.waiting() - place.arrived()
    assert kept
    ballast.unlink()
    until(lambda: kept <= place.arrived(), "it arrives once there is room")
    place.come_to_an_end()
    place.all_came_once()
