"""Between two looks: who was where; and what looking less often loses of the clip's events."""

import itertools
import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching

from gpu import pipeline
from gpu.cpu.motion import AGAIN, HEIGHT, WIDTH, Gate, Grey, is_still, shifts, small
from gpu.cpu.track import Tracker
from gpu.geometry import contains
from gpu.manifests import find
from gpu.messages import Box, Camera, Watch, Zone
from gpu.pipeline import CLIPS, Seen
from gpu.spells import Track
from gpu.zones import Change, Zones

OUTPUT = find(None).manifest.output
RATE = 10  # frames a second of the clip


def tracker() -> Tracker:
    return Tracker(pipeline.Track(), OUTPUT, 5)


def person(box: Box, score: float = 0.9) -> Seen:
    return Seen(object="person", score=score, box=box)


def scene(x: float, y: float = 0.5) -> Grey:
    """A mottled thing on a plain ground, its middle at (x, y)."""
    rng = np.random.default_rng(7)
    picture = np.full((HEIGHT, WIDTH), 90, np.uint8)
    thing = rng.integers(0, 255, (36, 24)).astype(np.uint8)
    left, top = round(x * WIDTH) - 12, round(y * HEIGHT) - 18
    picture[top : top + 36, left : left + 24] = thing
    return picture


def around(x: float, y: float = 0.5) -> Box:
    return (x - 12 / WIDTH, y - 18 / HEIGHT, x + 12 / WIDTH, y + 18 / HEIGHT)


# ----------------------------------------------------------------------------------------- motion


def test_what_moves_is_followed_and_what_stands_stays() -> None:
    moved, stood = shifts(scene(0.5), scene(0.5 + 4 / WIDTH), [around(0.5), (0.0, 0.0, 0.1, 0.2)])
    assert moved == pytest.approx((4 / WIDTH, 0), abs=0.3 / WIDTH)
    assert stood == (0.0, 0.0)


def test_boxes_that_are_asked_together_move_as_each_does_alone() -> None:
    before, after = scene(0.5), scene(0.5 + 4 / WIDTH)
    boxes = [around(0.5), (0.4, 0.0, 0.7, 1.0), (-0.1, -0.1, 0.2, 0.2), (0.9, 0.9, 1.2, 1.1)]
    together = shifts(before, after, boxes)
    assert together == [shifts(before, after, [box])[0] for box in boxes]
    assert shifts(before, after, []) == []


def test_noise_is_stillness_and_a_small_thing_that_comes_is_not() -> None:
    rng = np.random.default_rng(1)
    plain = np.full((HEIGHT, WIDTH), 90, np.uint8)
    noisy = (plain + rng.normal(0, 3, plain.shape)).clip(0, 255).astype(np.uint8)
    assert is_still(plain, noisy)
    come = plain.copy()
    come[100:105, 50:54] = 140
    assert not is_still(plain, come)


def test_the_gate_opens_for_what_changes_and_for_a_still_picture_now_and_then() -> None:
    gate = Gate()
    assert gate.opens(0.0, scene(0.5))
    assert not gate.opens(0.2, scene(0.5))
    assert gate.opens(0.4, scene(0.6))
    assert not gate.opens(0.4 + AGAIN - 0.1, scene(0.6))
    assert gate.opens(0.4 + AGAIN, scene(0.6))
    assert gate.opens(0.0, scene(0.6))  # a clock that was set back


# ---------------------------------------------------------------------------------------- bridges


def walk(made: Tracker, *, misses: tuple[int, ...] = (), curved: bool = False) -> dict[float, Any]:
    """A walk of 25 frames, looked at in every fifth; the boxes that were told, by time."""
    told: dict[float, list[Track]] = {}
    for number in range(25):
        at = number * 0.04
        x = 0.2 + number * 4 / WIDTH
        y = 0.5 + (0.1 * np.sin(number / 4) if curved else 0)
        seen = [] if number in misses else [person(around(x, y))]
        looks = made.skip(at, scene(x, y)) if number % 5 else made.follow(at, seen, scene(x, y))
        told.update(looks)
    return told


def test_a_frame_nobody_looked_at_shows_everyone_where_they_were() -> None:
    told = walk(tracker(), curved=True)
    assert len(told) == 21  # all up to the last look, each once
    for number, (at, tracks) in enumerate(sorted(told.items())):
        if at == 0:
            continue  # seen once only, so far
        (track,) = tracks
        x, y = 0.2 + number * 4 / WIDTH, 0.5 + 0.1 * np.sin(number / 4)
        assert track.box == pytest.approx(around(x, y), abs=1.5 / HEIGHT), number
    assert len({track.id for tracks in told.values() for track in tracks}) == 1


def test_a_look_that_missed_somebody_loses_nobody() -> None:
    told = walk(tracker(), misses=(10,))
    assert all(tracks for at, tracks in told.items() if at > 0)
    assert len({track.id for tracks in told.values() for track in tracks}) == 1


def test_what_was_seen_once_only_is_not_told() -> None:
    told = walk(tracker(), misses=(5, 10, 15, 20))
    assert not any(told.values())


def test_frames_do_not_wait_for_a_look_without_end() -> None:
    made = tracker()
    made.follow(0.0, [person(around(0.5))], scene(0.5))
    told = [look for number in range(1, 200) for look in made.skip(number * 0.04, scene(0.5))]
    assert len(told) > 140
    assert len(made._between) <= 2 / 0.04 + 1


def test_whoever_comes_after_the_picture_jumped_is_somebody_else() -> None:
    """Whoever was told outside a zone is remembered by the number for a minute."""
    made = tracker()
    before = {track.id for tracks in walk(made).values() for track in tracks}
    for _ in range(2):  # also when nobody came between two jumps
        made.reset()
    after = {track.id for tracks in walk(made).values() for track in tracks}
    assert len(before) == len(after) == 1
    assert not before & after


def test_without_pictures_objects_go_straight_on() -> None:
    made = tracker()
    for number in range(4):
        x = 0.1 + 0.02 * number
        made.follow(number * 0.2, [person((x, 0.2, x + 0.1, 0.5))])
    assert made.skip(0.7) == []
    (between, track), _ = made.follow(0.8, [person((0.18, 0.2, 0.28, 0.5))])
    assert between == 0.7
    assert track[0].box == pytest.approx((0.17, 0.2, 0.27, 0.5), abs=1e-6)


@pytest.mark.parametrize("gaps", [(2.5,), (4.0, 1.0), (6.0, 6.0, 2.0)])
def test_rare_looks_know_again_what_stands_there(gaps: tuple[float, ...]) -> None:
    made, now, told = tracker(), 0.0, []
    for gap in gaps * 6:
        told += [tracks for _, tracks in made.follow(now, [person((0.4, 0.2, 0.5, 0.5))])]
        now += gap
    assert all(told[3:])
    assert len({track.id for tracks in told[3:] for track in tracks}) == 1


def test_a_single_long_gap_makes_nobody_who_went_the_one_who_comes() -> None:
    made, now, told = tracker(), 0.0, []
    for gap in (0.2,) * 5 + (5.0,) + (0.2,) * 3:
        told += [tracks for _, tracks in made.follow(now, [person((0.4, 0.2, 0.5, 0.5))])]
        now += gap
    assert len({track.id for tracks in told for track in tracks}) == 2


# ---------------------------------------------------------------------------------- the real clip

SPAN = 1.0  # seconds by which two runs may differ about the same event


def rectangle(left: float, top: float, right: float, bottom: float) -> tuple[Any, ...]:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def zones() -> list[Zone]:
    """Those of the clip, and everything that may be watched in the quarters of the picture."""
    people, cars = ("person",), ("car", "truck", "bus")
    watches = (
        Watch(id="enter", kind="enter", objects=people, seconds=0, grace=3),
        Watch(id="dwell", kind="dwell", objects=people, seconds=4, grace=3),
        Watch(id="crowd", kind="crowd", objects=people, seconds=2, count=3, grace=3),
        Watch(id="parked", kind="dwell", objects=cars, seconds=15, grace=5),
    )
    corners = [(x, y) for x in (0.06, 0.5) for y in (0.06, 0.5)]
    return [*Camera.from_json((CLIPS / "campus.json").read_bytes()).zones] + [
        Zone(id=f"{x}-{y}", name="", polygon=rectangle(x, y, x + 0.44, y + 0.44), watches=watches)
        for x, y in corners
    ]


def events(every: int, looks: list[list[Seen]], pictures: list[Grey]) -> list[Change]:
    """The ends of all that happened, when only every n-th frame was looked at."""
    made, watched, changes = tracker(), Zones(zones()), []
    for number, (seen, picture) in enumerate(zip(looks, pictures, strict=True)):
        at = number / RATE
        told = made.skip(at, picture) if number % every else made.follow(at, seen, picture)
        changes += [change for then, tracks in told for change in watched.look(then, tracks)]
    changes += watched.reconfigure(())
    return [change for change in changes if change.phase == "ended"]


def is_same(event: Change, other: Change) -> bool:
    """The same happened in the same zone at about the same time."""
    return (
        (other.zone_id, other.watch_id) == (event.zone_id, event.watch_id)
        and other.started_at <= (event.ended_at or 0) + SPAN
        and (other.ended_at or 0) >= event.started_at - SPAN
    )


def unpaired(each: list[Change], fifth: list[Change]) -> tuple[list[Change], list[Change]]:
    """Lost and invented: what is left when as many as can be are paired, one to one."""
    same = csr_matrix([[is_same(event, other) for other in fifth] for event in each])
    partners = maximum_bipartite_matching(same, perm_type="column")
    lost = [event for event, partner in zip(each, partners, strict=True) if partner < 0]
    return lost, [other for number, other in enumerate(fifth) if number not in set(partners)]


@pytest.fixture(scope="module")
def both() -> tuple[list[Change], list[Change]]:
    """All events, looking at each frame and at every fifth.

    The recording holds what the bundled model saw in each frame; the clip gives the motion.
    """
    lines = Path(__file__).with_name("campus_seen.jsonl").read_text().splitlines()
    looks = [
        [Seen(object=o, score=score, box=tuple(box)) for o, score, box in json.loads(line)["seen"]]
        for line in lines
    ]
    with av.open(str(CLIPS / "campus.mp4")) as container:
        tools = VideoReformatter()
        pictures = [small(picture, tools).copy() for picture in container.decode(video=0)]
    return events(1, looks, pictures), events(5, looks, pictures)


@pytest.mark.slow
def test_every_fifth_frame_loses_and_invents_no_event_of_the_clips_own_zones(both: Any) -> None:
    each, fifth = ([e for e in all_ if e.zone_id in ("no-parking", "plaza")] for all_ in both)
    assert len(each) == 3
    assert unpaired(each, fifth) == ([], [])


@pytest.mark.slow
def test_every_fifth_frame_loses_no_stay_and_no_crowd_but_a_quarter_of_entries_at_most(
    both: Any,
) -> None:
    """In quarters of the picture that people walk through; two entries may become one."""
    each, fifth = both
    lost, invented = unpaired(each, fifth)
    assert len(each) > 90
    assert {event.watch_id for event in lost} <= {"enter"}
    assert len(lost) <= 0.25 * sum(event.watch_id == "enter" for event in each)
    assert len(invented) <= 0.12 * len(fifth)


def entries() -> list[tuple[str, float]]:
    """Zone and time, by the labels: who was outside one look before, straight on between looks."""
    labels = json.loads((CLIPS / "campus.truth.json").read_bytes())
    width, height = labels["size"]
    paths: dict[str, list[tuple[float, float, float]]] = {}
    for frame in labels["frames"]:
        for who, kind, left, _, right, bottom in frame["objects"]:
            if kind == "person":
                place = (left + right) / 2 / width, bottom / height
                paths.setdefault(who, []).append((frame["frame"] / RATE, *place))
    steps = [
        (a, b) for path in paths.values() for a, b in itertools.pairwise(path) if b[0] - a[0] < 2.1
    ]
    return [
        (zone.id, at)
        for zone in zones()
        if any(watch.id == "enter" for watch in zone.watches)
        for step in steps
        for at in _crossings(zone, *step)
    ]


def _crossings(
    zone: Zone, start: tuple[float, float, float], end: tuple[float, float, float]
) -> list[float]:
    way = np.linspace(start, end, 21)
    inside = [contains(zone.polygon, (x, y)) for _, x, y in way]
    return [float(way[n][0]) for n in range(1, 21) if inside[n] and not inside[n - 1]]


@pytest.mark.slow
def test_every_fifth_frame_finds_nearly_as_many_true_entries_and_tells_fewer_false_ones(
    both: Any,
) -> None:
    """By the hand-made labels, of one in twenty frames, so within two seconds."""
    truly = entries()
    assert len(truly) == 65
    found = []
    for events_ in both:
        told = [event for event in events_ if event.watch_id == "enter"]
        same = [
            [e.zone_id == zone and abs(e.started_at - at) < 2 for e in told] for zone, at in truly
        ]
        partners = maximum_bipartite_matching(csr_matrix(same), perm_type="column")
        found.append((int((partners >= 0).sum()), len(told)))
    (each, told_each), (fifth, told_fifth) = found
    assert each >= 60
    assert fifth >= 0.85 * each
    assert told_fifth - fifth <= told_each - each
