"""What lies upon what: measured against simple figures, and against counting cells."""

from math import cos, isclose, radians
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.places.rules.cover import area_of, patches
from plugins.places.rules.fitting import faults, overlaps, slack, too_far_outside
from plugins.places.rules.shapes import polygon

STEP = 10_000  # grains, some 110 m
DEGREE = 111_195.08


def box(west: int, south: int, east: int, north: int) -> dict[str, Any]:
    """In steps from 120° east and 30° north."""
    x, y = 1_200_000_000, 300_000_000
    corners = [(west, south), (east, south), (east, north), (west, north)]
    return polygon([(x + a * STEP, y + b * STEP) for a, b in corners])


CELL = (DEGREE * STEP / 1e7) ** 2 * cos(radians(30))

boxes = st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(1, 5), st.integers(1, 5)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


def test_a_square_degree_at_thirty_north_has_the_area_of_the_globe() -> None:
    square = polygon([(0, 0), (10_000_000, 0), (10_000_000, 10_000_000), (0, 10_000_000)])
    assert isclose(area_of(square), DEGREE**2 * cos(radians(0.5)), rel_tol=1e-4)


@given(st.lists(boxes, min_size=1, max_size=4))
def test_patches_are_what_counting_cells_gives(given: list[tuple[int, int, int, int]]) -> None:
    expected: dict[frozenset[int], int] = {}
    for x in range(14):
        for y in range(14):
            inside = frozenset(
                n for n, (w, s, e, t) in enumerate(given) if w <= x < e and s <= y < t
            )
            expected[inside] = expected.get(inside, 0) + 1
    expected.pop(frozenset(), None)
    found = patches([box(*one) for one in given])
    assert set(found) == set(expected)
    for inside, count in expected.items():
        assert isclose(found[inside].square_metres, count * CELL, rel_tol=1e-3)


def test_crossing_edges_are_cut_where_they_cross() -> None:
    x, y = 1_200_000_000, 300_000_000
    up = polygon([(x, y), (x + 4 * STEP, y), (x + 2 * STEP, y + 4 * STEP)])
    down = polygon([(x, y + 3 * STEP), (x + 2 * STEP, y - STEP), (x + 4 * STEP, y + 3 * STEP)])
    [both] = [patch for inside, patch in patches([up, down]).items() if len(inside) == 2]
    assert isclose(both.square_metres, 5.25 * CELL, rel_tol=1e-3)


def test_a_hole_counts_as_outside() -> None:
    ring = box(0, 0, 6, 6)["coordinates"] + box(2, 2, 4, 4)["coordinates"]
    holed = {"type": "Polygon", "coordinates": ring}
    assert isclose(area_of(holed), 32 * CELL, rel_tol=1e-3)
    assert overlaps([holed, box(2, 2, 4, 4)]) == []


def test_neighbours_who_share_a_border_do_not_overlap() -> None:
    assert overlaps([box(0, 0, 4, 4), box(4, 0, 8, 4), box(0, 4, 8, 8)]) == []


def test_an_overlap_names_the_pair_its_size_and_where() -> None:
    [fault] = overlaps([box(0, 0, 4, 4), box(5, 5, 6, 6), box(3, 0, 8, 4)])
    assert (fault.kind, fault.numbers) == ("overlap", (0, 2))
    assert isclose(fault.square_metres, 4 * CELL, rel_tol=1e-3)
    assert fault.at == pytest.approx((120.0035, 30.002))


def test_a_parent_tells_of_holes_and_of_children_that_lie_outside() -> None:
    found = faults(box(0, 0, 8, 4), [box(0, 0, 4, 4), box(5, 0, 9, 4)])
    assert [(fault.kind, fault.numbers) for fault in found] == [("outside", (1,)), ("hole", ())]
    assert all(isclose(fault.square_metres, 4 * CELL, rel_tol=1e-3) for fault in found)


def test_a_centimetre_is_nothing() -> None:
    x, y = 1_200_000_000, 300_000_000
    one = polygon([(x, y), (x + 101 * 100, y), (x + 101 * 100, y + STEP), (x, y + STEP)])
    other = polygon(
        [
            (x + 101 * 100 - 1, y),
            (x + 3 * STEP, y),
            (x + 3 * STEP, y + STEP),
            (x + 101 * 100 - 1, y + STEP),
        ]
    )
    assert overlaps([one, other]) == []
    assert 20 <= slack(one) < 40


def test_a_hundredth_outside_of_the_parent_is_tolerable_and_more_is_not() -> None:
    parent = box(0, 0, 10, 10)
    assert too_far_outside(box(0, 0, 10, 10), parent) == 0
    assert too_far_outside(box(5, 0, 15, 10), parent) == pytest.approx(0.5, rel=1e-3)
    corners = [[120.0, 30.0], [120.01005, 30.0], [120.01005, 30.01], [120.0, 30.01], [120.0, 30.0]]
    assert too_far_outside({"type": "Polygon", "coordinates": [corners]}, parent) == 0
