"""统计用区划代码, by level."""

from itertools import pairwise

import pytest

from liuhe import LEVELS
from plugins.places.rules.codes import (
    code_problem,
    length,
    nesting_problem,
    own_part,
    succession_problem,
)
from plugins.places.seeds.plots import District

GOOD = {
    "district": "330105000000",
    "street": "330105003000",
    "community": "330105003001",
    "grid": "330105003001002",
    "microgrid": "33010500300100203",
}


@pytest.mark.parametrize("level", LEVELS)
def test_a_code_fits_its_own_level_alone(level: str) -> None:
    assert [one for one in LEVELS if code_problem(GOOD[level], one) == ""] == [level]


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("", "street"),
        ("33010500300", "street"),
        ("3301050030000", "street"),
        ("33010500300a", "community"),
        ("３３０１０５００３０００", "street"),
        ("000000000000", "district"),
        ("330105003001000", "grid"),
        ("33010500300100200", "microgrid"),
    ],
)
def test_a_wrong_code_is_told_in_a_sentence(code: str, level: str) -> None:
    assert code_problem(code, level).endswith("。")


def test_each_level_adds_its_own_digits() -> None:
    parts = [own_part(GOOD[level], level) for level in LEVELS]
    assert parts == ["330105", "003", "001", "002", "03"]
    assert [length(level) for level in LEVELS] == [12, 12, 12, 15, 17]


@pytest.mark.parametrize(("upper", "lower"), [*pairwise(LEVELS)])
def test_a_level_lies_directly_in_the_one_above(upper: str, lower: str) -> None:
    assert nesting_problem(GOOD[lower], lower, GOOD[upper], upper) == ""
    assert nesting_problem(GOOD[upper], upper, GOOD[lower], lower) != ""
    assert nesting_problem(GOOD[lower], lower, "990105003001002", upper) != ""


def test_a_street_holds_no_grid_directly() -> None:
    assert nesting_problem(GOOD["grid"], "grid", GOOD["street"], "street") != ""


@pytest.mark.parametrize(
    ("kind", "before", "after", "fits"),
    [
        ("split", 1, 2, True),
        ("split", 1, 1, False),
        ("merge", 2, 1, True),
        ("merge", 1, 1, False),
        ("transfer", 1, 1, True),
        ("transfer", 2, 2, False),
        ("rename", 1, 1, False),
    ],
)
def test_one_becomes_many_or_many_become_one(
    kind: str, before: int, after: int, fits: bool
) -> None:
    assert (succession_problem(kind, before, after) == "") is fits


def test_all_codes_of_the_demo_district_are_sound() -> None:
    district = District()
    for plot in district.top.walk():
        assert code_problem(plot.code, plot.level) == "", plot
        for below in plot.below:
            problem = nesting_problem(below.code, below.level, plot.code, plot.level)
            assert problem == "", below
