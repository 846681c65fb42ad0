"""A spell: a time in which something holds, in a zone.

An object stays, is inside, or enough are gathered. A spell is pending until it has lasted long
enough, then open, and over once it was out of sight for the grace.
"""

from dataclasses import dataclass

from gpu.geometry import overlap
from gpu.messages import Box, Phase, Watch, WatchKind, Zone
from gpu.wire import Message

OF_BEFORE = -1  # the id of what was followed before a restart: no other has it


@dataclass(frozen=True, kw_only=True)
class Track:
    """One object in one look. `hidden`: it is known to be there, but somebody stands before it."""

    id: int
    object: str
    score: float
    box: Box
    hidden: bool = False


@dataclass(frozen=True, kw_only=True)
class Change:
    """What a look changed. Times are the caller's seconds; `ended_at` is when it was last seen."""

    observation_id: str
    zone_id: str
    watch_id: str
    kind: WatchKind
    phase: Phase
    at: float
    started_at: float
    ended_at: float | None
    track: Track
    count: int


@dataclass(frozen=True, kw_only=True)
class Open(Message):
    """An open spell as it is kept over a restart."""

    observation_id: str
    zone_id: str
    watch_id: str
    kind: WatchKind
    since: float
    seen: float
    place: Box
    box: Box
    object: str
    score: float
    count: int


@dataclass(eq=False)  # two spells that look alike are still two
class Spell:
    place: Box
    since: float
    seen: float
    track: Track
    count: int = 1
    sightings: int = 1
    looks: int = 1
    hidden: float = 0.0  # seconds that do not count
    observation_id: str = ""  # named when it starts

    @property
    def open(self) -> bool:
        return bool(self.observation_id)

    def see(self, now: float, track: Track, count: int = 1) -> None:
        self.seen, self.track = now, track
        self.sightings += 1
        self.count = max(self.count, count)

    def nearness(self, box: Box) -> float:
        """How well the box continues this: where it began or, once open, where it was last."""
        there = overlap(self.place, box)
        return max(there, overlap(self.track.box, box)) if self.open else there

    @classmethod
    def of(cls, kept: "Open") -> "Spell":
        """The open spell that was kept."""
        return cls(
            place=kept.place,
            since=kept.since,
            seen=kept.seen,
            track=Track(id=OF_BEFORE, object=kept.object, score=kept.score, box=kept.box),
            count=kept.count,
            observation_id=kept.observation_id,
        )

    def kept(self, zone: Zone, watch: Watch) -> Open:
        return Open(
            observation_id=self.observation_id,
            zone_id=zone.id,
            watch_id=watch.id,
            kind=watch.kind,
            since=self.since,
            seen=self.seen,
            place=self.place,
            box=self.track.box,
            object=self.track.object,
            score=self.track.score,
            count=self.count,
        )

    def change(self, zone: Zone, watch: Watch, phase: Phase, now: float) -> Change:
        return Change(
            observation_id=self.observation_id,
            zone_id=zone.id,
            watch_id=watch.id,
            kind=watch.kind,
            phase=phase,
            at=now,
            started_at=self.since,
            ended_at=self.seen if phase == "ended" else None,
            track=self.track,
            count=self.count,
        )


def over(kept: Open, now: float) -> Change:
    """The end of a spell whose watch is gone."""
    return Change(
        observation_id=kept.observation_id,
        zone_id=kept.zone_id,
        watch_id=kept.watch_id,
        kind=kept.kind,
        phase="ended",
        at=max(now, kept.seen),
        started_at=kept.since,
        ended_at=kept.seen,
        track=Spell.of(kept).track,
        count=kept.count,
    )
