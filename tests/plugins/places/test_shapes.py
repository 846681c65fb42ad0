"""Which side of an edge a point is on, and what a usable polygon is."""

from collections.abc import Iterator
from math import isclose
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.places.rules.shapes import (
    GRAIN,
    Grains,
    bounds,
    centroid,
    contains,
    distance,
    far_away,
    polygon,
)
from plugins.places.rules.validity import MOST_POINTS, position_problem, shape_problem

STEP = 1_000
SIDE = 4


def field(shifts: list[Grains]) -> list[list[Grains]]:
    """A field of SIDE × SIDE plots whose inner corners were moved by less than half a step."""
    wide = SIDE + 1
    corners = [
        (
            column * STEP + (x if 0 < column < SIDE else 0),
            row * STEP + (y if 0 < row < SIDE else 0),
        )
        for (x, y), (column, row) in zip(
            shifts, ((c, r) for r in range(wide) for c in range(wide)), strict=True
        )
    ]
    return list(_plots(corners, wide))


def _plots(corners: list[Grains], wide: int) -> Iterator[list[Grains]]:
    for row in range(SIDE):
        for column in range(SIDE):
            at = row * wide + column
            yield [corners[at], corners[at + 1], corners[at + 1 + wide], corners[at + wide]]


shift = st.integers(-450, 450)
fields = st.lists(st.tuples(shift, shift), min_size=25, max_size=25).map(field)
inside = st.integers(0, SIDE * STEP - 1)


@given(fields, st.tuples(inside, inside))
def test_each_point_of_a_field_lies_in_exactly_one_plot(
    plots: list[list[Grains]], point: Grains
) -> None:
    assert [contains(polygon(plot), point) for plot in plots].count(True) == 1


@given(fields, st.integers(0, SIDE * SIDE - 1), st.integers(0, 3), st.integers(0, 4))
def test_a_point_on_an_edge_or_corner_lies_in_exactly_one_plot_too(
    plots: list[list[Grains]], number: int, side: int, quarter: int
) -> None:
    (ax, ay), (bx, by) = plots[number][side], plots[number][(side + 1) % 4]
    point = (ax + (bx - ax) * quarter // 4, ay + (by - ay) * quarter // 4)
    within = point[0] < SIDE * STEP and point[1] < SIDE * STEP
    assert [contains(polygon(plot), point) for plot in plots].count(True) == int(within)


def test_an_edge_belongs_to_the_plot_east_of_it_and_north_of_it() -> None:
    square = polygon([(0, 0), (10, 0), (10, 10), (0, 10)])
    assert contains(square, (0, 5))
    assert contains(square, (5, 0))
    assert not contains(square, (10, 5))
    assert not contains(square, (5, 10))


def test_a_hole_is_outside_and_an_island_inside() -> None:
    outer, hole = [(0, 0), (90, 0), (90, 90), (0, 90)], [(30, 30), (60, 30), (60, 60), (30, 60)]
    ringed = {
        "type": "Polygon",
        "coordinates": [polygon(outer)["coordinates"][0], polygon(hole)["coordinates"][0]],
    }
    both = {
        "type": "MultiPolygon",
        "coordinates": [
            ringed["coordinates"],
            polygon([(100, 0), (110, 0), (100, 10)])["coordinates"],
        ],
    }
    assert [contains(both, at) for at in ((10, 10), (45, 45), (101, 1))] == [True, False, True]


@given(fields)
def test_a_moved_field_is_without_problems(plots: list[list[Grains]]) -> None:
    assert [shape_problem(polygon(plot)) for plot in plots if _turns_one_way(plot)] == [
        "" for plot in plots if _turns_one_way(plot)
    ]


def _turns_one_way(plot: list[Grains]) -> bool:
    turns = []
    for (ax, ay), (bx, by), (cx, cy) in zip(
        plot, plot[1:] + plot[:1], plot[2:] + plot[:2], strict=True
    ):
        turns.append((bx - ax) * (cy - by) - (by - ay) * (cx - bx))
    return all(turn > 0 for turn in turns)


def ring(*points: tuple[Any, Any]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[list(point) for point in points]]}


@pytest.mark.parametrize(
    "shape",
    [
        None,
        [],
        {},
        {"type": "Point", "coordinates": [120, 30]},
        {"type": "Polygon", "coordinates": None},
        {"type": "Polygon", "coordinates": []},
        {"type": "MultiPolygon", "coordinates": [[]]},
        {"type": "Polygon", "coordinates": [["a", "b", "c", "a"]]},
        ring((120, 30), (121, 30), (121, 31)),  # not closed
        ring((120, 30), (121, 30), (120, 30), (120, 30)),  # two points
        ring((120, 30), (121, 30), (122, 30), (120, 30)),  # flat
        ring((120, 30), (121, 31), (121, 30), (120, 31), (120, 30)),  # a bow tie
        ring((120, 30), (122, 30), (122, 32), (121, 30), (120, 32), (120, 30)),  # touches itself
        ring((120, 30), (122, 30), (121, 30), (121, 31), (120, 30)),  # folds back
        ring((30, 120), (30, 121), (31, 121), (30, 120)),  # swapped
        ring((120, 30), (float("nan"), 30), (121, 31), (120, 30)),
        ring((120, 30), ("121", 30), (121, 31), (120, 30)),
        ring((120, 30), (True, 30), (121, 31), (120, 30)),
    ],
)
def test_what_is_no_polygon_is_told_in_a_sentence(shape: object) -> None:
    assert shape_problem(shape).endswith("。")


def test_a_polygon_with_too_many_points_is_refused_before_it_is_looked_at() -> None:
    points = [(number / GRAIN, 0) for number in range(MOST_POINTS + 1)]
    assert "简化" in shape_problem(ring(*points))


def test_heights_and_repeated_points_do_no_harm() -> None:
    assert (
        shape_problem(ring((120, 30, 5), (121, 30, 5), (121, 30, 6), (121, 31, 5), (120, 30, 5)))
        == ""
    )  # type: ignore[arg-type]


def test_a_shape_outside_china_raises_a_doubt_only() -> None:
    assert far_away(ring((120, 30), (121, 30), (121, 31), (120, 30))) == ""
    assert "写反" in far_away(ring((30, 20), (31, 20), (31, 21), (30, 20)))


@pytest.mark.parametrize("position", [(181.0, 0.0), (0.0, 91.0), (float("inf"), 0.0)])
def test_a_position_off_the_globe_is_told(position: tuple[float, float]) -> None:
    assert position_problem(*position).endswith("。")


def test_the_centroid_of_a_square_is_its_middle_whatever_corners_it_has() -> None:
    square = ring((120, 30), (120.5, 30), (121, 30), (121, 31), (120, 31), (120, 30))
    assert centroid(square) == (120.5, 30.5)


@given(fields)
def test_bounds_hold_every_corner(plots: list[list[Grains]]) -> None:
    for plot in plots:
        box = bounds(polygon(plot))
        assert all(
            box.west <= x / GRAIN <= box.east and box.south <= y / GRAIN <= box.north
            for x, y in plot
        )


def test_a_degree_of_latitude_is_a_hundred_and_eleven_kilometres() -> None:
    assert isclose(distance((120.0, 30.0), (120.0, 31.0)), 111_195, rel_tol=1e-4)
    assert distance((120.0, 30.0), (120.0, 30.0)) == 0
