"""What moved: kept once a second, in pieces, sent without getting in anybody's way."""

import json
from pathlib import Path
from typing import Any

import pytest

from gpu import pipeline
from gpu.cpu.track import Tracker
from gpu.errands import TRACKS_AT_MOST, TracksErrand
from gpu.link import Link, Unreachable
from gpu.manifests import find
from gpu.messages import Camera, Config, Tracks
from gpu.pipeline import CLIPS, Seen, lines
from gpu.recorder import Recorder
from gpu.spells import Track
from gpu.teller import Teller
from gpu.zones import Zones
from plugins.video.rules.tracks import packed, replay, seconds_of, unpacked

AT = 1_790_000_000.0
CAMPUS = Camera.from_json((CLIPS / "campus.json").read_bytes())


def car(number: int, x: float = 0.2) -> Track:
    return Track(id=number, object="car", score=0.9, box=(x, 0.2, x + 0.1, 0.3))


def recorded(seconds: float, rate: int = 10) -> list[Tracks]:
    told: list[Tracks] = []
    recorder = Recorder("c", told.append)
    for number in range(round(seconds * rate)):
        recorder.look(AT + number / rate, [car(900 + number // 500)], "m@1")
    recorder.finish("m@1")
    return told


def test_one_look_a_second_is_kept_in_pieces_of_two_minutes() -> None:
    told = recorded(300)
    assert [round(seconds_of(each)) for each in told] == [119, 119, 59]
    assert sum(len(each.looks) for each in told) == 300
    assert len({each.key for each in told}) == 3
    assert [Tracks.from_json(json.dumps(each.to_json())) for each in told] == told


def test_numbers_begin_anew_in_each_piece() -> None:
    """Who is followed over two minutes cannot be followed into the next two."""
    numbers = [[look[2] for look in each.looks] for each in recorded(300)]
    assert [sorted(set(each)) for each in numbers] == [[0, 1, 2], [0, 1, 2], [0, 1]]
    assert [each[0] for each in numbers] == [0, 0, 0]


def test_a_clock_that_runs_backwards_begins_a_new_piece() -> None:
    told: list[Tracks] = []
    recorder = Recorder("c", told.append)
    for at in (AT, AT + 5, AT - 100, AT - 95):
        recorder.look(at, [], "m@1")
    recorder.finish("m@1")
    assert [[look[0] for look in each.looks] for each in told] == [[0, 5000], [0, 5000]]


@pytest.mark.parametrize(("wanted", "pieces"), [(True, 1), (False, 0)])
def test_nothing_is_kept_unless_the_server_asks(wanted: bool, pieces: int) -> None:
    (line,) = lines(Config(version="1", cameras=(CAMPUS,), tracks=wanted))
    told: list[Tracks] = []
    teller = Teller(line, lambda *_: None, lambda *_: None, record=told.append)
    teller.begin("m@1", AT)
    for number in range(10):
        teller.look(AT + number, [car(1)])
    teller.finish(AT + 10)
    assert len(told) == pieces


def test_what_moves_is_kept_from_when_it_is_wanted_and_forgotten_when_no_more() -> None:
    kept, not_kept = (
        lines(Config(version="1", cameras=(CAMPUS,), tracks=wanted))[0] for wanted in (True, False)
    )
    told: list[Tracks] = []
    teller = Teller(not_kept, lambda *_: None, lambda *_: None, record=told.append)
    teller.begin("m@1", AT)
    for second, line in ((0, not_kept), (10, kept), (20, kept), (30, not_kept), (40, kept)):
        teller.rezone(line, AT + second)
        teller.look(AT + second, [car(1)])
        teller.look(AT + second + 1, [car(1)])
    teller.finish(AT + 50)
    assert [(each.started_at.timestamp(), len(each.looks)) for each in told] == [(AT + 40, 2)]


def test_a_replay_tells_what_the_eyes_told() -> None:
    """The clip's own zones, on what the bundled model saw in it when it was chosen."""
    tracker = Tracker(pipeline.Track(), find(None).manifest.output, 5.0)
    zones, pieces = Zones(CAMPUS.zones), list[Tracks]()
    recorder = Recorder("c", pieces.append)
    live: list[tuple[str, float]] = []
    for text in Path(__file__).with_name("campus_seen.jsonl").read_text().splitlines():
        look = json.loads(text)
        now = AT + look["frame"] / 10
        seen = [Seen(object=o, score=s, box=tuple(box)) for o, s, box in look["seen"]]
        *_, (_, tracks) = tracker.follow(now, seen)
        changes = [each for each in zones.look(now, tracks) if each.phase == "started"]
        live += [(each.watch_id, each.started_at) for each in changes]
        recorder.look(now, tracks, "m@1")
    recorder.finish("m@1")
    again = []
    for zone in CAMPUS.zones:
        raised = replay([(each.started_at, packed(each)) for each in pieces], zone)
        again += [(zone.watches[each.watch].id, each.at.timestamp()) for each in raised]
    assert sorted(name for name, _ in again) == sorted(name for name, _ in live) != []
    for (_, one), (_, other) in zip(sorted(live), sorted(again), strict=True):
        assert one == pytest.approx(other, abs=2.5)


def test_what_is_packed_is_small_and_comes_out_again() -> None:
    (told, *_) = recorded(120)
    objects, looks, scores = unpacked(packed(told))
    assert (objects, [tuple(look) for look in looks]) == (["car"], list(told.looks))
    assert [tuple(each) for each in scores] == list(told.scores)
    assert {score for each in scores for score in each} <= {*range(101)}
    assert len(packed(told)) < len(json.dumps(told.to_json())) / 4


def test_a_server_that_is_away_gets_them_later_and_one_that_refuses_never(
    server: Any, token_file: Path
) -> None:
    link = Link(server.address, token_file)
    errand = TracksErrand(link)
    told = recorded(300)
    for each in told:
        errand.take(each)
    server.on("POST /video/tracks", 503, 200, 404, 200)
    with pytest.raises(Unreachable):
        errand.round()
    errand.round()
    keys = [call.headers["Idempotency-Key"] for call in server.named("POST /video/tracks")]
    assert keys == [told[0].key, *(each.key for each in told)]
    errand.round()
    assert len(server.calls) == 4
    link.close()


def test_never_more_wait_than_are_allowed(token_file: Path) -> None:
    errand = TracksErrand(Link("http://127.0.0.1:9", token_file))
    (one, *_) = recorded(3)
    for _ in range(TRACKS_AT_MOST + 50):
        errand.take(one)
    assert len(errand._waiting) == TRACKS_AT_MOST
