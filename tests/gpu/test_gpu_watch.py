"""From frames to observations: the bundled clip, several cameras, restarts, the command line."""

import gc
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

import gpu
from gpu import clock, pipeline
from gpu.cpu.decode import Frame
from gpu.cpu.detect import Detector
from gpu.cpu.follower import Follower
from gpu.cpu.motion import HEIGHT, WIDTH
from gpu.cpu.track import Tracker
from gpu.cpu.watch import Worker
from gpu.manifests import find
from gpu.memory import Memory
from gpu.messages import Camera, Config, Observation, Point, Watch, Zone
from gpu.pipeline import CLIPS, Seen
from gpu.spells import Track
from gpu.teller import Teller
from gpu.teller import observation as told
from gpu.zones import Change, Zones

ROOT = Path(gpu.__file__).parents[1]
CAMPUS = Camera.from_json((CLIPS / "campus.json").read_bytes())
LENGTH, RATE, EVERY = 79.5, 10, 5  # of the clip, and of the looks


def recorded() -> list[tuple[float, list[Seen]]]:
    """What the model saw in every fifth frame of the clip."""
    lines = Path(__file__).with_name("campus_seen.jsonl").read_text().splitlines()
    looks = [json.loads(line) for line in lines[::EVERY]]
    return [
        (
            look["frame"] / RATE,
            [Seen(object=o, score=score, box=tuple(box)) for o, score, box in look["seen"]],
        )
        for look in looks
    ]


def play(loops: int, *, reset: bool) -> list[Change]:
    """The recording, tracked and watched as the worker does it."""
    tracker = Tracker(pipeline.Track(), find(None).manifest.output, RATE / EVERY)
    zones = Zones(CAMPUS.zones)
    changes = []
    for loop in range(loops):
        if reset:
            tracker.reset()
        for at, seen in recorded():
            now = 1_000_000 + loop * LENGTH + at
            for then, tracks in tracker.follow(now, seen):
                changes += zones.look(then, tracks)
    return changes


@pytest.mark.parametrize("reset", [True, False])
def test_a_parked_car_is_one_observation_however_often_the_clip_loops(reset: bool) -> None:
    parked = [change for change in play(3, reset=reset) if change.watch_id == "parked"]
    assert [change.phase for change in parked] == ["started"]
    assert parked[0].at - 1_000_000 < 60
    assert parked[0].track.object == "car"


def test_people_gather_at_times_and_not_always() -> None:
    crowd = [change for change in play(1, reset=True) if change.watch_id == "crowd"]
    assert [change.phase for change in crowd[:2]] == ["started", "ended"]
    assert crowd[0].count >= 4


# ------------------------------------------------------------------------------------- the worker

Told = list[tuple[Observation, bytes | None]]


def no_picture(change: Change, polygon: Sequence[Point]) -> None: ...


PARKED = replace(
    CAMPUS.zones[0],
    watches=(Watch(id="parked", kind="dwell", objects=("car", "truck", "bus"), seconds=2),),
)


def worker(detector: Detector, memory: Memory | None = None) -> tuple[Worker, Told]:
    heard: Told = []
    made = Worker(detector, lambda o, picture: heard.append((o, picture)), memory)
    return made, heard


def halt(made: Worker) -> None:
    """Stop the cameras, but leave the detector to the next test."""
    made.apply(Config(version="end"))


def campus(**changes: Any) -> Camera:
    values = {"id": "c", "name": "c", "source": "clip:campus", "zones": (PARKED,), "loop": True}
    return Camera(**{**values, **changes})


def phases(heard: Told) -> list[tuple[str, str]]:
    return [(o.camera_id, o.phase) for o, _ in heard]


@pytest.mark.slow
def test_the_clip_gives_evidence_that_shows_the_car(detector: Detector, until: Any) -> None:
    made, heard = worker(detector)
    made.apply(Config(version="1", cameras=(campus(),)), live=False)
    until(lambda: heard, 60)
    halt(made)
    started, picture = heard[0]
    assert (started.phase, started.object, started.kind) == ("started", "car", "dwell")
    assert started.model == find(None).tag
    assert started.box == pytest.approx((0.94, 0.0, 1.0, 0.12), abs=0.03)
    assert (started.at - started.started_at).total_seconds() >= 2
    assert Image.open(io.BytesIO(picture or b"")).size == (768, 432)
    assert heard[1][0].observation_id == started.observation_id
    assert heard[1][1] is None  # an end needs no picture


@pytest.mark.slow
def test_a_camera_of_two_frames_a_second_tells_what_stands_in_its_zone(
    detector: Detector, tmp_path: Path
) -> None:
    slow = tmp_path / "slow.mp4"
    with av.open(str(CLIPS / "campus.mp4")) as clip, av.open(str(slow), "w") as out:
        track = out.add_stream("libx264", rate=2, options={"preset": "ultrafast", "crf": "10"})
        track.width, track.height, track.pix_fmt = 768, 432, "yuv420p"
        for number, picture in enumerate(islice(clip.decode(video=0), 0, 100, 5)):
            picture.pts, picture.time_base = number, Fraction(1, 2)
            out.mux(track.encode(picture))
        out.mux(track.encode(None))
    made, heard = worker(detector)
    camera = campus(source=str(slow), loop=False)
    assert camera.detect_every == 5, "as everybody has it"
    made.apply(Config(version="1", cameras=(camera,)), live=False)
    made.cameras()[0].join()
    halt(made)
    assert phases(heard) == [("c", "started"), ("c", "ended")]
    assert heard[0][0].object == "car"


@pytest.mark.slow
def test_a_broken_video_leaves_the_others_alone(
    detector: Detector, until: Any, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    made, heard = worker(detector)
    cameras = (
        campus(id="bad", source=str(broken)),
        campus(id="no model", model="nothing"),
        campus(id="good"),
    )
    made.apply(Config(version="1", cameras=cameras), live=False)
    until(lambda: heard, 60)
    health = {each.camera_id: each for each in made.health()}
    halt(made)
    assert {name: each.state for name, each in health.items()} == {
        "bad": "failed",
        "no model": "failed",
        "good": "running",
    }
    assert "broken.mp4 is no video that can be read" in health["bad"].error
    assert "There is no model 'nothing'" in health["no model"].error
    faults = {name: each.fault for name, each in health.items()}
    assert faults == {"bad": "unreadable", "no model": "model", "good": ""}
    assert phases(heard) == [("good", "started"), ("good", "ended")]


@pytest.mark.slow
def test_a_new_configuration_changes_what_runs_and_nothing_else(
    detector: Detector, until: Any, tmp_path: Path
) -> None:
    made, heard = worker(detector, Memory(tmp_path))
    made.apply(Config(version="1", cameras=(campus(id="a"), campus(id="b"))), live=True)
    a, b = made.cameras()
    until(lambda: len(heard) == 2, 60)
    other = Zone(id="other", name="", polygon=PARKED.polygon)
    second = Config(
        version="2",
        cameras=(
            campus(id="a", zones=(PARKED, other)),
            campus(id="b", detect_every=2),
            campus(id="c"),
        ),
    )
    made.apply(second)
    running = {each.line.source.camera_id: each for each in made.cameras()}
    assert running["a"] is a  # zones only: it goes on
    assert running["b"] is not b  # other eyes: it begins anew, and what was open goes on
    until(lambda: running["b"].vitals.detections.total >= 8, 60)
    assert phases(heard).count(("b", "started")) == 1
    assert phases(heard).count(("b", "ended")) == 0
    made.apply(Config(version="3", cameras=(campus(id="a", zones=(other,)),), tracks=True))
    assert [each.line.source.camera_id for each in made.cameras()] == ["a"]
    assert phases(heard).count(("b", "ended")) == 1  # nobody watches there any more
    until(lambda: phases(heard).count(("a", "ended")) == 1, 60)  # nor this zone
    halt(made)


def test_what_happens_is_told_also_when_its_picture_fails() -> None:
    """Whatever fails in making it: an engine, a picture library, memory, a recording."""
    heard: Told = []

    def picture(change: Change, polygon: Sequence[Point]) -> bytes:
        raise RuntimeError("the engine is gone")

    parked = pipeline.line(campus())
    teller = Teller(parked, lambda told, picture: heard.append((told, picture)), picture)
    teller.begin("m@1", 0.0)
    car = Track(id=1, object="car", score=0.9, box=(0.94, 0.0, 1.0, 0.12))
    for second in range(20):
        teller.look(float(second), [car] if second < 5 else [])
    assert [(told.phase, picture) for told, picture in heard] == [
        ("started", None),
        ("ended", None),
    ]


class Killed(BaseException):
    """As by kill -9: nothing after it runs."""


@pytest.mark.parametrize("phase", ["started", "ended"])
@pytest.mark.parametrize("heard_it", [True, False])
def test_a_kill_while_something_is_told_neither_loses_nor_doubles_it(
    phase: str, heard_it: bool, tmp_path: Path
) -> None:
    heard: list[str] = []
    car = Track(id=1, object="car", score=0.9, box=(0.94, 0.0, 1.0, 0.12))
    killing = True

    def tell(told: Observation, picture: bytes | None) -> None:
        dies = killing and told.phase == phase
        if heard_it or not dies:
            heard.append(told.key)
        if dies:
            raise Killed

    def begun() -> Teller:
        made = Teller(pipeline.line(campus()), tell, lambda *_: None, Memory(tmp_path))
        made.begin("m@1", 0.0)
        return made

    def show(made: Teller, seconds: range) -> None:
        for second in seconds:
            made.look(float(second), [car] if second < 5 else [])

    with pytest.raises(Killed):
        show(begun(), range(20))
    killing = False
    show(begun(), range(4, 20))
    begun()
    told = list(dict.fromkeys(heard))  # the spool and the server take each key once
    assert [key.partition(":")[2] for key in told] == ["started", "ended"]
    assert len({key.partition(":")[0] for key in told}) == 1
    assert len(heard) == 2 + heard_it, "what was told is not told again with each start"


@pytest.mark.parametrize(("stops", "unknown"), [("rest", 0.0), ("kill", 60.0)])
def test_a_stay_that_is_over_after_a_restart_ended_when_it_was_last_seen(
    stops: str, unknown: float, tmp_path: Path
) -> None:
    heard: list[Observation] = []

    def made() -> Teller:
        memory = Memory(tmp_path)
        return Teller(pipeline.line(campus()), lambda o, _: heard.append(o), no_picture, memory)

    def begun() -> Teller:
        teller = made()
        teller.begin("m@1", 0.0)
        return teller

    car = Track(id=1, object="car", score=0.9, box=(0.94, 0.0, 1.0, 0.12))
    first = begun()
    for second in range(1, 600):
        first.look(1000.0 + second, [car])
    if stops == "rest":
        first.rest()
    made().rest()  # one that never saw anything knows of nothing, and forgets nothing
    again = begun()
    for second in range(30):
        again.look(2000.0 + second, [])
    started, ended = heard
    assert (started.phase, ended.phase) == ("started", "ended")
    assert ended.ended_at is not None
    assert 0 <= 1599 - (ended.ended_at.timestamp() - clock.set_by()) <= unknown


def test_what_could_not_be_told_is_told_after_a_restart(tmp_path: Path) -> None:
    """As by a shard whose worker is gone; what it saw since is kept beside."""
    heard: list[str] = []
    gone = True

    def tell(told: Observation, picture: bytes | None) -> None:
        if gone:
            raise EOFError
        heard.append(told.phase)

    def begun() -> Teller:
        made = Teller(pipeline.line(campus()), tell, no_picture, Memory(tmp_path))
        made.begin("m@1", 0.0)
        return made

    first = begun()
    for second in range(100):
        with suppress(EOFError):
            first.look(
                float(second), [Track(id=1, object="car", score=0.9, box=(0.94, 0.0, 1.0, 0.12))]
            )
    first.rest()
    gone = False
    begun()
    assert heard == ["started"]


def test_a_frame_still_under_way_when_a_camera_is_edited_tells_nothing(
    detector: Detector, tmp_path: Path
) -> None:
    heard: Told = []
    follower = Follower(
        pipeline.line(campus()), detector, lambda o, p: heard.append((o, p)), Memory(tmp_path)
    )
    network = detector.network(None)
    follower.begin(network, 2.0)
    car = Seen(object="car", score=0.9, box=(0.94, 0.0, 1.0, 0.12))
    grey = np.zeros((HEIGHT, WIDTH), np.uint8)
    for second in range(6):
        if second == 2:
            follower.rest()
        frame = Frame(av.VideoFrame(64, 64, "rgb24"), 1000.0 + second, second == 0)
        follower.follow(frame, grey, (car,), network)
    assert heard == []


def test_a_network_that_no_camera_has_any_more_is_let_go(tmp_path: Path, until: Any) -> None:
    bundled = find(None).path.parent
    shutil.copytree(bundled, tmp_path / "mine")
    manifest = tmp_path / "mine" / "manifest.toml"
    manifest.write_text(manifest.read_text().replace(f'"{bundled.name}"', '"mine"', 1))
    tag = find("mine", [tmp_path]).tag
    detector = Detector([tmp_path], threads=1)
    made, _ = worker(detector)
    made.apply(Config(version="1", cameras=(campus(model="mine"), campus(id="usual"))))
    until(lambda: all(each.vitals.detections.total for each in made.cameras()), 60)
    let_go = weakref.ref(detector.network("mine"))
    assert detector.milliseconds(tag)
    usual = detector.network(None)
    made.apply(Config(version="2"))
    assert detector.milliseconds(tag) is None
    assert detector.network(None) is usual, "it is needed for blurring"
    until(lambda: gc.collect() >= 0 and let_go() is None)
    made.stop()


def test_cameras_that_do_not_answer_are_changed_together_and_health_does_not_wait(
    detector: Detector,
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=20) as mute:
        address = f"rtsp://127.0.0.1:{mute.getsockname()[1]}/live"
        made, _ = worker(detector)
        cameras = tuple(campus(id=f"c{n}", source=address) for n in range(8))
        made.apply(Config(version="1", cameras=cameras))
        time.sleep(0.5)
        took: list[float] = []
        changing = threading.Thread(target=halt, args=(made,))
        began = time.monotonic()
        changing.start()
        while changing.is_alive():
            asked = time.monotonic()
            made.health()
            took.append(time.monotonic() - asked)
            time.sleep(0.02)
        assert time.monotonic() - began < 3, "one after another it is 0.7 s for each"
        assert max(took) < 0.3
        assert made.health() == ()


@pytest.mark.slow
def test_a_restart_neither_repeats_nor_forgets_what_is_open(tmp_path: Path, until: Any) -> None:
    first, heard = worker(Detector(), Memory(tmp_path))
    first.apply(Config(version="1", cameras=(campus(),)))
    until(lambda: heard, 60)
    first.stop()
    assert phases(heard) == [("c", "started")]
    second, heard_again = worker(Detector(), Memory(tmp_path))
    second.apply(Config(version="1", cameras=(campus(),)))
    until(lambda: second.cameras()[0].vitals.detections.total >= 8, 60)
    time.sleep(0.2)
    assert heard_again == []
    second.apply(Config(version="2"))
    assert [o.observation_id for o, _ in heard_again] == [heard[0][0].observation_id]
    assert phases(heard_again) == [("c", "ended")]
    second.stop()


def test_an_observation_says_what_changed() -> None:
    (change,) = (change for change in play(1, reset=True) if change.watch_id == "parked")
    made = told(change, "c", "model@0")
    assert made.key == f"{change.observation_id}:started"
    assert Observation.from_json(json.dumps(made.to_json())) == made


# ------------------------------------------------------------------------------- the command line


def run(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "gpu", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def test_a_server_that_is_away_is_waited_for_and_a_signal_ends_the_wait(
    tmp_path: Path, token_file: Path
) -> None:
    served = ["--server", "http://127.0.0.1:9", "--token-file", str(token_file)]
    process = run("watch", *served, "--spool", str(tmp_path / "spool"))
    said = _first_line(process, lambda line: "does not answer" in line)
    assert "The server does not answer" in said
    _ends_well(process, signal.SIGTERM)


@pytest.mark.slow
def test_observations_come_as_json_lines_until_interrupted(tmp_path: Path) -> None:
    zones = tmp_path / "zones.json"
    zones.write_text(json.dumps([PARKED.to_json()]))
    pictures = tmp_path / "pictures"
    source = ["--source", "clip:campus", "--loop", "--zones", str(zones)]
    process = run("watch", *source, "--pictures", str(pictures), start_new_session=True)
    assert process.stdout is not None
    observation = Observation.from_json(process.stdout.readline())
    assert (observation.zone_id, observation.phase) == ("no-parking", "started")
    _ends_well(process, signal.SIGINT)
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)  # no process is left behind
    assert [path.stem for path in pictures.iterdir()] == [observation.observation_id]


def _ends_well(process: subprocess.Popen[str], number: signal.Signals) -> None:
    asked = time.monotonic()
    process.send_signal(number)
    assert process.wait(10) == 0
    assert time.monotonic() - asked < 3


def _first_line(process: subprocess.Popen[str], wanted: Callable[[str], bool]) -> str:
    assert process.stderr is not None
    guard = threading.Timer(60, process.kill)
    guard.start()
    line = next((line for line in process.stderr if wanted(line)), "")
    guard.cancel()
    return line


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["watch", "--source", "nothing.mp4"], "There is no file"),
        (["watch", "--server", "http://h"], "--server needs --token-file and --spool as well."),
        (["watch", "--source", "clip:campus", "--zones", "pyproject.toml"], "this is no JSON"),
        (["watch", "--source", "env:NOT_THERE"], "the environment has no 'NOT_THERE'"),
        (["watch", "--source", "x", "--cameras", "abc"], "a whole number from 1 to 64"),
        (["watch", "--source", "x", "--record-days", "abc"], "a number above 0"),
        (["watch", "--source", "clip:campus", "--threads", "-1"], "a whole number from 0 to 64"),
        (["compare", "x.mp4", "--b", "no", "--out", "o", "--every", "250"], "There is no model"),
        (["compare", "x.mp4", "--b", "no", "--out", "o", "--every", "251"], "from 1 to 250"),
        (["doctor", "--precision", "fp32"], "unrecognized arguments: --precision"),
        (["watch"], "one of the arguments --server --source is required"),
    ],
)
def test_what_cannot_work_is_said_in_a_sentence(arguments: list[str], sentence: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gpu", *arguments], cwd=ROOT, capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode != 0
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_models_are_listed_and_the_bad_ones_named(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "manifest.toml").write_text("nam = 'mine'")
    done = subprocess.run(
        [sys.executable, "-m", "gpu", "models", "--models", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert f"{find(None).tag}  Apache-2.0" in done.stdout
    assert "'nam' is unknown; did you mean 'name'?" in done.stdout


@pytest.mark.slow
def test_the_comparison_ends_with_one_line_of_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from gpu import bench, sustained

    monkeypatch.setattr(sustained, "WARMING", 0.0)
    monkeypatch.setattr(sustained, "LASTING", 0.2)
    monkeypatch.setattr(sustained, "MOST", 2)
    monkeypatch.setattr(bench, "FRAMES", 6)
    assert bench.bench(0, least=1) == 0
    said = capsys.readouterr()
    (line,) = said.out.splitlines()
    report = json.loads(line)
    assert report["bench"] == "video"
    assert report["ratio"] > 0
    assert report["ratio_over_bare"] > 0
    assert report["ratio_every_fifth"] > 0
    assert report["ratio_four_streams"] > 0
    assert report["cameras_in_real_time"] in (0, 1, 2)
    assert report["load_when_still"] >= 0
    assert report["model"] == find(None).tag
    assert "round 1: pipelined" in said.err


@pytest.mark.slow
def test_a_still_film_of_the_comparison_has_one_key_frame(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A camera that shows the same all the time sends little; else its decoding is measured."""
    from gpu import bench

    monkeypatch.setattr(bench, "FRAMES", 6)
    bench.scale(CLIPS / "campus.mp4", still := tmp_path / "still.mp4", still=True)
    with av.open(str(still)) as container:
        assert [packet.is_keyframe for packet in container.demux(video=0) if packet.size] == [
            True, *[False] * 5,
        ]  # fmt: skip


def test_what_the_server_imports_needs_the_standard_library_only() -> None:
    code = "import gpu.messages, gpu.national.messages, gpu.zones"
    subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, check=True, timeout=60)


@pytest.mark.slow
def test_the_soak_sees_frames_and_says_how_much_memory_is_held() -> None:
    from tests.gpu.soak import soak

    *_, first, second = soak(3, minute=4.0)
    assert second["frames"] > first["frames"] > 0
    assert 50 < first["megabytes"] < 2000
