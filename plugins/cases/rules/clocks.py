"""时钟 clocks: which limit a stretch has, and the rule in the words that are kept with the clock.

A due time is frozen with the words of the rule that gave it, so that a later change of a limit or
of the calendar changes no case under way.
"""

from datetime import datetime

from plugins.cases.rules.calendar import ALWAYS, KNOWN_YEARS, Calendar, text_of
from plugins.cases.rules.limits import CLOCK_LABELS, ClockKind, Limit, LimitUnit

#: Written into every clock; raised whenever `due_after` counts differently.
RULES_VERSION = 2

#: Handling and feedback follow the case's type; a unit signs within 24 hours of the dispatch.
DEFAULT_LIMITS = {
    ClockKind.ACCEPT: Limit(amount=2, unit=LimitUnit.URGENT_HOUR),
    ClockKind.DISPATCH: Limit(amount=2, unit=LimitUnit.URGENT_HOUR),
    ClockKind.SIGN: Limit(amount=24, unit=LimitUnit.URGENT_HOUR),
    ClockKind.VERIFY: Limit(amount=24, unit=LimitUnit.URGENT_HOUR),
    ClockKind.CLOSE: Limit(amount=24, unit=LimitUnit.URGENT_HOUR),
}


def limit_of(clock: ClockKind, handling: Limit) -> Limit:
    """The limit of a clock for a case whose type allows `handling`."""
    return DEFAULT_LIMITS.get(clock, handling)


def rule_text(
    clock: ClockKind, limit: Limit, type_text: str, due: datetime, calendar: Calendar
) -> str:
    """The rule in words, frozen with the clock."""
    counted = counted_text(limit.unit, due, calendar)
    basis = f"{type_text}；{counted}，规则第 {RULES_VERSION} 版"
    return f"{CLOCK_LABELS[clock]}时限 {limit.text}（{basis}）"


def counted_text(unit: LimitUnit, due: datetime, calendar: Calendar) -> str:
    """What time counts, and how far the holidays are known."""
    if unit in ALWAYS:
        return "自然时间"
    words = "工作日全天" if unit == LimitUnit.WORK_DAY else f"办公时间 {text_of(calendar.hours)}"
    if due.astimezone(calendar.zone).year in KNOWN_YEARS:
        return f"{words}，按国家放假安排"
    return f"{words}，{KNOWN_YEARS.stop} 年起放假安排未公布，按周末推算"


def warn_at(since: datetime, due: datetime) -> datetime:
    """When it is soon due: in the last quarter of its time."""
    return (due - (due - since) / 4).replace(microsecond=0)
