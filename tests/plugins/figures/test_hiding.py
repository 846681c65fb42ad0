"""Whoever subtracts everything that is published from everything else finds no small cell."""

import itertools
from collections.abc import Collection, Mapping
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.figures.rules import Hidden, Pair, hidden_in, hide, summed, told_by

FLOOR = 5
#: Few, so that there are small cells, empty ones, and such as nothing can be hidden behind.
counts = st.integers(0, 14)


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    denominator = draw(counts)
    return Pair(draw(st.integers(0, denominator)), denominator)


Row = tuple[str, str, str, str, Pair]  # street, community, unit, type
districts = st.lists(
    st.tuples(
        st.sampled_from("ABCD"),
        st.sampled_from("123"),
        st.sampled_from("uvwxyz"),
        st.sampled_from("mnop"),
        pairs(),
    ),
    min_size=1,
    max_size=16,
)


@given(districts)
def test_no_hidden_cell_can_be_found_by_subtraction(rows: list[Row]) -> None:
    district = District([(s, s + c, u, t, pair) for s, c, u, t, pair in rows])
    district.attack(district.hidden())


@given(st.lists(st.tuples(*[st.sampled_from("ABCD")] * 2, st.integers(1, 9)), max_size=14))
def test_units_that_work_in_one_street_alone_are_no_help_to_whoever_has_a_post_there(
    shares: list[tuple[str, str, int]],
) -> None:
    """Every unit belongs to a street, and works there alone."""
    rows = [(s, f"{s}1", f"{s}{unit}", "t", Pair(n, n)) for s, unit, n in shares]
    district = District(rows)
    district.attack(district.hidden())


class District:
    """Rows as cells, as what is published of them, and as what each post sees of them."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self.lines = {
            by: self.cells(rows, column) for by, column in (("street", 0), ("unit", 2), ("type", 3))
        }
        self.inner = {
            street: self.cells([row for row in rows if row[0] == street], 1)
            for street in self.lines["street"]
        }
        posts = sorted({f"{column}{row[column]}" for row in rows for column in (0, 1, 2)})
        self.posts = {
            post: [row for row in rows if row[int(post[0])] == post[1:]] for post in posts
        }

    @staticmethod
    def cells(rows: list[Row], column: int) -> dict[str, Pair]:
        found: dict[str, Pair] = {}
        for row in rows:
            key = str(row[column])
            found[key] = found.get(key, Pair()) + row[4]
        return found

    def hidden(self) -> Hidden:
        known = {
            by: {
                post: {key: pair.denominator for key, pair in self.cells(mine, column).items()}
                for post, mine in self.posts.items()
            }
            for by, column in (("street", 0), ("community", 1), ("unit", 2), ("type", 3))
        }
        return hide(self.lines, self.inner, FLOOR, known)

    def attack(self, hidden: Hidden) -> None:
        """By each who has a post, and by all the others."""
        cells = {(by, key): pair for by, line in self.lines.items() for key, pair in line.items()}
        cells |= {("community", c): p for line in self.inner.values() for c, p in line.items()}
        attack(hidden, self.lines, self.inner)
        for mine in self.posts.values():
            sees = {
                (by, str(row[column]))
                for row in mine
                for by, column in (("street", 0), ("community", 1), ("unit", 2), ("type", 3))
            }
            whole = {
                one
                for one in sees
                if summed(r[4] for r in mine if r[_AT[one[0]]] == one[1]) == cells[one]
            }
            attack(hidden, self.lines, self.inner, whole)


_AT = {"street": 0, "community": 1, "unit": 2, "type": 3}


def attack(
    hidden: Hidden,
    lines: Mapping[str, Mapping[str, Pair]],
    inner: Mapping[str, Mapping[str, Pair]],
    post: Collection[tuple[str, str]] = (),
) -> None:
    """Everything that is published, as equations; then each hidden cell is asked for: by somebody
    whose post has these cells wholly in it, or by somebody who knows nothing else, and by each who
    knows one hidden cell besides."""
    if hidden.all:
        return
    cells = {(by, key): pair for by, line in lines.items() for key, pair in line.items()}
    cells |= {("community", key): pair for line in inner.values() for key, pair in line.items()}
    unknown = sorted(one for one in cells if hidden.hides(*one))
    small = [one for one, pair in cells.items() if 0 < pair.denominator < FLOOR]
    assert set(small) <= set(unknown)
    total = ("all", "")
    equations = [[total, *((by, key) for key in line)] for by, line in lines.items()]
    equations += [[("street", s), *(("community", c) for c in line)] for s, line in inner.items()]
    system = [[int(one in equation) for one in unknown] for equation in equations]
    for own in [None] if post else [None, *unknown]:
        mine = {*post, *([own] if own else [])}
        mine |= {("community", c) for by, key in mine if by == "street" for c in inner.get(key, ())}
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
    assert told_by(dict.fromkeys("abcdef", 1), FLOOR) is not None
    assert told_by(dict(zip("abcde", (1, 1, 1, 5, 5), strict=True)), FLOOR) is None


def test_what_a_post_has_not_counted_itself_is_left_room_enough() -> None:
    hidden = {"a": 2, "b": 3, "c": 4, "d": 6}
    assert told_by(hidden, FLOOR) is None
    assert told_by(hidden, FLOOR, {"street": {"a": 2, "b": 3, "c": 4}}) is not None  # d is left
    assert told_by(hidden, FLOOR, {"street": {"a": 2, "b": 3}}) is None
    assert told_by(hidden, FLOOR, {"street": {"a": 2, "b": 3, "d": 5}}) is None  # c: 1 to 5
    assert told_by(hidden, FLOOR, {"street": {"a": 2, "b": 3, "d": 6}}) is not None
    assert told_by(hidden, FLOOR, {"all": hidden}) is None


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 5)), min_size=1, max_size=4))
def test_to_a_post_each_cell_it_has_not_counted_may_be_anything_up_to_the_floor(
    cells: list[tuple[int, int]],
) -> None:
    """Every way is tried to make up the sum: what is seen of a cell is the least it can be."""
    floor, hidden = 3, {n: count for n, (count, _) in enumerate(cells)}
    mine = {n: min(seen, count) for n, (count, seen) in enumerate(cells)}
    if told_by(hidden, floor, {"post": mine}) is not None:
        return
    open_ = [n for n in hidden if mine[n] < hidden[n]]
    total = sum(hidden[n] for n in open_)
    ways = [range(max(1, mine[n]), total + 1) for n in open_]
    possible = [one for one in itertools.product(*ways) if sum(one) == total]
    for at, n in enumerate(open_):
        wanted = set(range(max(1, mine[n]), floor + 1))
        assert wanted <= {one[at] for one in possible}


def test_a_street_that_cannot_hide_its_communities_is_hidden_itself() -> None:
    inner = {name: {f"{name}1": Pair(9, 9), f"{name}2": Pair(8, 9)} for name in "ABCD"}
    inner["A"]["A2"] = Pair(1, 2)
    street = {name: summed(line.values()) for name, line in inner.items()}
    hidden = hide({"street": street}, inner, FLOOR)
    assert hidden.cells["street"] == frozenset("ABC")
    assert hidden.cells["community"] == {f"{name}{n}" for name in "ABC" for n in (1, 2)}
