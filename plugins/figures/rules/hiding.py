"""Which small cells are hidden, and what must be hidden with them.

What is published of a month: the total, and how it is made up by unit, by type, by street, and each
street by community. Each of these is a line: cells that add up to a total which is published, too.
A cell below the floor is hidden; and as many others with it, the smallest first, that the sums tell
no other cell to anybody: not to whoever knows nothing else, nor whoever knows any one hidden cell
(whose own figure it is), nor whoever has a post and so counts all that lies in one area, or with
one unit. If a line cannot be made safe, its total is hidden.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

K = TypeVar("K", bound=Hashable)
#: By post: how much of each cell whoever has it can count for themselves.
Known = Mapping[str, Mapping[K, int]]


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
    known: Mapping[str, Known[str]] | None = None,
    outer: str = "street",
    inner_name: str = "community",
) -> Hidden:
    """`lines`: cells by dimension; `inner`: of each cell of `outer`, its own cells. `known`: what
    posts tell, by dimension."""
    posts = known or {}
    forced: set[str] = set()
    while True:
        found = {
            by: hidden_in(cells, floor, posts.get(by, {}), forced if by == outer else ())
            for by, cells in lines.items()
        }
        if any(keys is None for keys in found.values()):
            return Hidden(all=True)
        hidden = {by: keys for by, keys in found.items() if keys is not None}
        streets = hidden.get(outer, frozenset())
        within, open_ = _inside(inner, streets, floor, posts.get(inner_name, {}))
        if not open_:
            return Hidden(cells={**hidden, inner_name: within})
        forced |= open_


def still_hides(
    hidden: Hidden,
    lines: Mapping[str, Mapping[str, Pair]],
    inner: Mapping[str, Mapping[str, Pair]],
    floor: int,
    known: Mapping[str, Known[str]],
) -> bool:
    """Whether what was hidden hides these figures too, as they have been corrected since."""
    open_ = {key: cells for key, cells in inner.items() if not hidden.hides("street", key)}
    asked = [*lines.items(), *(("community", cells) for cells in open_.values())]
    return not hidden.all and all(
        _covers(hidden.cells.get(by, frozenset()), cells, floor, known.get(by))
        for by, cells in asked
    )


def _covers(
    keys: Collection[str], cells: Mapping[str, Pair], floor: int, known: Known[str] | None
) -> bool:
    full = {key: pair for key, pair in cells.items() if pair != Pair()}
    small = {key for key, pair in full.items() if pair.denominator < floor}
    return (
        small <= set(keys) and told_by(_counts(full, set(keys) & set(full)), floor, known) is None
    )


def _inside(
    inner: Mapping[str, Mapping[str, Pair]],
    hidden: Collection[str],
    floor: int,
    known: Known[str],
) -> tuple[frozenset[str], set[str]]:
    """The hidden inner cells, and the outer ones whose own total must go before it is safe."""
    within: set[str] = set()
    open_: set[str] = set()
    for key, cells in inner.items():
        if key in hidden:
            within |= set(cells)
        elif (keys := hidden_in(cells, floor, known)) is None:
            open_.add(key)
        else:
            within |= keys
    return frozenset(within), open_


def hidden_in(
    cells: Mapping[K, Pair],
    floor: int,
    known: Known[K] | None = None,
    forced: Collection[K] = (),
) -> frozenset[K] | None:
    """Of one line; None where only hiding the total would help. Empty cells are no secret."""
    full = {key: pair for key, pair in cells.items() if pair != Pair()}
    small = {key for key, pair in full.items() if pair.denominator < floor}
    if not (first := small | (set(forced) & set(full))):
        return frozenset()
    chosen = _secured(full, first, floor, known)
    return None if chosen is None else frozenset(_mixed(full, chosen, floor, known))


def told_by(
    hidden: Mapping[K, int], floor: int, known: Known[K] | None = None
) -> Mapping[K, int] | None:
    """With what knowledge the sum of these tells too much; None where there is none.

    What is left of it must be the sum of several, each of which may be anything from 1 to the
    floor; but a post that counts all of it has nothing left to find out.
    """
    if not hidden:
        return None
    largest = max(hidden, key=lambda key: hidden[key])
    knowers = [{}, {largest: hidden[largest]}, *(known or {}).values()]
    return next((mine for mine in knowers if _told(hidden, mine, floor)), None)


def _told(hidden: Mapping[K, int], mine: Mapping[K, int], floor: int) -> bool:
    """Of a cell of which some is known, none need be left; of the others, one at least."""
    left = {key: count - mine.get(key, 0) for key, count in hidden.items()}
    open_ = [key for key, count in left.items() if count > 0]
    unseen = sum(not mine.get(key) for key in open_)
    roomy = len(open_) >= 2 and sum(left[key] for key in open_) - unseen + 1 >= floor
    return bool(open_) and not roomy


def _secured(
    full: Mapping[K, Pair], first: Collection[K], floor: int, known: Known[K] | None
) -> set[K] | None:
    """These, and the smallest others that leave nobody with too little to find out."""
    chosen = set(first)
    rest = sorted(set(full) - chosen, key=lambda key: (full[key].denominator, str(key)))
    while (told := told_by(_counts(full, chosen), floor, known)) is not None:
        more = next((key for key in rest if full[key].denominator > told.get(key, 0)), None)
        if more is None:
            return None
        rest.remove(more)
        chosen.add(more)
    return chosen


def _mixed(
    full: Mapping[K, Pair], chosen: set[K], floor: int, known: Known[K] | None
) -> Collection[K]:
    """With one more, so that "all" or "none" of the sum does not tell it of each."""
    base = summed(full[key] for key in chosen)
    if base.mixed:
        return chosen
    for key in sorted(set(full) - chosen, key=lambda key: (full[key].denominator, str(key))):
        more = chosen | {key}
        if (base + full[key]).mixed and told_by(_counts(full, more), floor, known) is None:
            return more
    return chosen


def _counts(full: Mapping[K, Pair], keys: Iterable[K]) -> dict[K, int]:
    return {key: full[key].denominator for key in keys}
