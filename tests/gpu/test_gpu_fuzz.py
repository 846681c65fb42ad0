"""Whatever comes, a sentence; and whatever the server takes, the eyes take as well."""

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gpu.addresses import masked
from gpu.cpu.decode import SourceError, Stream
from gpu.messages import (
    FOUND,
    Camera,
    CameraHealth,
    Config,
    Health,
    Hours,
    ModelCard,
    Observation,
    Tracks,
    Watch,
    Zone,
)
from gpu.pipeline import Decode, lines
from gpu.zones import Track, Zones
from plugins.video.rules.addresses import source_problem
from plugins.video.rules.geometry import polygon_problem
from plugins.video.rules.labels import KIND_LABELS
from plugins.video.rules.watching import watch_problem
from tests.gpu.spoiling import spoilt, text

AT = datetime(2026, 5, 1, tzinfo=UTC)
HOURS = Hours(begins=1320, ends=360, zone="Asia/Shanghai")
WATCH = Watch(id="w", kind="dwell", objects=("car",), seconds=5, hours=HOURS, least_score=0.5)
BOX = (0.4, 0.3, 0.5, 0.4)
ZONE = Zone(id="z", name="z", polygon=((0.1, 0.1), (0.9, 0.1), (0.5, 0.8)), watches=(WATCH,))
CAMERA = Camera(id="c", name="c", source="rtsp://h/1", zones=(ZONE,))
GOOD = (
    Config(version="1", cameras=(CAMERA,)),
    Health(
        worker="w",
        started_at=AT,
        at=AT,
        cameras=(CameraHealth(camera_id="1", state="running", last_frame_at=AT),),
        models=(ModelCard(name="m"),),
    ),
    Tracks(
        key="k",
        camera_id="1",
        started_at=AT,
        model="m",
        objects=("car",),
        looks=((0, 0, 0, 1, 1, 2, 2), (1000,)),
        scores=((87,), ()),
    ),
    Observation(
        key="o:started",
        observation_id="o",
        camera_id="1",
        zone_id="1",
        watch_id="1",
        kind="dwell",
        phase="started",
        at=AT,
        started_at=AT,
        object="car",
        count=1,
        score=0.5,
        box=(0.1, 0.1, 0.2, 0.2),
        model="m",
    ),
)


@pytest.mark.parametrize("good", GOOD, ids=lambda each: type(each).__name__)
def test_a_message_is_taken_whole_or_refused_with_a_sentence(good: Any) -> None:
    random = Random(f"{type(good).__name__} 1")
    refused = 0
    for _ in range(400):
        sentence = _complaint(good, text(spoilt(good.to_json(), random), random))
        refused += sentence != ""
        assert "\n" not in sentence
        assert sentence == "" or sentence.startswith(type(good).__name__)
    assert 200 < refused < 400


def _complaint(good: Any, data: bytes) -> str:
    """Why it is refused; what is taken is the same after one more way."""
    try:
        made = type(good).from_json(data)
    except ValueError as error:
        return str(error)
    assert type(good).from_json(json.dumps(made.to_json())) == made
    return ""


@pytest.mark.parametrize("kind", KIND_LABELS)
def test_whatever_configuration_is_taken_can_be_watched(kind: Any) -> None:
    """Lines and zones are made of it, and look and are shown finds, without an error."""
    random = Random(7)
    watched = 0
    zone = replace(ZONE, watches=(replace(WATCH, kind=kind),))
    good = Config(version="1", cameras=(replace(CAMERA, zones=(zone,)),)).to_json()
    for _ in range(400):
        try:
            config = Config.from_json(text(spoilt(good, random), random))
        except ValueError:
            continue
        for line in lines(config):
            zones = Zones(line.watch.zones)
            for second in range(20):
                seen = [Track(id=1, object=name, score=0.9, box=BOX) for name in ("car", *FOUND)]
                zones.look(second, seen)
                for found in FOUND:
                    zones.find(found, second, seen)
            watched += 1
    assert watched > 10


# -------------------------------------------------------------------------------- zones and rules

NUMBERS = st.floats(-0.2, 1.2) | st.floats() | st.integers() | st.booleans() | st.none()
POINTS = st.lists(st.lists(st.floats(0, 1), min_size=2, max_size=2), min_size=3, max_size=8)


@given(POINTS | st.recursive(NUMBERS | st.text(max_size=3), lambda i: st.lists(i, max_size=5)))
@example([[0, 0], [1, 0], [1, 1]])
def test_an_outline_that_the_server_takes_is_taken_by_the_eyes(points: Any) -> None:
    if polygon_problem(points) == "":
        rounded = tuple((round(float(x), 5), round(float(y), 5)) for x, y in points)
        assert Zone(id="1", name="z", polygon=rounded).polygon == rounded


ALWAYS: dict[str, Any] = {"begins": None, "ends": None, "least": 0.0}


@given(
    kind=st.sampled_from([*KIND_LABELS, "", "stay"]),
    objects=st.lists(st.sampled_from(["car", "smoke", "Car", "", "a" * 50]), max_size=3),
    seconds=st.floats(),
    count=st.integers(-5, 2000),
    grace=st.floats(),
    begins=st.none() | st.integers(-2, 1441),
    ends=st.none() | st.integers(-2, 1441),
    least=st.floats(),
)
@example(kind="dwell", objects=["car"], seconds=1e-9, count=1, grace=0.0, **ALWAYS)
@example(kind="crowd", objects=["car"], seconds=0.0, count=1000, grace=3600.0, **ALWAYS)
@example(kind="dwell", objects=[""], seconds=1.0, count=1, grace=0.0, **ALWAYS)
@example(kind="left", objects=[], seconds=1e-9, count=1, grace=0.0, **ALWAYS)
@example(kind="left", objects=[], seconds=0.0, count=1, grace=0.0, **ALWAYS)
@example(kind="fall", objects=["car"], seconds=0.0, count=1, grace=0.0, **ALWAYS)
def test_a_rule_that_the_server_takes_is_taken_by_the_eyes(
    kind: Any,
    objects: list[str],
    seconds: float,
    count: int,
    grace: float,
    begins: int | None,
    ends: int | None,
    least: float,
) -> None:
    given_ = {"kind": kind, "seconds": seconds, "count": count, "grace": grace}
    given_["least_score"] = least
    times = {"begins": begins, "ends": ends}
    if watch_problem(objects=objects, scene="", **given_, **times) is None:
        told = tuple(objects) if kind not in FOUND else ()  # as the server keeps them
        hours = None
        if begins is not None and ends is not None:
            hours = Hours(begins=begins, ends=ends, zone="Asia/Shanghai")
        watch = Watch(id="1", objects=told, hours=hours, **given_)
        assert Zones([replace(ZONE, watches=(watch,))]).look(AT.timestamp(), []) == []


# -------------------------------------------------------------------------------------- addresses

ADDRESSES = st.text(max_size=30) | st.builds(
    "{}://{}{}".format,
    st.sampled_from(["rtsp", "rtsps", "http", "clip", "file", "RTSP", ""]),
    st.sampled_from(["", "u:p@", "u:p@q@", "[", "[::1]", "h:99999"]),
    st.text(max_size=20),
)


@given(ADDRESSES)
@example("rtsp://h/\x00")
@example("rtsp://h/\u2028")
@example("rtsp://[::1/x")
def test_an_address_is_taken_or_refused_with_a_sentence_and_never_shown_whole(address: str) -> None:
    problem = source_problem(address)
    assert problem == "" or problem.endswith("。")
    if problem == "":
        assert address.isprintable()
        assert Camera(id="1", name="c", source=address).source == address
        assert "hunter2" not in masked(address.replace("u:p@", "u:hunter2@"))


ODD = ("\x00", "a\x00b", "clip:" + "x" * 5000, "clip:../../etc/passwd", "rtsp://[", "/")


@pytest.mark.parametrize("address", ODD)
def test_no_address_whatever_it_is_ends_a_worker(address: str) -> None:
    """Also one that no server of ours would send."""
    camera = Camera(id="c", name="c", source=address)
    (line,) = lines(Config(version="1", cameras=(camera,)))
    with pytest.raises(SourceError) as caught:
        list(Stream(line.source, Decode(live=False), threading.Event()).frames())
    assert str(caught.value)


def test_a_camera_outlives_what_nobody_foresaw(
    detector: Any, monkeypatch: pytest.MonkeyPatch, until: Any
) -> None:
    from gpu.cpu.camera import Camera as Running

    def broken(*_: Any) -> Any:
        raise RuntimeError("nobody foresaw this")

    monkeypatch.setattr("gpu.cpu.decode.Stream.frames", broken)
    monkeypatch.setattr("gpu.cpu.camera.waits", lambda: iter([0.01] * 1000))
    (line,) = lines(Config(version="1", cameras=(CAMERA,)))
    camera = Running(line, detector, lambda *_: None)
    camera.start()
    until(lambda: camera.vitals.health().reconnects >= 3)
    health = camera.vitals.health()
    assert health.state == "failed"
    assert "RuntimeError" in health.error
    camera.stop(gone=True)
