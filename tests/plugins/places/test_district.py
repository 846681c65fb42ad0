"""The demo district as drawn: siblings tile their parent, every point has one grid."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.places.rules.shapes import Grains, bounds, contains, doubled_area, grains, polygon
from plugins.places.rules.validity import shape_problem
from plugins.places.seeds.plots import District, Plot

DISTRICT = District()
SHAPES = {plot.code: polygon(DISTRICT.ring(plot)) for plot in DISTRICT.top.walk()}
STANDING = [plot for plot in DISTRICT.top.walk() if plot.until is None]
BOX = bounds(SHAPES[DISTRICT.top.code])
CORNERS = sorted({corner for plot in STANDING for corner in DISTRICT.ring(plot)})

anywhere = st.builds(grains, st.floats(BOX.west, BOX.east), st.floats(BOX.south, BOX.north))
near_a_corner = st.builds(
    lambda corner, x, y: (corner[0] + x, corner[1] + y),
    st.sampled_from(CORNERS),
    st.integers(-3, 3),
    st.integers(-3, 3),
)


def holders(point: Grains, level: str) -> list[Plot]:
    return [p for p in STANDING if p.level == level and contains(SHAPES[p.code], point)]


@given(st.one_of(anywhere, near_a_corner))
def test_each_point_of_the_district_has_one_street_one_community_and_one_grid(
    point: Grains,
) -> None:
    expected = int(contains(SHAPES[DISTRICT.top.code], point))
    found = [len(holders(point, level)) for level in ("street", "community", "grid")]
    assert found == [expected] * 3


@given(st.one_of(anywhere, near_a_corner))
def test_a_point_has_one_microgrid_wherever_its_grid_has_any(point: Grains) -> None:
    for grid in holders(point, "grid"):
        inside = [plot for plot in grid.below if contains(SHAPES[plot.code], point)]
        assert len(inside) == (1 if grid.below else 0)


def test_every_plot_can_be_used_and_is_as_large_as_those_in_it() -> None:
    for plot in DISTRICT.top.walk():
        assert shape_problem(SHAPES[plot.code]) == "", plot.name
        below = [one for one in plot.below if one.until is None]
        whole = doubled_area(DISTRICT.ring(plot))
        parts = sum(doubled_area(DISTRICT.ring(one)) for one in below)
        assert parts == whole if below else whole > 0, plot.name


def test_a_split_grid_is_as_large_as_what_followed_it() -> None:
    plots = {plot.code: plot for plot in DISTRICT.top.walk()}
    ended = [plot for plot in plots.values() if plot.until]
    assert [plot.code for plot in ended] == ["330105003001003"]
    followers = [plots[code] for code in ended[0].followed_by]
    assert sum(doubled_area(DISTRICT.ring(one)) for one in followers) == doubled_area(
        DISTRICT.ring(ended[0])
    )


def test_the_district_is_the_same_every_time() -> None:
    again = District()
    assert {plot.code: polygon(again.ring(plot)) for plot in again.top.walk()} == SHAPES


@pytest.mark.parametrize(
    ("level", "least", "most"), [("street", 3, 5), ("community", 2, 5), ("grid", 0, 3)]
)
def test_there_is_something_of_each_level(level: str, least: int, most: int) -> None:
    counts = [
        len([one for one in plot.below if one.until is None])
        for plot in STANDING
        if plot.level == level
    ]
    assert (min(counts), max(counts)) == (least, most)
