"""Who is who from frame to frame: ByteTrack on frames with detection, straight on between."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from supervision import Detections
from trackers import ByteTrackTracker

from gpu import pipeline
from gpu.geometry import area, clipped
from gpu.manifests import Output
from gpu.messages import Box
from gpu.pipeline import Seen
from gpu.spells import Track

SCALE = 1000.0  # the tracker's noise is meant for pixels
NOMINAL_RATE = 30.0  # frames a second that its buffer counts in


@dataclass(frozen=True)
class Course:
    """Where an object was last, and how its corners move in a second."""

    at: float
    track: Track
    speed: Box


class Tracker:
    """Times are seconds that do not run backwards; boxes are parts of the picture."""

    def __init__(self, node: pipeline.Track, output: Output, rate: float) -> None:
        self._patience, self._least = node.patience, output.keep
        self._courses: dict[int, Course] = {}
        self._tracker = ByteTrackTracker(
            lost_track_buffer=round(node.patience * NOMINAL_RATE),
            frame_rate=max(rate, 1.0),
            track_activation_threshold=output.score,
            high_conf_det_threshold=output.score,
            minimum_consecutive_frames=2,
        )

    def follow(self, now: float, seen: Sequence[Seen]) -> list[Track]:
        """Join what was detected at `now` to what is followed."""
        seen = [each for each in seen if each.score >= self._least]
        found = self._tracker.update(_detections(seen), timestamp=now)
        ids = found.tracker_id if found.tracker_id is not None else ()
        places = found.class_id if found.class_id is not None else ()
        pairs = [(int(i), seen[int(place)]) for i, place in zip(ids, places, strict=True) if i >= 0]
        tracks = [Track(id=i, object=s.object, score=s.score, box=s.box) for i, s in pairs]
        self._courses = {track.id: self._course(now, track) for track in tracks}
        return tracks

    def coast(self, now: float) -> list[Track]:
        """Where what was seen last should be by now."""
        return [
            replace(course.track, box=box)
            for course in self._courses.values()
            if now - course.at <= self._patience
            and area(box := _moved(course.track.box, course.speed, now - course.at)) > 0
        ]

    def reset(self) -> None:
        """The picture jumps: a clip begins anew, a camera is back."""
        self._tracker.reset()
        self._courses = {}

    def _course(self, now: float, track: Track) -> Course:
        before = self._courses.get(track.id)
        if before is None or now <= before.at:
            return Course(now, track, (0.0, 0.0, 0.0, 0.0))
        pairs = zip(track.box, before.track.box, strict=True)
        x1, y1, x2, y2 = ((here - there) / (now - before.at) for here, there in pairs)
        return Course(now, track, (x1, y1, x2, y2))


def _moved(box: Box, speed: Box, seconds: float) -> Box:
    return clipped([place + v * seconds for place, v in zip(box, speed, strict=True)])


def _detections(seen: Sequence[Seen]) -> Detections:
    """The class is the place in `seen`, so that each comes back with its own name."""
    return Detections(
        xyxy=np.array([each.box for each in seen], np.float32).reshape(-1, 4) * SCALE,
        confidence=np.array([each.score for each in seen], np.float32),
        class_id=np.arange(len(seen)),
    )
