"""试算: what would have gone where, with the rules as they are and as they would be."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from plugins.dispatch.rules.matching import Book, Matter


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One case: where the rules send it now, where they would, where it really went first."""

    case_id: int
    before: int | None
    after: int | None
    really: int | None

    @property
    def changes(self) -> bool:
        return self.before != self.after


@dataclass
class Tally:
    """Counts by unit (None: no rule), and the first cases that change."""

    most: int
    cases: int = 0
    changed: int = 0
    before: Counter[int | None] = field(default_factory=Counter)
    after: Counter[int | None] = field(default_factory=Counter)
    really: Counter[int | None] = field(default_factory=Counter)
    shown: list[Tried] = field(default_factory=list)

    def add(self, one: Tried) -> None:
        self.cases += 1
        self.before[one.before] += 1
        self.after[one.after] += 1
        self.really[one.really] += 1
        if one.changes:
            self.changed += 1
            if len(self.shown) < self.most:
                self.shown.append(one)

    @property
    def units(self) -> list[int]:
        """Every unit that is named; the one with most cases afterwards first."""
        named = {unit for unit in (*self.before, *self.after, *self.really) if unit is not None}
        return sorted(named, key=lambda unit: (-self.after[unit], -self.before[unit], unit))


def tally(
    into: Tally, matters: Iterable[tuple[int, Matter, int | None]], before: Book, after: Book
) -> None:
    """Add a batch of (case, what is known of it, first unit)."""
    for case_id, matter, really in matters:
        old, new = before.match(matter), after.match(matter)
        into.add(
            Tried(
                case_id=case_id,
                before=old.unit_id if old else None,
                after=new.unit_id if new else None,
                really=really,
            )
        )
