"""Shards as real processes, each with the stand-in pipeline: see `gst_machine`."""

import io
import itertools
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gpu import served
from gpu.deepstream import rests, shard
from gpu.deepstream import running as running_module
from gpu.deepstream.plan import arranged, halved, kind, same_eyes
from gpu.deepstream.running import Options, Running
from gpu.deepstream.spec import Recording, Settings
from gpu.deepstream.worker import Worker
from gpu.memory import Memory
from gpu.messages import Camera, CameraHealth, Config, Observation, Tracks, Watch, Zone
from gpu.pipeline import line
from tests.gpu.gst_machine import parked

WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def zone(name: str = "z", seconds: float = 0.5) -> Zone:
    watch = Watch(id="w", kind="dwell", objects=("car",), seconds=seconds, grace=1.0)
    return Zone(id=name, name="z", polygon=WHOLE, watches=(watch,))


def camera(number: int, source: str = "rtsp://camera/live", **changes: Any) -> Camera:
    values: dict[str, Any] = {"zones": (zone(),), **changes}
    return Camera(id=f"c{number}", name="c", source=source, **values)


# ------------------------------------------------------------------------------------- the plan


def lines(*cameras: Camera) -> list[Any]:
    return [line(each) for each in cameras]


def test_cameras_fill_shards_of_one_kind() -> None:
    wanted = lines(*(camera(n) for n in range(5)), camera(9, detect_every=2))
    plan = arranged(wanted, {}, 2)
    assert [[each.source.camera_id for each in its] for its in plan.values()] == [
        ["c0", "c1"],
        ["c2", "c3"],
        ["c4"],
        ["c9"],
    ]


def test_films_that_end_share_no_shard_with_what_never_does() -> None:
    wanted = lines(camera(0), camera(1, "a.mp4"), camera(2, "b.mp4", loop=True), camera(3, "c.mp4"))
    plan = arranged(wanted, {}, 4)
    ids = [[each.source.camera_id for each in its] for its in plan.values()]
    assert ids == [["c0", "c2"], ["c1", "c3"]]


def test_a_camera_that_goes_leaves_a_hole_that_the_next_one_fills() -> None:
    before = arranged(lines(*(camera(n) for n in range(4))), {}, 2)
    without = arranged(lines(camera(0), camera(2), camera(3)), before, 2)
    assert same_eyes(before[1], without[1]), "the others are left alone"
    after = arranged(lines(camera(0), camera(2), camera(3), camera(7)), without, 2)
    assert [each.source.camera_id for each in after[0]] == ["c0", "c7"]
    assert same_eyes(before[1], after[1])


def test_a_half_keeps_its_cameras_and_takes_in_nobody_while_it_is_closed() -> None:
    whole = arranged(lines(*(camera(n) for n in range(5))), {}, 8)
    halves = halved(whole, 0)
    assert [[each.source.camera_id for each in its] for its in halves.values()] == [
        ["c0", "c1"],
        ["c2", "c3", "c4"],
    ]
    after = arranged(lines(*(camera(n) for n in range(6))), halves, 8, {0, 1})
    assert after == {**halves, 2: (line(camera(5)),)}
    assert len(arranged(lines(*(camera(n) for n in range(6))), halves, 8, {1})[0]) == 3


def test_other_zones_are_the_same_eyes() -> None:
    before = arranged(lines(camera(0)), {}, 2)
    after = arranged(lines(camera(0, zones=(zone("other"),))), before, 2)
    assert same_eyes(before[0], after[0])
    moved = arranged(lines(camera(0, source="rtsp://elsewhere/")), before, 2)
    assert not same_eyes(before[0], moved[0])
    turned = (line(camera(0, view=1), tracks=True),)
    assert same_eyes(before[0], turned), "nor is another view, or that what moves is kept"


cameras = st.lists(st.tuples(st.integers(0, 12), st.sampled_from([1, 5])), unique_by=lambda c: c[0])


@given(changes=st.lists(cameras, min_size=1, max_size=6), most=st.integers(1, 4))
def test_each_camera_is_in_one_shard_whatever_came_and_went(
    changes: list[list[tuple[int, int]]], most: int
) -> None:
    plan: dict[int, Any] = {}
    for wanted in changes:
        before = plan
        plan = arranged(lines(*(camera(n, detect_every=e) for n, e in wanted)), before, most)
        ids = [each.source.camera_id for its in plan.values() for each in its]
        assert sorted(ids) == sorted(f"c{n}" for n, _ in wanted)
        for its in plan.values():
            assert 0 < len(its) <= most
            assert len({kind(each) for each in its}) == 1
        for number, its in before.items():
            if set(its) <= {each for one in plan.values() for each in one}:
                assert set(its) <= set(plan[number]), "who stays stays where he is"


# -------------------------------------------------------------------------------------- the rests


def test_a_shard_rests_longer_each_time_and_begins_anew_after_steady_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rests, "waits", lambda first: itertools.count(first, 1.0))
    shards = rests.Rests()
    assert shards.over(0, 0.0), "nothing is known against it"
    often = [shards.broke(0, 0.0, now=now) for now in (0.0, 1.0, 3.0)]
    assert often == [False, False, True]
    assert (shards.over(0, 5.9), shards.over(0, 6.0)) == (False, True), "the third one is longer"
    assert shards.over(1, 3.0), "others do not rest"
    assert shards.broke(0, rests.STEADY - 1, now=6.0), "work, but not steady"
    assert not shards.broke(0, rests.STEADY, now=6.0 + rests.STEADY), "steady work in between"
    assert shards.over(0, 7.0 + rests.STEADY)
    shards.forget(0)
    assert shards.over(0, 6.0 + rests.STEADY)


# ------------------------------------------------------------------------------------ processes


class Told:
    """What the worker was told, in order."""

    def __init__(self) -> None:
        self.all: list[tuple[Observation, bytes | None]] = []
        self.lock = threading.Lock()

    def __call__(self, observation: Observation, picture: bytes | None) -> None:
        with self.lock:
            self.all.append((observation, picture))

    def seen(self, phase: str, camera_id: str, zone_id: str = "z") -> list[Observation]:
        with self.lock:
            return [
                each
                for each, _ in self.all
                if (each.phase, each.camera_id, each.zone_id) == (phase, camera_id, zone_id)
            ]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def made(gstreamer: Any, cache: Path, tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    workers: list[Worker] = []

    def make(told: Told, record: Any = None, **changes: Any) -> Worker:
        values: dict[str, Any] = {
            "models": (),
            "cache": cache,
            "folder": tmp_path / "run",
            "memory": tmp_path / "open",
            "make": parked,
            "most": 2,
            "snapshot_every": 0.5,
            "stuck": 3.0,
            **changes,
        }
        workers.append(Worker(Options(**values), told, record))
        return workers[-1]

    yield make
    for worker in workers:
        worker.stop()


def pids(worker: Worker) -> dict[int, int | None]:
    return {number: running.process.pid for number, running in worker._running.items()}


def health(worker: Worker, camera_id: str) -> CameraHealth:
    return next(each for each in worker.health() if each.camera_id == camera_id)


def test_a_shard_tells_follows_new_zones_and_survives_its_death(
    made: Callable[..., Worker], tmp_path: Path, until: Any
) -> None:
    told = Told()
    worker = made(told)
    worker.apply(Config(version="1", cameras=(camera(0), camera(1))))
    until(lambda: told.seen("started", "c0") and told.seen("started", "c1"), 60)
    [first] = told.seen("started", "c0")
    assert (first.object, first.model[:4]) == ("car", "ssd_")
    assert first.box == pytest.approx((0.4, 0.4, 0.6, 0.6))
    picture = next(jpeg for each, jpeg in told.all if each.key == first.key)
    assert picture is not None
    assert Image.open(io.BytesIO(picture)).size == (128, 72), "in the camera's own shape"
    until(lambda: health(worker, "c0").state == "running", 20)
    shown = dict(worker.snapshots())
    until(lambda: shown["c1"]() is not None, 20)

    before = pids(worker)
    worker.apply(Config(version="2", cameras=(camera(0, zones=(zone("other"),)), camera(1))))
    until(lambda: told.seen("ended", "c0") and told.seen("started", "c0", "other"), 20)
    assert pids(worker) == before, "other zones need no new process"
    assert told.seen("ended", "c1") == []

    memory = Memory(tmp_path / "open")
    until(lambda: [each.zone_id for each in memory.load("c0").opens] == ["other"])
    os.kill(before[0] or 0, signal.SIGKILL)
    until(lambda: pids(worker).get(0) not in (None, before[0]), 30)
    until(lambda: health(worker, "c1").state == "running", 60)
    assert health(worker, "c1").reconnects >= 1
    assert len(told.seen("started", "c1")) == 1, "what was open goes on and is not told again"
    assert told.seen("ended", "c1") == []

    worker.apply(Config(version="3", cameras=(camera(1),)))
    until(lambda: told.seen("ended", "c0", "other"), 20)
    assert told.seen("ended", "c1") == []
    alive = [p for p in pids(worker).values() if p is not None]
    worker.stop()
    assert not [pid for pid in alive if psutil.pid_exists(pid)]


def test_a_recording_is_for_nobody_else_to_read(
    made: Callable[..., Worker], tmp_path: Path, until: Any
) -> None:
    folder = tmp_path / "records"
    settings = Settings(recording=Recording(folder=folder))
    worker = made(Told(), settings=settings)
    worker.apply(Config(version="1", cameras=(camera(0),)))
    until(lambda: list(folder.glob("camera-c0_*.mp4")), 60)
    worker.stop()
    [recorded] = folder.glob("*")
    assert (folder.stat().st_mode & 0o777, recorded.stat().st_mode & 0o777) == (0o700, 0o600)
    long_ago = time.time() - 31 * 86_400
    os.utime(recorded, (long_ago, long_ago))
    made(Told(), settings=settings)
    until(lambda: not recorded.exists(), 10)


def test_keeping_what_moves_and_another_view_need_no_new_process(
    made: Callable[..., Worker], until: Any
) -> None:
    moved: list[Tracks] = []
    worker = made(Told(), moved.append)
    worker.apply(Config(version="1", cameras=(camera(0), camera(1))))
    until(lambda: health(worker, "c1").state == "running", 60)
    before = pids(worker)
    worker.apply(Config(version="2", cameras=(camera(0), camera(1, view=1)), tracks=True))
    time.sleep(1.5)
    assert pids(worker) == before
    worker.stop()
    until(lambda: {each.camera_id for each in moved} == {"c0", "c1"})
    assert "car" in moved[0].objects
    assert moved[0].model.startswith("ssd_")


def test_shards_are_stopped_all_at_once(made: Callable[..., Worker]) -> None:
    """Each takes the time that it has; the health must not wait for all of them, one by one."""

    class Slow:
        worked, health = 0.0, ()

        def __init__(self, number: int) -> None:
            self.number, self.lines, self.stopped = number, (line(camera(number)),), False

        def stop(self) -> None:
            time.sleep(0.3)
            self.stopped = True

    worker = made(Told())
    slow = [Slow(number) for number in range(8)]
    with worker._lock:
        worker._plan = {each.number: each.lines for each in slow}
        worker._running = {each.number: each for each in slow}  # type: ignore[misc]
        begun = time.monotonic()
        worker.apply(Config(version="1", cameras=()))
        assert time.monotonic() - begun < 1.5
    assert all(each.stopped for each in slow)


def test_a_pipeline_that_breaks_is_started_anew_and_a_new_camera_touches_no_other(
    made: Callable[..., Worker], until: Any
) -> None:
    told = Told()
    worker = made(told, most=1)
    broken = camera(1, source="rtsp://camera/error=80")
    worker.apply(Config(version="1", cameras=(camera(0), broken)))
    until(lambda: health(worker, "c0").state == "running", 60)
    first = pids(worker)
    until(lambda: health(worker, "c1").reconnects >= 1, 60)
    worker.apply(Config(version="2", cameras=(camera(0), broken, camera(2))))
    until(lambda: told.seen("started", "c2"), 60)
    assert pids(worker)[0] == first[0]


def test_a_camera_that_breaks_its_shard_again_and_again_ends_alone(
    made: Callable[..., Worker], until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rests, "waits", lambda first: itertools.repeat(0.1))
    monkeypatch.setattr(rests, "OFTEN", 1)
    worker = made(Told(), most=4, stuck=2.0)
    bad = camera(1, source="rtsp://camera/error=3")
    worker.apply(Config(version="1", cameras=(camera(0), bad, camera(2), camera(3))))

    def together(plan: Any) -> list[list[str]]:
        return sorted([each.source.camera_id for each in its] for its in plan.values())

    until(lambda: together(worker._plan) == [["c0"], ["c1"], ["c2", "c3"]], 60)
    good = ("c0", "c2", "c3")
    until(lambda: all(health(worker, each).state == "running" for each in good), 60)
    before, breaks = pids(worker), health(worker, "c1").reconnects
    until(lambda: health(worker, "c1").reconnects >= breaks + 1, 60)
    alone = next(n for n, its in worker._plan.items() if its == (line(bad),))
    assert {**before, alone: None} == {**pids(worker), alone: None}, "the others are left alone"
    mended, new = camera(1), camera(4)
    worker.apply(Config(version="2", cameras=(camera(0), mended, camera(2), camera(3), new)))
    assert ["c1"] in together(worker._plan), "nobody new comes to it"
    until(lambda: health(worker, "c1").state == "running", 20)


def test_a_camera_with_which_no_pipeline_starts_keeps_no_other_from_it(
    made: Callable[..., Worker], until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rests, "waits", lambda first: itertools.repeat(0.1))
    worker = made(Told())
    worker.apply(Config(version="1", cameras=(camera(0, source="rtsp://camera/refuse"), camera(1))))
    until(lambda: health(worker, "c1").state == "running", 60)
    until(lambda: health(worker, "c0").state == "failed", 20)
    assert health(worker, "c0").fault == "pipeline"
    assert len(worker._plan) == 2


def test_what_no_camera_can_help_is_not_laid_at_their_door(
    made: Callable[..., Worker], until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rests, "waits", lambda first: itertools.repeat(0.1))
    worker = made(Told())
    cameras = tuple(camera(n, model="no-such-model") for n in range(2))
    worker.apply(Config(version="1", cameras=cameras))
    until(lambda: health(worker, "c0").reconnects > rests.OFTEN, 60)
    assert len(worker._plan) == 1


def test_a_camera_on_whose_first_picture_the_pipeline_breaks_ends_alone(
    made: Callable[..., Worker], until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No picture of anybody comes through: the error is not told, and is no start."""
    monkeypatch.setattr(rests, "waits", lambda first: itertools.repeat(0.1))
    monkeypatch.setattr(rests, "OFTEN", 1)
    worker = made(Told(), stuck=2.0)
    late = camera(1, source="rtsp://camera/late=1")
    worker.apply(Config(version="1", cameras=(camera(0, source="rtsp://camera/error=1"), late)))
    until(lambda: len(worker._plan) == 2, 30)
    until(lambda: health(worker, "c1").state == "running", 30)


class Scripted:
    """A shard of which the test says how it does."""

    def __init__(self, number: int, its_lines: Any, options: Options) -> None:
        self.number, self.lines, self.health = number, its_lines, ()
        self.pulse, self.worked, self.failed = float("inf"), rests.STEADY, None
        self.process = SimpleNamespace(is_alive=lambda: self.process.exitcode is None)
        self.process.exitcode = None
        self.reports = self.tells = SimpleNamespace(recv=self._nothing)

    def says(self, reconnects: int) -> None:
        ids = [each.source.camera_id for each in self.lines]
        self.health = tuple(
            CameraHealth(camera_id=each, state="running", reconnects=reconnects) for each in ids
        )

    def stop(self) -> None: ...

    def _nothing(self) -> None:
        raise EOFError


def test_reconnects_never_become_fewer_when_a_shard_is_started_anew(
    made: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch, until: Any
) -> None:
    """The server adds by how much they have grown; what became less it takes for a new count."""
    monkeypatch.setattr("gpu.deepstream.worker.Running", Scripted)
    monkeypatch.setattr(rests, "waits", lambda first: itertools.repeat(0.0))
    worker = made(Told())
    worker.apply(Config(version="1", cameras=(camera(0), camera(1))))
    first: Any = worker._running[0]
    first.says(reconnects=5)
    assert health(worker, "c0").reconnects == 5
    first.process.exitcode = shard.BROKEN
    until(lambda: worker._running.get(0, first) is not first, 20)
    second: Any = worker._running[0]
    assert health(worker, "c0").reconnects == 6, "also before its first pulse"
    second.says(reconnects=0)
    assert health(worker, "c0").reconnects == 6
    second.says(reconnects=2)
    worker.apply(Config(version="2", cameras=(camera(0), camera(1, "rtsp://other/"))))
    assert worker._running[0] is not second
    assert health(worker, "c0").reconnects == 8, "that it was edited is no reconnect"
    worker.apply(Config(version="3", cameras=(camera(1, "rtsp://other/"),)))
    worker.apply(Config(version="4", cameras=(camera(0),)))
    assert health(worker, "c0").reconnects == 0


def test_a_shard_that_hung_for_long_has_not_worked_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, running = [0.0], Running.__new__(Running)
    monkeypatch.setattr(running_module, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    running.health, running._shown = (), None
    day = datetime(2026, 5, 1, tzinfo=UTC)
    assert running.worked == 0.0
    for second in (0, 1, 20, 50, 75, 76, 200):
        clock[0] = float(second)
        last = None if second < 20 else day + timedelta(seconds=min(second, 75))
        running.beat((CameraHealth(camera_id="c", state="running", last_frame_at=last),))
    assert running.worked == 55.0, "from the first picture to the last one"
    assert running.pulse == 200.0


def test_a_pipeline_in_which_nothing_moves_is_started_anew(
    made: Callable[..., Worker], until: Any
) -> None:
    worker = made(Told(), stuck=6.0)
    worker.apply(Config(version="1", cameras=(camera(0, source="rtsp://camera/freeze=20"),)))
    until(lambda: health(worker, "c0").state == "running", 60)
    until(lambda: health(worker, "c0").state == "reconnecting", 20)
    assert "No picture for" in health(worker, "c0").error
    assert health(worker, "c0").fault == "silent"
    first = pids(worker)[0]
    until(lambda: pids(worker).get(0) not in (None, first), 20)


def test_the_server_s_cameras_are_watched_and_told_to_it(
    gstreamer: Any, cache: Path, tmp_path: Path, server: Any, token_file: Path, until: Any
) -> None:
    config = Config(version="1", cameras=(camera(0),)).to_json()

    def told(call: Any) -> Any:
        known = call.headers.get("If-None-Match") == '"1"'
        time.sleep(0.5 if known else 0)
        return (304, {}, b"") if known else (200, {}, json.dumps(config).encode())

    server.on("GET /video/config", told)
    for what in ("POST /video/observations", "POST /video/health"):
        server.on(what, 204)
    server.on("PUT /video/cameras/c0/snapshot", 204)
    server.on("GET /video/blur", lambda call: time.sleep(0.5) or (204, {}, b""))
    gpu = Options(models=(), cache=cache, folder=tmp_path / "run", make=parked, snapshot_every=0.5)
    options = served.Options(
        server=server.address, token_file=token_file, spool=tmp_path / "spool", gpu=gpu
    )
    stop = threading.Event()
    thread = threading.Thread(target=served.serve, args=(options, stop))
    thread.start()
    try:
        until(lambda: server.named("POST /video/observations"), 60)
        until(lambda: server.named("PUT /video/cameras/c0/snapshot"), 20)
        parts = server.named("POST /video/observations")[0].parts()
        seen = Observation.from_json(parts["observation"])
        assert (seen.camera_id, seen.object, seen.phase) == ("c0", "car", "started")
        assert parts["evidence"].startswith(b"\xff\xd8"), "a JPEG"
        until(lambda: b'"running"' in server.named("POST /video/health")[-1].body, 30)
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()


def test_a_camera_over_tls_is_left_out_says_why_and_ends_what_was_open(
    made: Callable[..., Worker], until: Any
) -> None:
    told = Told()
    worker = made(told)
    worker.apply(Config(version="1", cameras=(camera(0), camera(1, "RTSPS://camera/live"))))
    assert [line.source.camera_id for its in worker._plan.values() for line in its] == ["c0"]
    refused = health(worker, "c1")
    assert (refused.state, refused.fault) == ("failed", "tls")
    assert "watch it on a CPU" in refused.error
    until(lambda: told.seen("started", "c0"), 60)
    worker.apply(Config(version="2", cameras=(camera(0, "rtsps://camera/live"), camera(1))))
    until(lambda: told.seen("ended", "c0"), 20)
    assert health(worker, "c0").fault == "tls"
    until(lambda: told.seen("started", "c1"), 60)
    assert health(worker, "c1").fault == ""


def test_a_model_that_cannot_be_had_is_said_by_its_cameras(
    made: Callable[..., Worker], until: Any
) -> None:
    worker = made(Told())
    worker.apply(Config(version="1", cameras=(camera(0, model="no-such-model"),)))
    until(lambda: health(worker, "c0").state == "failed", 60)
    assert "no-such-model" in health(worker, "c0").error
    assert health(worker, "c0").fault == "model"


def test_a_camera_that_comes_back_begins_anew(made: Callable[..., Worker], until: Any) -> None:
    worker = made(Told(), memory=None)
    both = Config(version="1", cameras=(camera(0), camera(1, model="no-such-model")))
    worker.apply(both)
    until(lambda: health(worker, "c1").reconnects >= 1, 60)
    until(lambda: dict(worker.snapshots())["c0"]() is not None, 60)
    time.sleep(1.0)  # the next picture is there
    worker.apply(Config(version="2"))
    worker.apply(both)
    assert dict(worker.snapshots())["c0"]() is None, "not as it was before"
    now = health(worker, "c1")
    assert (now.state, now.error, now.reconnects) == ("starting", "", 0)


def test_files_that_are_over_end_what_is_open_and_stay_ended(
    made: Callable[..., Worker], until: Any
) -> None:
    told = Told()
    worker = made(told)
    worker.apply(Config(version="1", cameras=(camera(0, source="frames=150.mp4"),)))
    until(lambda: told.seen("ended", "c0"), 60)
    until(lambda: health(worker, "c0").state == "ended", 20)
    assert len(told.seen("started", "c0")) == 1


def test_a_camera_that_says_it_is_over_is_called_again_and_nothing_ends_there(
    made: Callable[..., Worker], until: Any
) -> None:
    told = Told()
    worker = made(told)
    worker.apply(Config(version="1", cameras=(camera(0, source="rtsp://camera/frames=120"),)))
    until(lambda: told.seen("started", "c0"), 60)
    first = pids(worker)[0]
    until(lambda: pids(worker).get(0) not in (None, first), 20)
    until(lambda: health(worker, "c0").state == "running", 60)
    assert health(worker, "c0").reconnects >= 1  # on a busy machine it is over once more by now
    assert len(told.seen("started", "c0")) == 1
    assert told.seen("ended", "c0") == []
