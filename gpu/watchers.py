"""One watch in one zone over time: who begins a spell, who continues it, when it is over.

Only places and times decide who continues a stay; a tracker may change its ids at will.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace

from gpu.geometry import around, contains, ground_point, overlap
from gpu.messages import Watch, Zone
from gpu.spells import Change, Open, Spell, Track

SAME_PLACE = 0.4  # overlap down to which a box has not moved: about 0.4 of its width
SAME_OBJECT = 0.3  # overlap of one object in two looks shortly after each other
PRESENT = 0.5  # seen in so many of the looks, or the passing traffic of a lane adds up to a stay
EYES_CLOSED = 5.0  # a longer gap between two looks is nobody's absence
PENDING_AT_MOST = 200  # in one watch
FORGET_OUTSIDE = 60.0  # seconds after which an id seen outside means nothing any more


class Watcher(ABC):
    """Keeps the spells of one watch; subclasses say who continues or begins one."""

    def __init__(self, zone: Zone, watch: Watch, new_id: Callable[[], str]) -> None:
        self.zone, self.watch, self._new_id = zone, watch, new_id
        self._spells: list[Spell] = []
        self._resumed = self._now = float("-inf")

    def look(self, now: float, tracks: Sequence[Track]) -> list[Change]:
        self._wake(now)
        wanted = [track for track in tracks if self._is_wanted(track)]
        inside = [track for track in wanted if self._is_inside(track)]
        for spell in self._spells:
            spell.looks += 1
        self._continue(now, inside)
        self._begin(now, inside, [track for track in wanted if track not in inside])
        return self._lapse(now) + self._start(now)

    def end_all(self, now: float) -> list[Change]:
        over = [spell for spell in self._spells if spell.open]
        self._spells = []
        return [spell.change(self.zone, self.watch, "ended", now) for spell in over]

    def remember(self) -> list[Open]:
        return [spell.kept(self.zone, self.watch) for spell in self._spells if spell.open]

    def recall(self, kept: Open) -> None:
        """Go on with a spell of before a restart; its grace begins with the next look."""
        self._spells.append(Spell.of(kept))

    def _is_wanted(self, track: Track) -> bool:
        return track.object in self.watch.objects and track.score >= self.watch.least_score

    def _is_inside(self, track: Track) -> bool:
        return contains(self.zone.polygon, ground_point(track.box))

    @abstractmethod
    def _continue(self, now: float, inside: Sequence[Track]) -> None:
        """Let each spell see what continues it."""

    @abstractmethod
    def _begin(self, now: float, inside: Sequence[Track], outside: Sequence[Track]) -> None:
        """Add a pending spell for what begins now."""

    def _wake(self, now: float) -> None:
        """After a gap nothing pending counts as having lasted, and nothing open as gone."""
        if now - self._now > max(self.watch.grace, EYES_CLOSED):
            self._spells = [spell for spell in self._spells if spell.open]
            self._resumed = now
        self._now = now

    def _lapse(self, now: float) -> list[Change]:
        limit = now - self.watch.grace
        over = [s for s in self._spells if max(s.seen, self._resumed) < limit]
        self._spells = [spell for spell in self._spells if spell not in over]
        return [spell.change(self.zone, self.watch, "ended", now) for spell in over if spell.open]

    def _start(self, now: float) -> list[Change]:
        changes = []
        for spell in self._spells:
            if not spell.open and self._is_due(spell, now):
                spell.observation_id = self._new_id()
                changes.append(spell.change(self.zone, self.watch, "started", now))
        return changes

    def _is_due(self, spell: Spell, now: float) -> bool:
        lasted = spell.seen == now and now - spell.since >= self.watch.seconds
        return lasted and spell.sightings >= PRESENT * spell.looks

    def _add(self, now: float, track: Track) -> None:
        pending = [spell for spell in self._spells if not spell.open]
        if len(pending) >= PENDING_AT_MOST:
            self._spells.remove(pending[0])
        self._spells.append(Spell(place=track.box, since=now, seen=now, track=track))

    def _pair(self, now: float, inside: Sequence[Track], least: float) -> None:
        """Give each spell at most one track, open spells first, the best overlap first."""
        pairs = [(s.open, s.nearness(t.box), s, t) for s in self._spells for t in inside]
        pairs = sorted((p for p in pairs if p[1] >= least), key=lambda p: p[:2], reverse=True)
        taken: list[Track] = []
        for _, _, spell, track in pairs:
            if spell.seen != now and track not in taken:
                spell.see(now, track)
                taken.append(track)


class Dwell(Watcher):
    """停留: an object that has not left its place."""

    def _continue(self, now: float, inside: Sequence[Track]) -> None:
        self._pair(now, inside, SAME_PLACE)

    def _begin(self, now: float, inside: Sequence[Track], outside: Sequence[Track]) -> None:
        for track in inside:
            near = [s for s in self._spells if overlap(s.track.box, track.box) >= SAME_PLACE]
            if not any(spell.seen == now for spell in near):
                self._add(now, track)


class Enter(Watcher):
    """进入: an object that was seen outside and is inside now."""

    def __init__(self, zone: Zone, watch: Watch, new_id: Callable[[], str]) -> None:
        super().__init__(zone, watch, new_id)
        self._outside: dict[int, float] = {}

    def _continue(self, now: float, inside: Sequence[Track]) -> None:
        for spell in self._spells:
            for track in inside:
                if track.id == spell.track.id:
                    spell.see(now, track)
        followed = {spell.track.id for spell in self._spells if spell.seen == now}
        for spell in self._spells:
            spell.place = spell.track.box  # it moves: only its last place counts
        self._pair(now, [track for track in inside if track.id not in followed], SAME_OBJECT)

    def _begin(self, now: float, inside: Sequence[Track], outside: Sequence[Track]) -> None:
        self._outside = {i: at for i, at in self._outside.items() if now - at < FORGET_OUTSIDE}
        known = {spell.track.id for spell in self._spells if spell.seen == now}
        for track in inside:
            if track.id in self._outside and track.id not in known:
                self._add(now, track)
            self._outside.pop(track.id, None)
        self._outside.update((track.id, now) for track in outside)


class Crowd(Watcher):
    """聚集: at least `count` objects at once; one spell for all of them."""

    def _continue(self, now: float, inside: Sequence[Track]) -> None:
        if self._spells and len(inside) >= self.watch.count:
            self._spells[0].see(now, _gathered(inside), len(inside))

    def _begin(self, now: float, inside: Sequence[Track], outside: Sequence[Track]) -> None:
        if not self._spells and len(inside) >= self.watch.count:
            self._add(now, _gathered(inside))
            self._spells[0].count = len(inside)


def _gathered(members: Sequence[Track]) -> Track:
    """The best-seen member, with the box around all."""
    best = max(members, key=lambda track: track.score)
    return replace(best, box=around([track.box for track in members]))
