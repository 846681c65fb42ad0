"""The labelled clip and what is counted on it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu.geometry import overlap
from gpu.manifests import find
from gpu.matching import Named, followed, pairs
from gpu.messages import Quality, Share
from gpu.pipeline import Seen
from gpu.quality import Event, Told, Truth, judge, keep, kept, measure, truth
from gpu.spells import Track

OBJECTS = {"person": "person", "vehicle": "truck"}


@pytest.fixture(scope="module")
def labelled() -> Truth:
    return truth()


def as_told(labelled: Truth) -> Told:
    """Somebody who tells exactly the truth."""
    ids: dict[Any, int] = {}
    seen, tracks = {}, {}
    for frame, there in labelled.objects.items():
        both = [(OBJECTS[group], each) for group, boxes in there.items() for each in boxes]
        seen[frame] = [Seen(object=name, score=0.9, box=each.box) for name, each in both]
        tracks[frame] = [
            Track(id=ids.setdefault(each.who, len(ids)), object=name, score=0.9, box=each.box)
            for name, each in both
        ]
    return Told(seen=seen, tracks=tracks, events=labelled.events)


def test_the_labels_are_whole(labelled: Truth) -> None:
    assert len(labelled.objects) == 40
    for there in labelled.objects.values():
        everybody = [each for boxes in there.values() for each in boxes]
        assert len({each.who for each in everybody}) == len(everybody)
        assert len(there["vehicle"]) == 2
        for each in everybody:
            x1, y1, x2, y2 = each.box
            assert 0 <= x1 < x2 <= 1
            assert 0 <= y1 < y2 <= 1


def test_who_tells_the_truth_is_right_in_everything(labelled: Truth) -> None:
    quality = judge(labelled, as_told(labelled), "m@1", 0.5)
    shares = (quality.people, quality.vehicles, quality.events)
    assert [(each.precision, each.recall) for each in shares] == [(1.0, 1.0)] * 3
    assert (quality.people.right, quality.vehicles.right, quality.events.right) == (248, 80, 4)
    assert (quality.idf1, quality.switches) == (1.0, 0)


def test_what_is_missed_made_up_and_mixed_up_is_counted(labelled: Truth) -> None:
    told = as_told(labelled)
    ghost = Seen(object="person", score=0.9, box=(0.0, 0.8, 0.1, 1.0))
    faint = [replace(each, score=0.4) for each in told.seen[20]]  # 5 people and 2 vehicles
    hidden = Seen(object="person", score=0.9, box=labelled.ignored[660][0])
    seen = {**told.seen, 0: [*told.seen[0], ghost], 20: faint, 660: [*told.seen[660], hidden]}
    mixed = [replace(each, id=each.id + 900) for each in told.tracks[40]]  # 6 people
    late = Event(watch="crowd", start=30.0, end=33.0)
    worse = Told(seen=seen, tracks={**told.tracks, 40: mixed}, events=[*labelled.events[1:], late])
    quality = judge(labelled, worse, "m@1", 0.5)
    assert quality.people == Share(right=243, wrong=1, missed=5)
    assert quality.vehicles == Share(right=78, wrong=0, missed=2)
    assert quality.events == Share(right=3, wrong=1, missed=1)
    assert quality.idf1 == pytest.approx(1 - 6 / 248, abs=1e-4)
    assert quality.switches == 5 + 6  # those of frame 20 and the one who is new; and all back


@pytest.mark.parametrize(
    ("change", "means"),
    [
        ({}, True),
        ({"watch": "crowd"}, False),
        ({"start": 20.0, "end": 30.0}, False),
        ({"box": (0.5, 0.5, 0.6, 0.6)}, False),
        ({"box": None}, True),
    ],
)
def test_an_event_is_the_same_by_rule_time_and_place(change: dict[str, Any], means: bool) -> None:
    event = Event(watch="parked", start=0.0, end=10.0, box=(0.1, 0.1, 0.2, 0.2))
    assert event.means(replace(event, **change)) is means


SIDES = st.floats(0, 0.8).flatmap(
    lambda start: st.floats(start + 0.1, 1.0).map(lambda end: (start, end))
)
BOXES = st.lists(st.tuples(SIDES, SIDES).map(lambda s: (s[0][0], s[1][0], s[0][1], s[1][1])))


@given(one=BOXES, other=BOXES)
def test_each_box_has_at_most_one_partner_and_pairs_are_alike(one: Any, other: Any) -> None:
    found = pairs(one, other)
    assert len({a for a, _ in found}) == len({b for _, b in found}) == len(found)
    assert all(overlap(one[a], other[b]) >= 0.5 for a, b in found)
    assert len(found) == len(pairs(other, one))
    assert len(pairs(one, one)) == len(one)


def test_a_track_that_goes_over_to_another_costs_both() -> None:
    a, b = (0.0, 0.0, 0.2, 0.2), (0.5, 0.5, 0.7, 0.7)
    truly = {n: [Named(who="a", box=a), Named(who="b", box=b)] for n in range(4)}
    told = {n: [Named(who=n > 1, box=a), Named(who=n < 2, box=b)] for n in range(4)}
    assert followed(truly, truly).idf1 == 1.0
    assert (followed(truly, told).idf1, followed(truly, told).switches) == (0.5, 2)
    assert followed(truly, {}).idf1 == 0.0


def test_a_result_is_kept_beside_the_model_and_only_for_these_weights(
    tmp_path: Path, labelled: Truth
) -> None:
    model = replace(find(None), path=tmp_path / "model.onnx")
    assert kept(model) is None
    quality = judge(labelled, as_told(labelled), model.tag, 0.5)
    keep(quality, model)
    assert kept(model) == quality
    other = replace(model, manifest=replace(model.manifest, sha256="0" * 64))
    assert kept(other) is None


@pytest.mark.slow
def test_the_bundled_model_is_as_good_as_its_kept_result_says(
    detector: Any, labelled: Truth
) -> None:
    quality = measure(detector.network(None), labelled)
    before = kept(find(None))
    assert isinstance(before, Quality)
    for share, known in (
        (quality.people, before.people),
        (quality.vehicles, before.vehicles),
        (quality.events, before.events),
    ):
        assert share.precision == pytest.approx(known.precision, abs=0.03)
        assert share.recall == pytest.approx(known.recall, abs=0.03)
    assert quality.idf1 >= before.idf1 - 0.03
