"""分段时限 phases: a matter that is handled in parts, each with a limit of its own.

现场围护 3 紧急工作时 → 修复 8 紧急工作时 → 恢复 5 工作日. The next part begins when the one before
is finished. What a case goes by is kept with it from the moment at which its handling begins.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from plugins.cases.rules.limits import Limit, LimitUnit

MOST_PHASES = 5


@dataclass(frozen=True, kw_only=True)
class Phase:
    """One part: what it is called, and how long it may take."""

    name: str
    limit: Limit

    @property
    def kept(self) -> dict[str, Any]:
        """As it is kept with a case."""
        return {"name": self.name, "amount": self.limit.amount, "unit": self.limit.unit.value}


def plan_of(kept: Iterable[Mapping[str, Any]] | None) -> tuple[Phase, ...]:
    """The phases that a case goes by, from what was kept with it."""
    return tuple(
        Phase(name=one["name"], limit=Limit(amount=one["amount"], unit=LimitUnit(one["unit"])))
        for one in kept or ()
    )


class PhaseClock(Protocol):
    """What is looked at of a clock."""

    kind: str
    phase: int | None


C = TypeVar("C", bound=PhaseClock)


def clocks_of_phases(plan: Sequence[Phase], kind: str, clocks: Iterable[C]) -> list[C | None]:
    """The last clock of each phase, None where it has not begun; `clocks` in their order.

    A case that was taken up again begins with the first phase anew: what ran before is past.
    """
    found: dict[int, C] = {}
    last = 0
    for clock in clocks:
        if clock.kind == kind and clock.phase is not None:
            if clock.phase < last:
                found.clear()
            last = clock.phase
            found[clock.phase] = clock
    return [found.get(number) for number in range(1, len(plan) + 1)]
