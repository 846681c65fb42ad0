"""Zones against a slow and obvious reference, and against what trackers and clips do to them."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu.geometry import contains, ground_point, overlap
from gpu.messages import Box, Hours, Watch, Zone
from gpu.zones import Change, Open, Track, Zones

STEP = 0.2  # seconds between two looks
SQUARE = ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8))
INSIDE: Box = (0.4, 0.4, 0.6, 0.6)
OUTSIDE: Box = (0.0, 0.0, 0.1, 0.1)
DWELL = Watch(id="dwell", kind="dwell", objects=("car", "truck"), seconds=3, grace=2)
ENTER = Watch(id="enter", kind="enter", objects=("person",), seconds=0, grace=2)
CROWD = Watch(id="crowd", kind="crowd", objects=("person",), seconds=2, count=3, grace=2)

Looks = Sequence[Sequence[Track]]
Summary = list[tuple[str, str, float]]


def zone(*watches: Watch, polygon: tuple[tuple[float, float], ...] = SQUARE) -> Zone:
    return Zone(id="z", name="z", polygon=polygon, watches=watches)


def car(box: Box = INSIDE, number: int = 1, kind: str = "car") -> Track:
    return Track(id=number, object=kind, score=0.9, box=box)


def person(box: Box, number: int = 1) -> Track:
    return Track(id=number, object="person", score=0.9, box=box)


def play(zones: Zones, looks: Iterable[Sequence[Track]], start: float = 0.0) -> list[Change]:
    return [
        change
        for number, tracks in enumerate(looks)
        for change in zones.look(start + number * STEP, tracks)
    ]


def phases(changes: Iterable[Change]) -> list[tuple[str, str]]:
    return [(change.observation_id, change.phase) for change in changes]


def stay(seconds: float) -> int:
    """So many looks."""
    return round(seconds / STEP)


# --------------------------------------------------------------------------------------- geometry


@given(
    st.floats(0, 1, allow_subnormal=False),
    st.sampled_from(range(4)),
)
def test_a_point_on_an_edge_is_inside(part: float, side: int) -> None:
    (ax, ay), (bx, by) = SQUARE[side - 1], SQUARE[side]
    assert contains(SQUARE, (ax + (bx - ax) * part, ay + (by - ay) * part))


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_concave_polygon_is_the_union_of_its_convex_parts(x: float, y: float) -> None:
    ell = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.5), (0.5, 0.5), (0.5, 0.9), (0.1, 0.9))
    wide, tall = 0.1 <= x <= 0.9 and 0.1 <= y <= 0.5, 0.1 <= x <= 0.5 and 0.1 <= y <= 0.9
    assert contains(ell, (x, y)) == (wide or tall)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=3, max_size=8), st.data())
def test_turning_or_reversing_the_corners_changes_nothing(
    polygon: list[tuple[float, float]], data: st.DataObject
) -> None:
    point = data.draw(st.tuples(st.floats(0, 1), st.floats(0, 1)))
    turn = data.draw(st.integers(0, len(polygon)))
    same = contains(polygon, point)
    assert contains(polygon[turn:] + polygon[:turn], point) == same
    assert contains(polygon[::-1], point) == same


def test_an_object_stands_where_its_box_touches_the_ground() -> None:
    assert ground_point((0.2, 0.1, 0.4, 0.5)) == pytest.approx((0.3, 0.5))
    assert ground_point((0.9, 0.5, 1.3, 1.2)) == (1.0, 1.0)


@given(st.tuples(*[st.floats(0, 0.5)] * 2), st.tuples(*[st.floats(0.51, 1)] * 2))
def test_a_box_overlaps_itself_wholly(low: tuple[float, float], high: tuple[float, float]) -> None:
    box = (*low, *high)
    assert overlap(box, box) == pytest.approx(1)
    assert overlap(box, (box[2], box[3], box[2] + 1, box[3] + 1)) == 0


# ------------------------------------------------------------------------------ hours, and how sure


def at(clock: str) -> float:
    """Seconds since 1970 when it is this late in Shanghai, wherever this machine stands."""
    return datetime.fromisoformat(f"2026-03-02T{clock}+08:00").timestamp()


NIGHT = Hours(begins=22 * 60, ends=6 * 60, zone="Asia/Shanghai")
BY_DAY = Hours(begins=9 * 60, ends=17 * 60 + 30, zone="Asia/Shanghai")


@pytest.mark.parametrize(
    ("hours", "clock", "holds"),
    [
        (NIGHT, "21:59:59", False),
        (NIGHT, "22:00:00", True),
        (NIGHT, "03:00:00", True),
        (NIGHT, "05:59:59", True),
        (NIGHT, "06:00:00", False),
        (BY_DAY, "08:59:59", False),
        (BY_DAY, "09:00:00", True),
        (BY_DAY, "17:29:59", True),
        (BY_DAY, "17:30:00", False),
    ],
)
def test_a_watch_holds_at_its_hours_in_the_time_zone_of_the_district(
    hours: Hours, clock: str, holds: bool
) -> None:
    crowd = Watch(id="c", kind="crowd", objects=("car",), seconds=0, hours=hours)
    fall = Watch(id="f", kind="fall", objects=(), seconds=0, hours=hours)
    zones = Zones([zone(crowd, fall)])
    assert bool(zones.look(at(clock), [car()])) == holds
    assert bool(zones.find("fall", at(clock), [car(kind="fall")])) == holds


def test_what_stands_there_when_the_hours_begin_is_counted_from_then_and_ends_with_them() -> None:
    zones = Zones([zone(replace(DWELL, hours=NIGHT))])
    looks = [*range(-30, 30), *range(8 * 3600 - 30, 8 * 3600 + 30)]
    zones_at = at("22:00:00")
    told = [change for second in looks for change in zones.look(zones_at + second, [car()])]
    began, ended = told
    assert (began.phase, began.started_at, began.at) == ("started", zones_at, zones_at + 3)
    assert (ended.phase, ended.ended_at) == ("ended", zones_at + 8 * 3600 - 1)


def test_who_is_inside_when_the_hours_begin_has_not_come_in() -> None:
    zones = Zones([zone(replace(ENTER, hours=NIGHT))])
    outside, inside = [person(OUTSIDE)], [person(INSIDE)]
    evening = [zones.look(at("21:59:50") + n, outside if n < 5 else inside) for n in range(20)]
    assert not any(evening)
    zones.look(at("22:01:00"), [person(OUTSIDE, 2)])
    assert zones.look(at("22:01:01"), [person(INSIDE, 2)])[0].phase == "started"


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.floats(0, 1))
def test_what_the_model_is_not_sure_of_is_as_if_it_were_not_there(
    scores: list[float], least: float
) -> None:
    watch = replace(DWELL, least_score=least)
    seen = [[replace(car(), score=score)] for score in scores]
    sure = [looks if looks[0].score >= least else [] for looks in seen]
    assert play(Zones([zone(watch)]), seen) == play(Zones([zone(DWELL)]), sure)


# ------------------------------------------------------------------------------------------ dwell


def obvious_dwell(present: Sequence[bool], watch: Watch) -> Summary:
    """One object in one place, seen or not: cut into stays at gaps over the grace, and look."""
    times = [number * STEP for number, seen in enumerate(present) if seen]
    stays: list[list[float]] = []
    for at in times:
        if stays and at - stays[-1][-1] <= watch.grace + 1e-9:
            stays[-1].append(at)
        else:
            stays.append([at])
    said: Summary = []
    for each in stays:
        due = [at for at in each if at - each[0] >= watch.seconds - 1e-9 and _half_seen(at, each)]
        if due:
            said.append(("started", "car", round(due[0], 6)))
            if (len(present) - 1) * STEP - each[-1] > watch.grace + 1e-9:
                said.append(("ended", "car", round(each[-1], 6)))
    return said


def _half_seen(at: float, stay: Sequence[float]) -> bool:
    looks = round((at - stay[0]) / STEP) + 1
    return sum(seen <= at for seen in stay) >= looks / 2


RUNS = st.lists(st.tuples(st.booleans(), st.integers(1, 25)), max_size=8)


@given(RUNS)
def test_a_stay_is_what_the_obvious_reference_says(runs: list[tuple[bool, int]]) -> None:
    # Steps and limits are chosen so that no gap is exactly as long as the grace.
    watch = Watch(id="dwell", kind="dwell", objects=("car",), seconds=3.1, grace=1.9)
    present = [seen for seen, length in runs for _ in range(length)]
    changes = play(Zones([zone(watch)]), [[car()] if seen else [] for seen in present])
    said = [
        (c.phase, c.track.object, round(c.at if c.phase == "started" else c.ended_at or 0, 6))
        for c in changes
    ]
    assert said == obvious_dwell(present, watch)


STAYS = st.lists(
    st.tuples(
        st.sampled_from([stay(1), stay(5), stay(8)]),  # clearly under or over three seconds
        st.sampled_from([stay(1), stay(4)]),  # clearly under or over the grace of two
    ),
    min_size=1,
    max_size=4,
)


@given(STAYS, st.data())
def test_dropping_any_one_look_changes_no_set_of_stays(
    stays: list[tuple[int, int]], data: st.DataObject
) -> None:
    looks = [[car()] if seen else [] for on, off in stays for seen in [True] * on + [False] * off]
    drop = data.draw(st.integers(0, len(looks) - 1))
    whole = play(Zones([zone(DWELL)]), looks)
    kept = [(number * STEP, look) for number, look in enumerate(looks) if number != drop]
    zones = Zones([zone(DWELL)])
    holed = [change for at, look in kept for change in zones.look(at, look)]
    assert phases(holed) == phases(whole)


@given(st.lists(st.integers(1, 5), min_size=stay(6), max_size=stay(6)))
def test_a_tracker_may_change_its_ids_at_will(ids: list[int]) -> None:
    looks = [[car(number=number)] for number in ids]
    changes = play(Zones([zone(DWELL)]), [*looks, *[[]] * stay(3)])
    assert phases(changes) == [("1", "started"), ("1", "ended")]


@given(st.lists(st.tuples(*[st.floats(-0.02, 0.02)] * 4), min_size=stay(6), max_size=stay(6)))
def test_a_trembling_box_stays(shifts: list[tuple[float, float, float, float]]) -> None:
    looks = [[car(tuple(a + b for a, b in zip(INSIDE, s, strict=True)))] for s in shifts]  # type: ignore[arg-type]
    assert phases(play(Zones([zone(DWELL)]), looks)) == [("1", "started")]


def test_a_vehicle_that_is_now_a_car_and_now_a_truck_is_one() -> None:
    looks = [[car(kind="car" if number % 2 else "truck")] for number in range(stay(6))]
    assert phases(play(Zones([zone(DWELL)]), looks)) == [("1", "started")]


def test_two_boxes_around_one_vehicle_are_one_observation() -> None:
    larger: Box = (0.38, 0.35, 0.65, 0.62)
    looks = [[car(), car(larger, number=2, kind="truck")]] * stay(6)
    assert phases(play(Zones([zone(DWELL)]), looks)) == [("1", "started")]


@pytest.mark.parametrize("many", [1, 3])
def test_each_parked_vehicle_is_an_observation_of_its_own(many: int) -> None:
    boxes: list[Box] = [(0.2 + 0.2 * n, 0.4, 0.35 + 0.2 * n, 0.6) for n in range(many)]
    looks = [[car(box, number) for number, box in enumerate(boxes)]] * stay(6)
    changes = play(Zones([zone(DWELL)]), looks)
    assert sorted(change.track.box for change in changes) == boxes
    assert {change.phase for change in changes} == {"started"}


def test_dense_traffic_does_not_add_up_to_a_stay() -> None:
    def lane(at: float) -> list[Track]:
        """Cars of 0.1, three lengths apart, each second another one at the same place."""
        first = (at * 0.3) % 0.3
        starts = [0.2 + first + 0.3 * number for number in range(3)]
        return [car((x, 0.5, x + 0.1, 0.6), int(at * 10) + n) for n, x in enumerate(starts)]

    assert play(Zones([zone(DWELL)]), [lane(number * STEP) for number in range(stay(60))]) == []


@pytest.mark.parametrize(("every", "said"), [(2, ["started"]), (3, [])])
def test_a_place_must_be_taken_in_half_of_the_looks(every: int, said: list[str]) -> None:
    looks = [[car()] if number % every == 0 else [] for number in range(stay(9))]
    assert [change.phase for change in play(Zones([zone(DWELL)]), looks)] == said


def test_a_passing_truck_that_hides_the_parked_car_ends_nothing() -> None:
    hidden = [[car((0.3 + 0.05 * n, 0.3, 0.7 + 0.05 * n, 0.65), 9, "truck")] for n in range(8)]
    looks = [[car()]] * stay(5) + hidden + [[car()]] * stay(5)
    assert phases(play(Zones([zone(DWELL)]), looks)) == [("1", "started")]


def test_a_car_outside_or_another_kind_is_nothing() -> None:
    looks = [[car(OUTSIDE), person(INSIDE, 2)]] * stay(6)
    assert play(Zones([zone(DWELL)]), looks) == []


def test_an_observation_tells_when_it_began_and_when_it_was_last_seen() -> None:
    started, ended = play(Zones([zone(DWELL)]), [*[[car()]] * 21, *[[]] * 15], start=100)
    assert (started.started_at, started.ended_at) == (100, None)
    assert started.at == pytest.approx(103)
    assert (ended.started_at, ended.ended_at) == (100, pytest.approx(104))
    assert ended.at == pytest.approx(106.2)  # the first look after two seconds of grace


def test_a_camera_that_was_away_ends_nothing_and_lets_nothing_last() -> None:
    zones = Zones([zone(DWELL)])
    play(zones, [[car()]] * stay(5))
    assert zones.look(600, []) == []  # the first look back is no proof of absence
    assert zones.look(601, [car()]) == []
    fresh = Zones([zone(DWELL)])
    play(fresh, [[car()]] * stay(1))
    assert fresh.look(600, [car()]) == []  # nor did a pending stay last meanwhile


def test_a_clock_that_runs_backwards_stands_still() -> None:
    zones = Zones([zone(DWELL)])
    changes = [*zones.look(10, [car()]), *zones.look(5, [car()]), *zones.look(12.9, [car()])]
    assert changes == []
    assert [change.at for change in zones.look(13, [car()])] == [13]


# ---------------------------------------------------------------------------------- enter and crowd


def walk(*xs: float, number: int = 1) -> list[list[Track]]:
    return [[person((x - 0.05, 0.3, x + 0.05, 0.5), number)] for x in xs]


def test_who_crosses_in_is_told_once_however_long_inside() -> None:
    looks = walk(0.1, 0.15, 0.25, *[0.3] * 50, 0.25, 0.1, *[0.1] * 20)
    assert phases(play(Zones([zone(ENTER)]), looks)) == [("1", "started"), ("1", "ended")]


def test_who_is_first_seen_inside_did_not_cross_in() -> None:
    assert play(Zones([zone(ENTER)]), walk(*[0.5] * 30)) == []


def test_pacing_over_the_line_is_one_entry() -> None:
    looks = walk(*[0.1, 0.25] * 20)
    assert phases(play(Zones([zone(ENTER)]), looks)) == [("1", "started")]


def test_who_was_out_of_sight_inside_did_not_cross_in_again() -> None:
    looks = [*walk(0.1, *[0.3] * 5), *[[]] * stay(4), *walk(*[0.3] * 5), *[[]] * stay(4)]
    assert phases(play(Zones([zone(ENTER)]), looks)) == [("1", "started"), ("1", "ended")]


def test_an_entry_goes_on_under_another_id() -> None:
    looks = [*walk(0.1, 0.25, 0.3), *walk(*[0.31] * 20, number=2), *walk(0.1, number=2)]
    assert phases(play(Zones([zone(ENTER)]), looks)) == [("1", "started")]


def test_an_entry_with_seconds_is_told_only_if_it_lasts() -> None:
    lasting = Watch(id="enter", kind="enter", objects=("person",), seconds=2, grace=1)
    short = walk(0.1, *[0.3] * stay(1), *[0.1] * stay(3))
    assert play(Zones([zone(lasting)]), short) == []
    assert phases(play(Zones([zone(lasting)]), walk(0.1, *[0.3] * stay(3)))) == [("1", "started")]


@given(st.integers(0, 40))
def test_dropping_any_one_look_changes_no_entry(drop: int) -> None:
    looks = walk(*[0.1] * 5, *[0.25, 0.3] * 5, *[0.1] * 26)
    zones = Zones([zone(ENTER)])
    kept = [(n * STEP, look) for n, look in enumerate(looks) if n != drop]
    changes = [change for at, look in kept for change in zones.look(at, look)]
    assert phases(changes) == [("1", "started"), ("1", "ended")]


def group(many: int) -> list[Track]:
    return [person((0.2 + 0.1 * n, 0.3, 0.28 + 0.1 * n, 0.5), n) for n in range(many)]


def test_a_crowd_is_enough_people_for_long_enough() -> None:
    looks = [*[group(2)] * 20, *[group(3)] * 8, group(5), *[group(3)] * 6, *[group(2)] * 20]
    started, ended = play(Zones([zone(CROWD)]), looks)
    assert (started.phase, started.started_at, started.at) == ("started", 4, pytest.approx(6))
    assert (ended.phase, ended.count, ended.ended_at) == ("ended", 5, pytest.approx(6.8))
    assert ended.track.box == pytest.approx((0.2, 0.3, 0.48, 0.5))


@given(st.lists(st.integers(0, 2), max_size=9))
def test_a_crowd_survives_short_losses(losses: list[int]) -> None:
    looks = [*[group(3)] * 20, *[group(count) for count in losses], *[group(3)] * 5]
    assert phases(play(Zones([zone(CROWD)]), looks)) == [("1", "started")]


# --------------------------------------------------------------- other zones at run time, restart


def test_unchanged_watches_keep_their_state_and_removed_ones_end() -> None:
    zones = Zones([zone(DWELL, CROWD)])
    play(zones, [[car(), *group(3)]] * stay(4))
    ended = zones.reconfigure([zone(DWELL)], now=4)
    assert [(c.watch_id, c.phase, c.at) for c in ended] == [("crowd", "ended", 4)]
    assert play(zones, [[car()]] * stay(4), start=4) == []


def test_a_pending_stay_goes_on_when_other_zones_change() -> None:
    zones = Zones([zone(DWELL)])
    play(zones, [[car()]] * stay(2))
    assert zones.reconfigure([zone(DWELL, ENTER)], now=2) == []
    assert [c.started_at for c in play(zones, [[car()]] * stay(2), start=2)] == [0]


def test_a_polygon_that_moves_away_lets_the_stay_lapse() -> None:
    zones = Zones([zone(DWELL)])
    play(zones, [[car()]] * stay(4))
    away = ((0.0, 0.0), (0.1, 0.0), (0.1, 0.1))
    assert zones.reconfigure([zone(DWELL, polygon=away)], now=4) == []
    assert phases(play(zones, [[car()]] * stay(3), start=4)) == [("1", "ended")]


def test_what_was_open_goes_on_after_a_restart() -> None:
    before = Zones([zone(DWELL)], new_id=lambda: "first")
    play(before, [[car()]] * stay(4))
    kept = [Open.from_json(each.to_json()) for each in before.remember()]
    after = Zones([zone(DWELL)], new_id=lambda: "second")
    assert after.recall(kept, now=500) == []
    assert play(after, [[car()]] * stay(6), start=500) == []
    (ended,) = play(after, [[]] * stay(3), start=506)
    assert (ended.observation_id, ended.phase, ended.started_at) == ("first", "ended", 0)


def test_after_a_restart_another_under_the_same_id_is_another() -> None:
    before = Zones([zone(ENTER)], new_id=lambda: "first")
    play(before, walk(0.1, *[0.3] * 5))
    after = Zones([zone(ENTER)], new_id=lambda: "second")
    after.recall(before.remember(), now=500)
    changes = play(after, walk(0.1, *[0.5] * stay(4)), start=500)
    assert sorted(phases(changes)) == [("first", "ended"), ("second", "started")]


def test_what_was_open_ends_after_a_restart_without_its_watch() -> None:
    before = Zones([zone(DWELL)])
    play(before, [[car()]] * stay(4))
    (ended,) = Zones([zone(CROWD)]).recall(before.remember(), now=500)
    assert (ended.phase, ended.at, ended.ended_at) == ("ended", 500, pytest.approx(3.8))


@given(st.lists(st.lists(st.tuples(*[st.floats(0, 0.9)] * 2), max_size=5), max_size=60))
def test_whatever_comes_starts_come_before_ends_and_each_once(
    places: list[list[tuple[float, float]]],
) -> None:
    looks = [
        [
            Track(id=n, object="person", score=0.5, box=(x, y, x + 0.1, y + 0.1))
            for n, (x, y) in enumerate(each)
        ]
        for each in places
    ]
    lively = Watch(id="d", kind="dwell", objects=("person",), seconds=0.3, grace=0.3)
    changes = play(Zones([zone(lively, ENTER, CROWD)]), [*looks, *[[]] * 30])
    assert all(change.at >= change.started_at for change in changes)
    for number in {change.observation_id for change in changes}:
        own = [change for change in changes if change.observation_id == number]
        assert [change.phase for change in own] == ["started", "ended"]
        assert own[0].at < own[1].at
        assert math.isfinite(own[1].at)
