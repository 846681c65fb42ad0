"""Who is who from frame to frame: ByteTrack where somebody looked, the picture's motion between.

What a frame shows is told once the next look is in: then it is known where each object went, and
an object that was just found also where it came from.
"""

import statistics
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from supervision import Detections
from trackers import BIoU, ByteTrackTracker

from gpu import pipeline
from gpu.cpu.motion import Grey, shifts
from gpu.geometry import area, clipped
from gpu.manifests import Output
from gpu.messages import Box, Point
from gpu.pipeline import Seen
from gpu.spells import Track

SCALE = 1000.0  # the tracker's noise is meant for pixels
NOMINAL_RATE = 30.0  # frames a second that its buffer counts in
NEAR = 0.3  # of its size may an object go farther than was foreseen
HOLD = 0.15  # seconds that an object is believed to go on which the latest look did not find
GAPS = 2.5  # so many of the usual gap between two looks is an object remembered
LONGEST = 30.0  # seconds that one is, at most
SIGHTINGS = 2  # looks that must have found what is told
UNNAMED = -1

Told = list[tuple[float, list[Track]]]


@dataclass(eq=False)
class Course:
    """One object: as it was seen last, and where it has gone since."""

    track: Track
    seen_at: float
    box: Box
    speed: Point = (0.0, 0.0)  # parts of the picture in a second
    sightings: int = 1
    missed: bool = False

    def move(self, by: Point) -> None:
        (x, y), (x1, y1, x2, y2) = by, self.box
        self.box = (x1 + x, y1 + y, x2 + x, y2 + y)


@dataclass(frozen=True)
class Between:
    """A frame in which nobody looked, and where everything was in it."""

    at: float
    places: dict[Course, Box]


class Tracker:
    """Times are seconds that do not run backwards; boxes are parts of the picture."""

    def __init__(self, node: pipeline.Track, output: Output, rate: float) -> None:
        self._node, self._output = node, output
        self._patience = node.patience
        self._gaps: deque[float] = deque(maxlen=3)  # between the latest looks, in seconds
        self._looked_at: float | None = None
        self._tracker = ByteTrackTracker(
            lost_track_buffer=round(node.patience * NOMINAL_RATE),
            frame_rate=max(rate, 1.0),
            track_activation_threshold=output.score,
            high_conf_det_threshold=output.score,
            minimum_consecutive_frames=1,
            iou=BIoU(NEAR),
        )
        self._courses: list[Course] = []
        self._between: list[Between] = []
        self._first = self._next = 0  # number since the picture jumped, and to come
        self._at, self._picture = 0.0, cast("Grey | None", None)

    def follow(self, now: float, seen: Sequence[Seen], picture: Grey | None = None) -> Told:
        """Join what was seen at `now`; who was where in all frames since the look before."""
        self._be_patient(now)
        self._advance(now, picture)
        self._lead()
        looked = [(moment.at, moment.places) for moment in self._between]
        looked.append((now, {course: course.box for course in self._courses}))
        sighted = self._join(now, [each for each in seen if each.score >= self._output.keep])
        told = [(at, self._tracks(at, places, sighted, now)) for at, places in looked]
        self._between = []
        self._settle(now, sighted)
        return told

    def skip(self, now: float, picture: Grey | None = None) -> Told:
        """A frame in which nobody looked: told with the next look, or when that is overdue."""
        self._advance(now, picture)
        self._between.append(Between(now, {course: course.box for course in self._courses}))
        if now - self._between[0].at <= self._patience:
            return []
        told = [(each.at, self._tracks(each.at, each.places, {}, now)) for each in self._between]
        self._between = []
        return told

    def reset(self) -> None:
        """The picture jumps: a clip begins anew, a camera is back. No number is given twice."""
        self._tracker.reset()  # it counts from 0 again
        self._first = self._next
        self._courses, self._between, self._picture = [], [], None
        self._gaps.clear()
        self._looked_at = None

    def _be_patient(self, now: float) -> None:
        """For as long as looks are rare here; a single gap that is long changes nothing."""
        if self._looked_at is not None:
            self._gaps.append(now - self._looked_at)
        self._looked_at = now
        usual = statistics.median_low(self._gaps) if self._gaps else 0.0
        self._patience = max(self._node.patience, min(GAPS * usual, LONGEST))
        self._tracker.maximum_time_without_update = self._patience

    # ------------------------------------------------------------------------------------ between

    def _advance(self, now: float, picture: Grey | None) -> None:
        """Move everything as the picture moved, or straight on where that cannot be seen."""
        before, self._picture = self._picture, picture
        seconds, self._at = now - self._at, now
        moved: list[Point | None] = [None] * len(self._courses)
        if before is not None and picture is not None and self._courses:
            moved = shifts(before, picture, [course.box for course in self._courses])
        for course, by in zip(self._courses, moved, strict=True):
            if by is not None and seconds > 0:
                course.speed = by[0] / seconds, by[1] / seconds
            x, y = course.speed
            course.move(by or (x * seconds, y * seconds))

    def _lead(self) -> None:
        """Show the tracker where everything went, so that it knows it again."""
        going = [course for course in self._courses if self._goes_on(course, self._at)]
        if not going or not self._between:
            return
        seen = [replace(course.track, box=clipped(course.box)) for course in going]
        for number, place in self._updated(seen, self._between[-1].at, sure=True):
            if number >= 0 and going[place].track.id == UNNAMED:
                going[place].track = replace(going[place].track, id=number)

    def _goes_on(self, course: Course, at: float) -> bool:
        return at - course.seen_at <= (HOLD if course.missed else self._patience)

    # --------------------------------------------------------------------------------------- looks

    def _join(self, now: float, seen: Sequence[Seen]) -> dict[Course, Track]:
        """What was found, by course; what is found for the first time gets one."""
        known = {c.track.id: c for c in self._courses if c.track.id != UNNAMED}
        sighted: dict[Course, Track] = {}
        for number, place in self._updated(seen, now):
            each = seen[place]
            track = Track(id=number, object=each.object, score=each.score, box=each.box)
            if number != UNNAMED or each.score >= self._output.score:
                sighted[known.get(number) or self._begun(now, track)] = track
        return sighted

    def _begun(self, now: float, track: Track) -> Course:
        """The tracker names what it finds the second time."""
        sightings = 0 if track.id == UNNAMED else SIGHTINGS - 1
        return Course(track, now, track.box, sightings=sightings)

    def _tracks(
        self, at: float, places: dict[Course, Box], sighted: dict[Course, Track], now: float
    ) -> list[Track]:
        """Who was where at a time up to `now`, when those in `sighted` were found."""
        tracks = []
        for course in dict.fromkeys([*places, *(sighted if at == now else ())]):
            found = sighted.get(course)
            if found is not None and course.sightings + 1 >= SIGHTINGS:
                tracks.append(found if at == now else _bent(course, places[course], found, at, now))
            elif found is None and course.sightings >= SIGHTINGS and self._goes_on(course, at):
                tracks.append(replace(course.track, box=clipped(places[course])))
        return [track for track in tracks if track.id != UNNAMED and area(track.box) > 0]

    def _settle(self, now: float, sighted: dict[Course, Track]) -> None:
        for course, track in sighted.items():
            if self._picture is None and course.sightings and now > course.seen_at:
                course.speed = _speed(course.track.box, track.box, now - course.seen_at)
            course.track, course.box, course.seen_at = track, track.box, now
            course.sightings, course.missed = course.sightings + 1, False
        lost = [course for course in self._courses if course not in sighted]
        for course in lost:
            course.missed = True
        waiting = [c for c in lost if c.track.id != UNNAMED and now - c.seen_at <= self._patience]
        self._courses = [*sighted, *waiting]

    def _updated(
        self, seen: Sequence[Track] | Sequence[Seen], now: float, *, sure: bool = False
    ) -> list[tuple[int, int]]:
        """Who the tracker says it is, each with its place in `seen`."""
        found = self._tracker.update(_detections(seen, sure=sure), timestamp=now)
        numbers = found.tracker_id if found.tracker_id is not None else ()
        places = found.class_id if found.class_id is not None else ()
        named = [int(n) if n < 0 else self._first + int(n) for n in numbers]
        self._next = max([self._next, *(number + 1 for number in named)])
        return [(number, int(place)) for number, place in zip(named, places, strict=True)]


def _bent(course: Course, place: Box, found: Track, at: float, now: float) -> Track:
    """Where it was between two looks: as it moved, but so that it ends where it was found."""
    part = (at - course.seen_at) / (now - course.seen_at)
    ends = zip(place, found.box, course.box, strict=True)
    return replace(found, box=clipped([here + part * (there - led) for here, there, led in ends]))


def _speed(before: Box, after: Box, seconds: float) -> Point:
    x = (after[0] + after[2] - before[0] - before[2]) / 2
    y = (after[1] + after[3] - before[1] - before[3]) / 2
    return x / seconds, y / seconds


def _detections(seen: Sequence[Track] | Sequence[Seen], *, sure: bool) -> Detections:
    """The class is the place in `seen`, so that each comes back with its own name."""
    return Detections(
        xyxy=np.array([each.box for each in seen], np.float32).reshape(-1, 4) * SCALE,
        confidence=np.array([1.0 if sure else each.score for each in seen], np.float32),
        class_id=np.arange(len(seen)),
    )
