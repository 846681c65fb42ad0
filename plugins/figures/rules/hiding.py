"""Which small cells are hidden, and what must be hidden with them.

What is published of a month: the total, and how it is made up by unit, by type, by street, and each
street by community. Each of these is a line: cells that add up to a total which is published, too.
A cell below the floor is hidden; and as many others with it, the smallest first, that neither the
sums nor the knowledge of any one hidden cell (whose own figure it is) tells another. If a line
cannot be made safe, its total is hidden.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Pair:
    """So many of so many."""

    numerator: int = 0
    denominator: int = 0

    def __add__(self, other: "Pair") -> "Pair":
        return Pair(self.numerator + other.numerator, self.denominator + other.denominator)

    @property
    def mixed(self) -> bool:
        return 0 < self.numerator < self.denominator


def summed(pairs: Iterable[Pair]) -> Pair:
    return sum(pairs, Pair())


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """`all`: nothing is published at all. The others: keys of hidden cells, by dimension."""

    all: bool = False
    cells: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def hides(self, by: str, key: str) -> bool:
        return self.all or key in self.cells.get(by, ())


def hide(
    lines: Mapping[str, Mapping[str, Pair]],
    inner: Mapping[str, Mapping[str, Pair]],
    floor: int,
    outer: str = "street",
    inner_name: str = "community",
) -> Hidden:
    """`lines`: cells by dimension; `inner`: of each cell of `outer`, its own cells."""
    forced: set[str] = set()
    while True:
        found = {
            by: hidden_in(cells, floor, forced if by == outer else ())
            for by, cells in lines.items()
        }
        if any(keys is None for keys in found.values()):
            return Hidden(all=True)
        known = {by: keys for by, keys in found.items() if keys is not None}
        within, open_ = _inside(inner, known.get(outer, frozenset()), floor)
        if not open_:
            return Hidden(cells={**known, inner_name: within})
        forced |= open_


def _inside(
    inner: Mapping[str, Mapping[str, Pair]], hidden: Collection[str], floor: int
) -> tuple[frozenset[str], set[str]]:
    """The hidden inner cells, and the outer ones whose own total must go before it is safe."""
    within: set[str] = set()
    open_: set[str] = set()
    for key, cells in inner.items():
        if key in hidden:
            within |= set(cells)
        elif (keys := hidden_in(cells, floor)) is None:
            open_.add(key)
        else:
            within |= keys
    return frozenset(within), open_


def hidden_in(
    cells: Mapping[K, Pair], floor: int, forced: Collection[K] = ()
) -> frozenset[K] | None:
    """Of one line; None where only hiding the total would help. Empty cells are no secret."""
    full = {key: pair for key, pair in cells.items() if pair != Pair()}
    chosen = {key for key, pair in full.items() if pair.denominator < floor or key in forced}
    if not chosen:
        return frozenset()
    rest = sorted(set(full) - chosen, key=lambda key: (full[key].denominator, str(key)))
    while not safe([full[key].denominator for key in chosen], floor):
        if not rest:
            return None
        chosen.add(rest.pop(0))
    if not summed(full[key] for key in chosen).mixed:
        chosen |= set(_mixing(full, chosen, rest))
    return frozenset(chosen)


def safe(hidden: Sequence[int], floor: int) -> bool:
    """Whether each of these, known by their sum, and any one of them besides, may still be anything
    from 1 to the floor."""
    others = len(hidden) - 1
    return others >= 2 and sum(hidden) - max(hidden) - others >= floor - 1


def _mixing(full: Mapping[K, Pair], chosen: Collection[K], rest: Sequence[K]) -> Sequence[K]:
    """One more, so that "all" or "none" of the sum does not tell it of each."""
    base = summed(full[key] for key in chosen)
    fit = (key for key in rest if (base + full[key]).mixed)
    return [key for key in [next(fit, None)] if key is not None]
