"""What is found without a model: left and falling objects, in generated pictures and clips."""

import io
import json
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from gpu.cpu.detect import Detector
from gpu.cpu.fall import Fall, Spot, is_fall
from gpu.cpu.finders import Finders
from gpu.cpu.left import Left
from gpu.cpu.motion import small
from gpu.cpu.watch import Worker
from gpu.deepstream.watching import left_out
from gpu.manifests import find
from gpu.messages import Box, Camera, Config, Observation, Watch, WatchKind, Zone
from gpu.pipeline import CLIPS, Seen, line
from gpu.spells import Track
from gpu.vitals import Vitals
from gpu.zones import Change, Zones

WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
THING = (120, 110, 22, 16)  # left, top, width, height of 320 by 180
Rect = tuple[int, int, int, int]
Show = Callable[[float], Sequence[tuple[Rect, int]]]


def box_of(rect: Rect) -> Box:
    x, y, across, down = rect
    return x / 320, y / 180, (x + across) / 320, (y + down) / 180


def street(seed: int = 1) -> NDArray[np.float32]:
    """A place with patches, a kerb and a pole."""
    patches = np.random.default_rng(seed).integers(75, 115, (12, 20)).astype(np.float32)
    whole = cv2.resize(patches, (320, 180), interpolation=cv2.INTER_CUBIC)
    whole[100:] += 30
    whole[:, 200:203] -= 40
    return np.asarray(whole, np.float32)


def picture(
    place: NDArray[np.float32], things: Sequence[tuple[Rect, int]], light: float, seed: int
) -> NDArray[np.uint8]:
    shown = place.copy()
    for (x, y, across, down), grey in things:
        shown[y : y + down, x : x + across] = grey
    noise = np.random.default_rng(seed).normal(0, 2, shown.shape)
    return np.clip(shown * light + noise, 0, 255).astype(np.uint8)


def lying(
    seconds: float,
    show: Show,
    light: Callable[[float], float] = lambda at: 1.0,
    gates: Callable[[float], Sequence[Box]] = lambda at: (),
    finder: Left | None = None,
) -> list[tuple[float, list[Track]]]:
    """What the finder says, twice a second."""
    finder, place = finder or Left(), street()
    looks = []
    for number in range(round(seconds * 2)):
        at = number / 2
        found = finder.look(1000 + at, picture(place, show(at), light(at), number), gates(at))
        assert found is not None
        looks.append((at, found))
    return looks


def between(start: float, end: float, rect: Rect = THING, grey: int = 185) -> Show:
    return lambda at: [(rect, grey)] if start <= at < end else []


def when_found(looks: Sequence[tuple[float, list[Track]]]) -> list[float]:
    return [at for at, found in looks if found]


# ------------------------------------------------------------------------------------ left objects


def test_a_thing_is_found_from_when_it_rests_until_it_is_gone() -> None:
    looks = lying(70, between(20, 50))
    times = when_found(looks)
    assert 20 < times[0] < 25
    assert 49 < times[-1] < 53
    assert len(times) == pytest.approx(2 * (times[-1] - times[0]) + 1)
    assert dict(looks)[40][0].box == pytest.approx(box_of(THING), abs=0.02)


def test_a_dark_thing_is_found_like_a_bright_one() -> None:
    assert when_found(lying(30, between(15, 99, grey=40)))


def test_a_thing_that_was_always_there_and_is_taken_away_was_not_left() -> None:
    assert not when_found(lying(60, between(0, 20)))


def test_what_stays_is_not_taken_for_usual_however_long_it_stays() -> None:
    times = when_found(lying(420, between(15, 9999)))
    assert times[-1] == 419.5


def test_a_thing_too_small_to_matter_is_not_found() -> None:
    assert not when_found(lying(30, between(12, 99, rect=(120, 110, 5, 5))))


@settings(max_examples=12, deadline=None)
@given(st.floats(0.55, 1.4), st.floats(0.55, 1.4), st.integers(0, 8))
def test_light_that_changes_leaves_nothing(first: float, then: float, ramp: int) -> None:
    def light(at: float) -> float:
        part = min(max((at - 15) / max(ramp, 0.1), 0), 1)
        return first + (then - first) * part

    assert not when_found(lying(30, between(99, 99), light))


@settings(max_examples=12, deadline=None)
@given(st.floats(0.6, 1.3), st.integers(20, 290), st.integers(20, 150), st.integers(12, 30))
def test_a_thing_is_found_in_whatever_light_and_place(
    light: float, x: int, y: int, side: int
) -> None:
    rect = min(x, 318 - side), min(y, 178 - side), side, side
    looks = lying(30, between(15, 99, rect, 200), lambda at: light if at > 20 else 1.0)
    assert looks[-1][1], "it is still there"
    found = looks[-1][1][0].box
    assert found == pytest.approx(box_of(rect), abs=0.03)


def test_people_and_vehicles_are_not_left_and_leave_nothing_behind() -> None:
    person = (150, 90, 12, 40)
    looks = lying(
        70, between(15, 45, person, 30), gates=lambda at: [box_of(person)] if 15 <= at < 45 else []
    )
    assert not when_found(looks)


def test_who_stands_before_a_thing_hides_it_and_does_not_take_it_away() -> None:
    person = (118, 90, 26, 45)

    def show(at: float) -> list[tuple[Rect, int]]:
        there = [(THING, 185)] if at > 15 else []
        return [*there, (person, 30)] if 30 <= at < 40 else there

    looks = lying(60, show, gates=lambda at: [box_of(person)] if 30 <= at < 40 else [])
    found = {at: tracks for at, tracks in looks if tracks}
    assert [track.hidden for track in found[35]] == [True]
    assert [track.hidden for track in found[59]] == [False]
    assert set(np.arange(25, 60, 0.5)) <= set(found)


def test_what_was_there_before_a_restart_is_still_there_and_ends_when_it_goes() -> None:
    looks = lying(60, between(0, 40), finder=Left([box_of(THING)]))
    times = when_found(looks)
    assert times[0] == 0
    assert {track.hidden for at, found in looks if at < 8 for track in found} == {True}
    assert dict(looks)[30][0].hidden is False
    assert 39 < times[-1] < 44


def test_when_the_light_is_switched_all_is_usual_but_what_lay_there() -> None:
    finder, by_night = Left(), street(2) * 0.6 + 40
    by_night[::4] += 60
    for number in range(140):
        at = number / 2
        place, there = (street(), at >= 15) if at < 30 else (by_night, at < 55)
        shown = picture(place, [(THING, 200)] if there else [], 1.0, number)
        found = finder.look(1000 + at, shown, ())
        if 20 <= at < 30 or 36 <= at < 55:
            assert [track.box for track in found or ()] == [
                pytest.approx(box_of(THING), abs=0.03)
            ], at
        if at < 15 or at > 60:
            assert not found, at


def test_the_clock_of_a_left_thing_stops_while_it_is_hidden() -> None:
    watch = Watch(id="w", kind="left", objects=(), seconds=10, grace=3)
    zones = Zones([Zone(id="z", name="z", polygon=WHOLE, watches=(watch,))])
    thing = Track(id=1, object="left", score=0.8, box=box_of(THING))
    changes: list[Change] = []
    for number in range(80):
        at = number / 2
        hidden = 4 <= at < 14
        found = [] if at >= 30 else [Track(**{**vars(thing), "hidden": hidden})]
        changes += zones.find("left", at, found)
        changes += zones.look(at, [])  # the other watches' looks do not end it
    assert [(change.phase, change.at) for change in changes] == [
        ("started", pytest.approx(20, abs=0.6)),
        ("ended", pytest.approx(33, abs=0.6)),
    ]
    assert changes[1].ended_at == 29.5


def test_a_thing_outside_the_zone_is_nobodys_business() -> None:
    watch = Watch(id="w", kind="left", objects=(), seconds=1)
    corner = ((0.0, 0.0), (0.2, 0.0), (0.2, 0.2), (0.0, 0.2))
    zones = Zones([Zone(id="z", name="z", polygon=corner, watches=(watch,))])
    thing = Track(id=1, object="left", score=0.8, box=box_of(THING))
    assert not [change for at in range(20) for change in zones.find("left", at, [thing])]


# --------------------------------------------------------------------------------- falling objects


@given(
    st.integers(4, 60),
    st.sampled_from([8, 10, 15, 25]),
    st.floats(0, 40),
    st.floats(40, 400),
)
def test_what_gravity_bends_is_a_fall_once_it_went_far_enough(
    count: int, rate: int, speed: float, pull: float
) -> None:
    times = [number / rate for number in range(1, count + 1)]
    spots = [Spot(at, 100, speed * at + pull * at * at / 2) for at in times]
    far = spots[-1].y - spots[0].y
    bent = pull * (times[-1] - times[0]) ** 2 / 8  # beside a straight line
    if far > 25 and bent > 3:
        assert is_fall(spots)
    if far < 20:
        assert not is_fall(spots)


@given(st.integers(4, 60), st.floats(1, 900), st.sampled_from([8, 10, 15, 25]), st.randoms())
def test_what_goes_down_steadily_is_no_fall(
    count: int, speed: float, rate: int, chance: Any
) -> None:
    times = [number / rate for number in range(count)]
    assert not is_fall([Spot(t, 100, speed * t + chance.uniform(-0.2, 0.2)) for t in times])


def test_who_walks_is_many_spots_and_no_fall() -> None:
    spots = [Spot(n / 10, 100, 3 * n * n, alone=n % 2 == 0) for n in range(8)]
    assert not is_fall(spots)
    assert is_fall([spot._replace(alone=True) for spot in spots])


def dropping(
    path: Callable[[float], tuple[float, float] | None],
    *,
    rate: int = 25,
    side: float = 3.0,
    gates: Sequence[Box] = (),
    zone: Sequence[tuple[float, float]] = WHOLE,
) -> list[Track]:
    """What the finder says of 3.5 seconds with a bright square on a path (in small pixels)."""
    finder, place, found = Fall(), street(), []
    for number in range(round(3.5 * rate)):
        where = path(number / rate)
        shown = cv2.resize(place, (1280, 720), interpolation=cv2.INTER_LINEAR)
        if where is not None:
            x, y = (round(4 * part) for part in where)
            half = round(2 * side)
            shown[max(y - half, 0) : max(y + half, 0), x - half : x + half] = 230
        shrunk = cv2.resize(shown, (320, 180), interpolation=cv2.INTER_AREA)
        noise = np.random.default_rng(number).normal(0, 2, shrunk.shape)
        grey = np.clip(shrunk + noise, 0, 255).astype(np.uint8)
        found += finder.look(1000 + number / rate, grey, gates, [zone])
    return found


def thrown(pull: float, speed: float = 5.0, aside: float = 4.0) -> Callable[[float], Any]:
    def path(at: float) -> tuple[float, float] | None:
        since = at - 0.4
        down = 10 + speed * since + pull * since * since / 2
        return (150 + aside * since, down) if since >= 0 and down < 185 else None

    return path


@settings(max_examples=12, deadline=None)
@given(
    st.floats(45, 180), st.floats(0, 15), st.floats(-15, 15), st.floats(1.5, 6),
    st.sampled_from([10, 15, 25]),
)  # fmt: skip
def test_each_fall_is_told_once(
    pull: float, speed: float, aside: float, side: float, rate: int
) -> None:
    (found,) = dropping(thrown(pull, speed, aside), rate=rate, side=side)
    x1, y1, x2, y2 = found.box
    assert x1 < 0.6
    assert y2 - y1 > 0.3
    assert x2 - x1 < 0.2


@settings(max_examples=8, deadline=None)
@given(st.floats(8, 220), st.sampled_from([10, 25]))
def test_what_sinks_rises_or_flies_across_is_not_told(speed: float, rate: int) -> None:
    assert not dropping(thrown(0, speed), rate=rate)
    assert not dropping(lambda at: (150, 175 - speed * at) if speed * at < 170 else None)
    assert not dropping(lambda at: (20 + 60 * at, 60 + 20 * np.sin(3 * at)))


def test_a_fall_before_a_person_or_beside_the_zone_is_not_told() -> None:
    assert dropping(thrown(90))
    assert not dropping(thrown(90), gates=[(0.4, 0.0, 0.6, 1.0)])
    assert not dropping(thrown(90), zone=((0.7, 0), (1, 0), (1, 1), (0.7, 1)))


def test_rain_is_not_told() -> None:
    finder, place = Fall(), street()
    for number in range(60):
        shown = place.copy()
        for drop in range(60):
            x, y = drop * 53 % 318, round(drop * 29 + number * 9) % 176
            shown[y : y + 3, x : x + 2] = 230
        assert not finder.look(1000 + number / 25, shown.astype(np.uint8), (), [WHOLE])


def test_a_fall_starts_and_ends_by_itself_and_two_are_two() -> None:
    watch = Watch(id="w", kind="fall", objects=(), seconds=0, grace=1)
    zones = Zones([Zone(id="z", name="z", polygon=WHOLE, watches=(watch,))])
    falls = [Track(id=n, object="fall", score=0.8, box=(0.1 * n, 0.1, 0.1 * n + 0.1, 0.8))
             for n in (1, 5)]  # fmt: skip
    changes = [c for n in range(30) for c in zones.find("fall", n / 10, falls if n == 5 else [])]
    assert sorted(change.phase for change in changes) == ["ended", "ended", "started", "started"]
    assert len({change.observation_id for change in changes}) == 2


# ------------------------------------------------------------------------------- who cannot do it


def test_a_gpu_says_that_it_does_not_look_for_these() -> None:
    left = Watch(id="w", kind="left", objects=(), seconds=5)
    stay = Watch(id="s", kind="dwell", objects=("car",), seconds=5)
    zones = [Zone(id="z", name="z", polygon=WHOLE, watches=watches) for watches in
             [(stay,), (stay, left)]]  # fmt: skip
    cars, both = (line(Camera(id="c", name="c", source="x.mp4", zones=(zone,))) for zone in zones)
    assert left_out(cars) == ""
    assert left_out(both) == (
        "Watches of the kind 'left' are ignored on a GPU; watch this camera on a CPU."
    )
    vitals = Vitals("c")
    vitals.left_out = left_out(both)
    assert (vitals.health().fault, vitals.health().error) == ("left_out", left_out(both))


def test_only_these_do_without_kinds_of_objects() -> None:
    kinds: tuple[WatchKind, ...] = ("left", "fall")
    for kind in kinds:
        assert Watch(id="w", kind=kind, objects=(), seconds=5).objects == ()
    with pytest.raises(ValueError, match="at least one kind of object"):
        Watch(id="w", kind="enter", objects=(), seconds=5)
    with pytest.raises(ValueError, match="a left watch needs 'seconds' over 0"):
        Watch(id="w", kind="left", objects=(), seconds=0)


# ------------------------------------------------------------------------- the sample clip, and one


def test_in_the_sample_clip_nothing_is_left_and_nothing_falls() -> None:
    """People walk and stand, cars are parked; even five seconds of rest are not told."""
    lines = Path(__file__).with_name("campus_seen.jsonl").read_text().splitlines()
    looks = [[Seen(object=o, score=s, box=tuple(b)) for o, s, b in json.loads(x)["seen"]]
             for x in lines]  # fmt: skip
    watches = (
        Watch(id="left", kind="left", objects=(), seconds=5),
        Watch(id="fall", kind="fall", objects=(), seconds=0),
    )
    zone = Zone(id="z", name="z", polygon=WHOLE, watches=watches)
    zones, finders = Zones([zone]), Finders(find(None).manifest.output.keep)
    tools, changes = VideoReformatter(), []
    with av.open(str(CLIPS / "campus.mp4")) as clip:
        for number, frame in enumerate(clip.decode(video=0)):
            seen = looks[number] if number % 5 == 0 else None
            at, grey = 1000 + number / 10, small(frame, tools)
            for kind, tracks in finders.look(at, grey, seen, (), [zone], tuple):
                changes += zones.find(kind, at, tracks)
    assert not changes


def frames() -> Iterator[NDArray[np.uint8]]:
    """24 seconds, ten a second: a crate stands from 8 to 17 s, a bag falls at 12 s."""
    noise = np.random.default_rng(3)
    place = cv2.resize(street(), (640, 360), interpolation=cv2.INTER_CUBIC)
    place[::6] -= 25  # bricks
    for number in range(240):
        at, shown = number / 10, place.copy()
        if 8 <= at < 17:
            shown[250:290, 100:150] = 190
        down = 20 + 170 * (at - 12) ** 2 if at >= 12 else 999
        if down < 350:
            shown[int(down) : int(down) + 8, 500:508] = 235
        shown += noise.normal(0, 1.5, shown.shape)
        grey = np.clip(shown, 0, 255).astype(np.uint8)
        yield np.repeat(grey[:, :, None], 3, axis=2)


def recorded(path: Path) -> str:
    with av.open(str(path), "w") as clip:
        stream = clip.add_stream("libx264", rate=Fraction(10), options={"crf": "18"})
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for pixels in frames():
            clip.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        clip.mux(stream.encode())
    return str(path)


@pytest.mark.slow
def test_through_the_whole_pipeline_both_are_told_with_a_covered_picture(
    detector: Detector, tmp_path: Path
) -> None:
    shop = Zone(
        id="shop",
        name="店前",
        polygon=((0.05, 0.5), (0.4, 0.5), (0.4, 1.0), (0.05, 1.0)),
        watches=(Watch(id="crate", kind="left", objects=(), seconds=4, grace=1),),
    )
    wall = Zone(
        id="wall",
        name="外墙",
        polygon=((0.7, 0.0), (0.9, 0.0), (0.9, 1.0), (0.7, 1.0)),
        watches=(Watch(id="bag", kind="fall", objects=(), seconds=0, grace=1),),
    )
    heard: list[tuple[Observation, bytes | None]] = []
    made = Worker(detector, lambda told, shown: heard.append((told, shown)))
    camera = Camera(
        id="c", name="c", source=recorded(tmp_path / "made.mp4"), zones=(shop, wall), detect_every=5
    )
    made.apply(Config(version="1", cameras=(camera,)), live=False)
    made.cameras()[0].join()
    made.apply(Config(version="end"))
    assert sorted((told.kind, told.phase, told.object) for told, _ in heard) == [
        ("fall", "ended", "fall"),
        ("fall", "started", "fall"),
        ("left", "ended", "left"),
        ("left", "started", "left"),
    ]
    crate, bag = (next(each for each in heard if each[0].kind == kind) for kind in ("left", "fall"))
    assert crate[0].box == pytest.approx((100 / 640, 250 / 360, 150 / 640, 290 / 360), abs=0.03)
    assert 3.9 < (crate[0].at - crate[0].started_at).total_seconds() < 5
    assert (crate[0].model, bag[0].model) == ("liuhe-left", "liuhe-fall")
    for told, shown in (crate, bag):
        grey = np.array(Image.open(io.BytesIO(shown or b"")).convert("L"), np.int16)
        zone = shop if told.kind == "left" else wall
        assert grey.shape == (360, 640)
        inside = _grain(grey, zone.polygon[0][0], zone.polygon[1][0])
        assert _grain(grey, 0.45, 0.65) < 0.3 * inside
    shown = np.array(Image.open(io.BytesIO(bag[1] or b"")).convert("L"))
    assert (shown[60:, 500:508] > 215).any(), "the picture shows it in the air"


def _grain(grey: NDArray[np.int16], left: float, right: float) -> float:
    """How much rows differ: in a mosaic no brick is left."""
    part = grey[190:350, int(left * 640) + 12 : int(right * 640) - 12]
    return float(np.abs(np.diff(part, axis=0)).mean())
