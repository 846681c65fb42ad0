"""Tracks, polygons and time into observations that start and end; pure and standard library only.

The same on every back end. Time is a float in seconds that the caller gives; nothing here reads a
clock. An object is in a zone when its ground point (the bottom centre of its box) is.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from itertools import count

from gpu.finds import Fall, Left
from gpu.messages import FOUND, Watch, WatchKind, Zone
from gpu.spells import Change, Open, Track, over
from gpu.watchers import Crowd, Dwell, Enter, Watcher

__all__ = ["Change", "Open", "Track", "Zones"]

WATCHERS: dict[WatchKind, type[Watcher]] = {
    "dwell": Dwell,
    "enter": Enter,
    "crowd": Crowd,
    "left": Left,
    "fall": Fall,
}


class Zones:
    """All zones of one camera.

    `new_id` names an observation when it starts; without it they are numbered. `moment` says what
    time of day the caller's seconds are, for watches that hold at some hours alone.
    """

    def __init__(
        self,
        zones: Iterable[Zone] = (),
        new_id: Callable[[], str] | None = None,
        moment: Callable[[float], datetime] = lambda now: datetime.fromtimestamp(now, UTC),
    ) -> None:
        numbers = count(1)
        self._moment = moment
        self._new_id = new_id or (lambda: str(next(numbers)))
        self._watchers: dict[tuple[str, str], Watcher] = {}
        self._now = self._ahead = float("-inf")
        self.reconfigure(zones)

    def look(self, now: float, tracks: Sequence[Track]) -> list[Change]:
        """What one look changed. A clock that runs backwards stands still instead."""
        self._now = max(now, self._now)
        return self._looked(self._now, tracks, [kind for kind in WATCHERS if kind not in FOUND])

    def find(self, kind: WatchKind, now: float, tracks: Sequence[Track]) -> list[Change]:
        """The same for what a finder of that kind found; its looks may be ahead of the others."""
        self._ahead = max(now, self._ahead)
        return self._looked(self._ahead, tracks, [kind])

    def _looked(
        self, now: float, tracks: Sequence[Track], kinds: Sequence[WatchKind]
    ) -> list[Change]:
        return [
            change
            for watcher in self._watchers.values()
            if watcher.watch.kind in kinds
            for change in watcher.look(now, tracks if self._holds(watcher.watch, now) else ())
        ]

    def _holds(self, watch: Watch, now: float) -> bool:
        return watch.hours is None or watch.hours.hold(self._moment(now))

    def reconfigure(self, zones: Iterable[Zone], now: float | None = None) -> list[Change]:
        """Take other zones; the ends of what is no longer watched.

        A watch that keeps its zone, id and kind keeps its state, also when its polygon moves: what
        is still inside goes on, what is not lapses.
        """
        wanted = {(zone.id, watch.id): (zone, watch) for zone in zones for watch in zone.watches}
        before, self._watchers = self._watchers, {}
        for key, (zone, watch) in wanted.items():
            watcher = before.get(key)
            if watcher is None or watcher.watch.kind != watch.kind:
                self._watchers[key] = WATCHERS[watch.kind](zone, watch, self._new_id)
            else:
                watcher.zone, watcher.watch = zone, watch
                self._watchers[key] = before.pop(key)
        self._now = max(self._now, self._now if now is None else now)
        return [change for watcher in before.values() for change in watcher.end_all(self._now)]

    def remember(self) -> tuple[Open, ...]:
        """What is open, for `recall` after a restart."""
        return tuple(kept for each in self._watchers.values() for kept in each.remember())

    def recall(self, opens: Iterable[Open], now: float) -> list[Change]:
        """Go on with what was open; the ends of what is no longer watched."""
        changes = []
        for kept in opens:
            watcher = self._watchers.get((kept.zone_id, kept.watch_id))
            if watcher is None or watcher.watch.kind != kept.kind:
                changes.append(over(kept, now))
            else:
                watcher.recall(kept)
        return changes
