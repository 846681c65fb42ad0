"""Whoever subtracts everything that is published from everything else finds no small cell."""

from collections.abc import Mapping
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.figures.rules import Hidden, Pair, hidden_in, hide, safe, summed

FLOOR = 5
#: Few, so that there are small cells, empty ones, and such as nothing can be hidden behind.
counts = st.integers(0, 14)


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    denominator = draw(counts)
    return Pair(draw(st.integers(0, denominator)), denominator)


streets = st.dictionaries(
    st.sampled_from("ABCDE"),
    st.dictionaries(st.sampled_from("1234"), pairs(), min_size=1, max_size=4),
    min_size=1,
    max_size=5,
)


@given(streets, st.lists(st.sampled_from("uvwxyz"), min_size=20, max_size=20))
def test_no_hidden_cell_can_be_found_by_subtraction(
    district: dict[str, dict[str, Pair]], owners: list[str]
) -> None:
    """`owners`: whose cases they are, dealt out over the communities."""
    inner = {s: {f"{s}{c}": pair for c, pair in cells.items()} for s, cells in district.items()}
    street = {key: summed(cells.values()) for key, cells in inner.items()}
    unit: dict[str, Pair] = {}
    for number, pair in enumerate(p for cells in inner.values() for p in cells.values()):
        unit[owners[number]] = unit.get(owners[number], Pair()) + pair
    hidden = hide({"unit": unit, "street": street}, inner, FLOOR)
    attack(hidden, {"unit": unit, "street": street}, inner)


def attack(
    hidden: Hidden,
    lines: Mapping[str, Mapping[str, Pair]],
    inner: Mapping[str, Mapping[str, Pair]],
) -> None:
    """Everything that is published, as equations; then each hidden cell is asked for, by somebody
    who knows nothing else, and by each who knows one hidden cell besides."""
    if hidden.all:
        return
    cells = {(by, key): pair for by, line in lines.items() for key, pair in line.items()}
    cells |= {("community", key): pair for line in inner.values() for key, pair in line.items()}
    unknown = sorted(one for one, pair in cells.items() if hidden.hides(*one))
    small = [one for one, pair in cells.items() if 0 < pair.denominator < FLOOR]
    assert set(small) <= set(unknown)
    total = ("all", "")
    equations = [[total, *((by, key) for key in line)] for by, line in lines.items()]
    equations += [[("street", s), *(("community", c) for c in line)] for s, line in inner.items()]
    system = [[int(one in equation) for one in unknown] for equation in equations]
    for own in [None, *unknown]:
        mine = (
            {own, *(("community", c) for c in inner.get(own[1] if own[0] == "street" else "", ()))}
            if own
            else set()
        )
        known = [[int(one == other) for other in unknown] for one in unknown if one in mine]
        told = {unknown[index] for index in solved(system + known)} - mine
        assert [one for one in told if cells[one] != Pair() and not around(one, own)] == []


def around(one: tuple[str, str], own: tuple[str, str] | None) -> bool:
    """A street that has but one community is known to whoever knows that."""
    return own is not None and (one[0], own[0]) == ("street", "community") and one[1] == own[1][0]


def solved(system: list[list[int]]) -> set[int]:
    """The unknowns that linear equations fix: those that elimination leaves alone in a row."""
    rows, found = [[Fraction(value) for value in row] for row in system], 0
    if not rows or not rows[0]:
        return set()
    for column in range(len(rows[0])):
        pivot = next((i for i in range(found, len(rows)) if rows[i][column]), None)
        if pivot is None:
            continue
        rows[found], rows[pivot] = rows[pivot], rows[found]
        rows[found] = [value / rows[found][column] for value in rows[found]]
        for i in range(len(rows)):
            if i != found and (factor := rows[i][column]):
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[found], strict=True)]
        found += 1
    alone = [[i for i, value in enumerate(row) if value] for row in rows]
    return {row[0] for row in alone if len(row) == 1}


def test_the_attack_would_find_a_cell_that_is_hidden_alone() -> None:
    cells = {"a": Pair(1, 2), "b": Pair(9, 9), "c": Pair(9, 9)}
    lone = Hidden(cells={"unit": frozenset("a")})
    pair = Hidden(cells={"unit": frozenset("ab")})  # found by whoever knows the other
    for hidden in (lone, pair):
        with pytest.raises(AssertionError):
            attack(hidden, {"unit": cells}, {})


@given(st.dictionaries(st.integers(0, 30), pairs(), max_size=12))
def test_a_hidden_sum_leaves_room_for_anything_up_to_the_floor(cells: dict[int, Pair]) -> None:
    hidden = hidden_in(cells, FLOOR)
    if not hidden:
        return
    values = [cells[key].denominator for key in hidden]
    for own in values:
        left = sum(values) - own
        for count in range(1, FLOOR + 1):  # each of the others may be so many
            assert left - count >= len(values) - 2
    if any(pair.mixed for pair in cells.values()):
        assert summed(cells[key] for key in hidden).mixed or not _could_mix(cells, hidden)


def _could_mix(cells: dict[int, Pair], hidden: frozenset[int]) -> bool:
    base = summed(cells[key] for key in hidden)
    return any((base + pair).mixed for key, pair in cells.items() if key not in hidden)


def test_what_is_hidden_is_as_little_as_can_be() -> None:
    cells = {name: Pair(n - 1, n) for name, n in zip("abcdef", (2, 6, 7, 20, 30, 40), strict=True)}
    assert hidden_in(cells, FLOOR) == frozenset("abc")
    assert hidden_in({"a": Pair(5, 5), "b": Pair(9, 9)}, FLOOR) == frozenset()
    assert hidden_in({"a": Pair(0, 1), "b": Pair(9, 9)}, FLOOR) is None  # the total has to go
    assert hidden_in({}, FLOOR) == frozenset()


def test_ones_are_not_told_by_their_number() -> None:
    assert not safe([1] * 6, FLOOR)
    assert safe([1, 1, 1, 5, 5], FLOOR)


def test_a_street_that_cannot_hide_its_communities_is_hidden_itself() -> None:
    inner = {name: {f"{name}1": Pair(9, 9), f"{name}2": Pair(8, 9)} for name in "ABCD"}
    inner["A"]["A2"] = Pair(1, 2)
    street = {name: summed(line.values()) for name, line in inner.items()}
    hidden = hide({"street": street}, inner, FLOOR)
    assert hidden.cells["street"] == frozenset("ABC")
    assert hidden.cells["community"] == {f"{name}{n}" for name in "ABC" for n in (1, 2)}
