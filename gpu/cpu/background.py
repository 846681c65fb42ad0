"""What a camera usually shows, as a slow and a fast average of its small grey picture.

People and vehicles enter neither. The light of the whole picture is evened out: what is kept gets
brighter and darker with it.
"""

from collections.abc import Iterable
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from gpu.cpu.motion import HEIGHT, WIDTH, Grey
from gpu.messages import Box

Map = NDArray[np.float32]
Mask = NDArray[np.bool_]

SLOW, FAST = 240.0, 2.0  # seconds in which the averages follow
LOOKS = 20  # of a place before anything can be said of it
REST = 10.0  # seconds for which a place is left alone after somebody was there
GROW = 0.15  # of a box, on each side
DIFFERS, STEADY = 18.0, 9.0  # in grey
RELIT = 0.25  # of the picture differs: the light was switched, or the camera was turned


class Background:
    def __init__(self) -> None:
        self.slow = self.fast = np.zeros((HEIGHT, WIDTH), np.float32)
        self._looks = np.zeros((HEIGHT, WIDTH), np.int32)
        self._free_at = np.full((HEIGHT, WIDTH), -np.inf)
        self._at: float | None = None

    def look(self, at: float, grey: Grey, gates: Iterable[Box], held: Mask) -> None:
        """Take a picture; `held` is what the slow average must not take in."""
        seen = np.asarray(cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 0.8), np.float32)
        seconds = 0.0 if self._at is None else min(max(at - self._at, 0.0), SLOW)
        self._at = at
        for box in gates:
            self._free_at[within(grown(box))] = at + REST
        self.gated = self._free_at > at
        if not self._looks.any():
            self.slow, self.fast = seen.copy(), seen.copy()
        self._relight(seen)
        free = ~self.gated
        self._looks[free] += 1
        self._follow(self.fast, seen, seconds / FAST, free)
        self._follow(self.slow, seen, seconds / SLOW, free & ~held)
        self._rest = np.abs(seen - self.fast) < STEADY
        self._seen = seen

    @property
    def known(self) -> Mask:
        return self._looks >= LOOKS

    @property
    def new(self) -> Mask:
        """What is not usual, but has come to rest."""
        differs = np.abs(self.fast - np.minimum(self.slow, 255)) > DIFFERS
        return cast("Mask", differs & self._rest & self.known & ~self.gated)

    @property
    def relit(self) -> bool:
        """Whether so much is not as usual that nothing can be told from it."""
        sure = self.known & ~self.gated
        differs = np.abs(self._seen - np.minimum(self.slow, 255)) > DIFFERS
        return float((differs & sure).sum()) > RELIT * max(float(sure.sum()), 1.0)

    def begin_anew(self) -> None:
        """What is seen now is usual."""
        self.slow, self.fast = self._seen.copy(), self._seen.copy()

    def accept(self, place: Mask) -> None:
        """What is there now is usual, with a little around it."""
        wide = cv2.dilate(place.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        self.slow[wide] = self.fast[wide]

    def presume(self, boxes: Iterable[Box]) -> None:
        """What is in these boxes does not belong there: show what is around it instead."""
        hole = np.zeros((HEIGHT, WIDTH), np.uint8)
        for box in boxes:
            hole[within(grown(box, 0.05))] = 1
        if hole.any():
            whole = np.clip(self.slow, 0, 255).astype(np.uint8)
            self.slow = cv2.inpaint(whole, hole, 3, cv2.INPAINT_TELEA).astype(np.float32)

    def _relight(self, seen: Map) -> None:
        lit = ~self.gated
        if lit.sum() < lit.size / 10:
            return
        for kept in (self.slow, self.fast):
            ratio = float(np.median((seen[lit] + 1) / (kept[lit] + 1)))
            kept *= np.float32(np.clip(ratio, 0.2, 5))

    def _follow(self, kept: Map, seen: Map, part: float, where: Mask) -> None:
        """The first looks count alike."""
        share = np.maximum(1 - np.exp(-part), 1 / np.maximum(self._looks, 1))
        kept[where] += ((seen - kept) * share)[where]


def grown(box: Box, by: float = GROW) -> Box:
    x1, y1, x2, y2 = box
    across, down = (x2 - x1) * by + 1 / WIDTH, (y2 - y1) * by + 1 / HEIGHT
    return x1 - across, y1 - down, x2 + across, y2 + down


def within(box: Box) -> tuple[slice, slice]:
    """The box as rows and columns of the small picture."""
    x1, y1, x2, y2 = box
    return (
        slice(max(int(y1 * HEIGHT), 0), max(int(np.ceil(y2 * HEIGHT)), 0)),
        slice(max(int(x1 * WIDTH), 0), max(int(np.ceil(x2 * WIDTH)), 0)),
    )
