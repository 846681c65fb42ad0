"""应结案 when a case should be closed: its last limit, and the usual ones that still come after."""

from collections.abc import Sequence
from datetime import MAXYEAR, datetime, timedelta

from plugins.cases.rules.clocks import DEFAULT_LIMITS
from plugins.cases.rules.limits import ClockKind
from plugins.cases.rules.moves import Flow
from plugins.cases.rules.rates import Timed

#: The clocks on the way to the end, in their order. Those after handling count natural hours.
_WAY = (ClockKind.HANDLE, ClockKind.VERIFY, ClockKind.CLOSE)
_AFTER = {kind: timedelta(hours=DEFAULT_LIMITS[kind].amount) for kind in _WAY[1:]}
LONGEST_CLOSING = sum(_AFTER.values(), timedelta())


def closing_due(clocks: Sequence[Timed], flow: Flow) -> datetime | None:
    """None before handling has a limit. (A clock of a paused case is due at the end of time.)"""
    on_way = [clock for clock in clocks if clock.kind in _WAY]
    if not on_way:
        return None
    last = max(on_way, key=lambda clock: (clock.started_at, _WAY.index(ClockKind(clock.kind))))
    known = {kind for move in flow.moves for kind in move.starts}
    to_come = _WAY[_WAY.index(ClockKind(last.kind)) + 1 :]
    more = sum((_AFTER[kind] for kind in to_come if kind in known), timedelta())
    return last.due_at if last.due_at.year == MAXYEAR else last.due_at + more
