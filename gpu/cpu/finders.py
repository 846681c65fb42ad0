"""What is found without a model, for the zones that want it: left and falling objects."""

from collections.abc import Callable, Iterable, Sequence

from gpu.blur import PLATED
from gpu.cpu.fall import Fall
from gpu.cpu.left import Left
from gpu.cpu.motion import Grey
from gpu.messages import Box, Point, WatchKind, Zone
from gpu.pipeline import Seen
from gpu.spells import Open, Track

GATED = {"person", *PLATED}
Opens = Callable[[], Iterable[Open]]
Found = list[tuple[WatchKind, list[Track]]]


class Finders:
    """One camera's. `keep`: so sure the model must be of people and vehicles that hide things."""

    def __init__(self, keep: float) -> None:
        self._keep = keep
        self._gates: list[Box] = []
        self._left: Left | None = None
        self._fall: Fall | None = None

    @property
    def falling(self) -> bool:
        """Whether something falls in the frame before the latest."""
        return self._fall is not None and self._fall.falling

    def look(
        self,
        at: float,
        grey: Grey,
        seen: Sequence[Seen] | None,
        tracks: Sequence[Track],
        zones: Sequence[Zone],
        opens: Opens,
    ) -> Found:
        """What each finder says of a frame; `opens` tells what is open, when one begins."""
        if seen is not None:
            sure = [each.box for each in seen if each.score >= self._keep and each.object in GATED]
            self._gates = [*sure, *(track.box for track in tracks if track.object in GATED)]
        return [
            *self._lying(at, grey, seen is not None, zones, opens),
            *self._dropping(at, grey, wanting("fall", zones)),
        ]

    def cut(self) -> None:
        """The next frame does not follow on from the latest."""
        self._fall = None

    def _lying(
        self, at: float, grey: Grey, looked: bool, zones: Sequence[Zone], opens: Opens
    ) -> Found:
        """Only where the model looked as well: a person who just came must not count."""
        if not wanting("left", zones):
            self._left = None
            return []
        if self._left is None:
            self._left = Left([each.box for each in opens() if each.kind == "left"])
        found = self._left.look(at, grey, self._gates) if looked else None
        return [] if found is None else [("left", found)]

    def _dropping(self, at: float, grey: Grey, zones: Sequence[Sequence[Point]]) -> Found:
        if not zones:
            self._fall = None
            return []
        self._fall = self._fall or Fall()
        return [("fall", self._fall.look(at, grey, self._gates, zones))]


def wanting(kind: WatchKind, zones: Iterable[Zone]) -> list[Sequence[Point]]:
    """The outlines of the zones with a watch of that kind."""
    return [each.polygon for each in zones if any(w.kind == kind for w in each.watches)]
