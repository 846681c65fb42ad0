"""Watches for what no model has to know: what was left behind, and what falls."""

from collections.abc import Sequence

from gpu.geometry import contains
from gpu.spells import Spell, Track
from gpu.watchers import Dwell, Watcher


class Left(Dwell):
    """遗留物: something new that stays; while somebody stands before it its time does not count."""

    def _is_wanted(self, track: Track) -> bool:
        return track.object == "left"

    def _continue(self, now: float, inside: Sequence[Track]) -> None:
        before = {id(spell): spell.seen for spell in self._spells}
        super()._continue(now, inside)
        for spell in self._spells:
            if spell.seen == now and spell.track.hidden:
                spell.hidden += now - before[id(spell)]

    def _begin(self, now: float, inside: Sequence[Track], outside: Sequence[Track]) -> None:
        super()._begin(now, [track for track in inside if not track.hidden], outside)

    def _is_due(self, spell: Spell, now: float) -> bool:
        lasted = now - spell.since - spell.hidden >= self.watch.seconds
        return lasted and not spell.track.hidden and super()._is_due(spell, now)


class Fall(Watcher):
    """高空坠物: told at once; each fall is one of its own. Its box is the way that it fell."""

    def _is_wanted(self, track: Track) -> bool:
        return track.object == "fall"

    def _is_inside(self, track: Track) -> bool:
        x1, y1, x2, y2 = track.box
        return contains(self.zone.polygon, ((x1 + x2) / 2, (y1 + y2) / 2))

    def _continue(self, now: float, inside: Sequence[Track]) -> None:
        """A fall is over when it is told."""

    def _begin(self, now: float, inside: Sequence[Track], outside: Sequence[Track]) -> None:
        for track in inside:
            self._add(now, track)

    def _is_due(self, spell: Spell, now: float) -> bool:
        return spell.seen == now
