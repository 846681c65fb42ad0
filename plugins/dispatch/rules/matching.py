"""Which of the rules in force a case falls under: exactly one, or none.

Of all that fit, the first by this order: the narrower type (小类, 大类, any), the narrower area
(the deeper it lies), one that is bound in time, the smaller rank, the smaller id.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from plugins.dispatch.rules.times import Days, Hours, Moment, covers

#: How much a step of each kind weighs in `narrowness`; no area lies deeper than nine levels.
TYPE, AREA, TIME = 100, 10, 1
DEEPEST = 9


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a rule asks of a case; "" and None ask nothing. `type_code` comes with its class.

    `idle`: its unit takes no cases any more, so what falls under it is left to people.
    """

    id: int
    unit_id: int
    kind: str = ""
    class_code: str = ""
    type_code: str = ""
    area_path: str = ""
    days: Days = Days.ANY
    hours: Hours | None = None
    rank: int = 0
    idle: bool = False


@dataclass(frozen=True, kw_only=True)
class Matter:
    """What is known of a case; `at`: when it was accepted."""

    kind: str
    class_code: str
    type_code: str
    area_path: str
    at: Moment


def narrowness(rule: Rule) -> int:
    """The larger, the more is asked: type before area before time."""
    kind = 2 if rule.type_code else 1 if rule.class_code else 0
    depth = min(rule.area_path.count("."), DEEPEST)
    bound = rule.days != Days.ANY or rule.hours is not None
    return kind * TYPE + depth * AREA + bound * TIME


def precedence(rule: Rule) -> tuple[int, int, int]:
    """What comes first sorts first; no two rules are equal."""
    return -narrowness(rule), rule.rank, rule.id


@dataclass
class Book:
    """All rules in force, in order; made once for many cases."""

    rules: list[Rule]
    _by_type: dict[tuple[str, str, str], list[Rule]] = field(default_factory=dict)

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> "Book":
        return cls(rules=sorted(rules, key=precedence))

    def match(self, matter: Matter) -> Rule | None:
        """The one rule for this case, None where people have to decide."""
        for rule in self._of_type(matter):
            if matter.area_path.startswith(rule.area_path) and covers(
                rule.days, rule.hours, matter.at
            ):
                return None if rule.idle else rule
        return None

    def _of_type(self, matter: Matter) -> list[Rule]:
        key = (matter.kind, matter.class_code, matter.type_code)
        if key not in self._by_type:
            self._by_type[key] = [rule for rule in self.rules if _takes(rule, *key)]
        return self._by_type[key]


def _takes(rule: Rule, kind: str, class_code: str, type_code: str) -> bool:
    if not rule.class_code:
        return True
    same = (rule.kind, rule.class_code) == (kind, class_code)
    return same and rule.type_code in ("", type_code)
