"""Left objects 遗留物: what differs from the slow average, agrees with the fast one, and is there.

Whether something came or was taken away is read from the outline of the change: the edges of what
came are in the picture now, those of what went are in the average.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from gpu.cpu.background import Background, Map, Mask, grown, within
from gpu.cpu.motion import HEIGHT, WIDTH, Grey
from gpu.messages import Box
from gpu.spells import Track

EVERY = 0.4  # seconds between two looks
SMALLEST, LARGEST = 40, 0.15  # pixels; and part of the picture
HIDDEN = 0.2  # of a thing that is behind somebody
SAME = 0.3  # of a region that was a thing in the look before
CAME = 1.25  # so much stronger are the edges of what came, or of what went
FAINT = 3.0  # an edge
CLEAR = 60.0  # in grey: what differs so much from what was there is certain


@dataclass(frozen=True, eq=False)
class Thing:
    place: Mask
    box: Box
    score: float


class Left:
    """One camera's. `presumed`: what was there before a restart, until it is seen gone."""

    def __init__(self, presumed: Sequence[Box] = ()) -> None:
        self._background = Background()
        self._presumed, self._begun = tuple(presumed), False
        self._things: list[Thing] = []
        self._at = float("-inf")

    def look(self, at: float, grey: Grey, gates: Sequence[Box]) -> list[Track] | None:
        """What lies there; None if it is not yet time to look. `gates`: people and vehicles."""
        if 0 <= at - self._at < EVERY:
            return None
        self._at = at
        self._background.look(at, grey, gates, self._held())
        if not self._begun:
            self._begun = True
            self._background.presume(self._presumed)
        if self._background.relit:
            self._begin_anew()
        hidden = [thing for thing in self._things if self._is_hidden(thing)]
        self._things = hidden + self._found(_all(hidden))
        return [*self._unsure(), *(_track(n, each, hidden) for n, each in enumerate(self._things))]

    def _held(self) -> Mask:
        """What must not become usual."""
        held = _all(self._things)
        for box in self._presumed:
            held[within(grown(box))] = True
        return held

    def _begin_anew(self) -> None:
        """In another light: what was there still is, all else is usual."""
        boxes = [thing.box for thing in self._things]
        self._background.begin_anew()
        self._background.presume(boxes)

    def _unsure(self) -> list[Track]:
        """Until enough was seen, what was there before counts as hidden."""
        if self._presumed and self._background.known.mean() > 0.5:
            self._presumed = ()
        return [Track(id=0, object="left", score=0.5, box=b, hidden=True) for b in self._presumed]

    def _is_hidden(self, thing: Thing) -> bool:
        return float(self._background.gated[thing.place].mean()) > HIDDEN

    def _found(self, taken: Mask) -> list[Thing]:
        before = _all(self._things)
        found = []
        for place, box in _regions(self._background.new & ~taken):
            turn = _turn(self._background, place)
            if turn < 0:
                self._background.accept(place)
            elif turn > 0 or before[place].mean() > SAME:
                found.append(Thing(place, box, self._score(place)))
        return found

    def _score(self, place: Mask) -> float:
        differs = np.abs(self._background.fast - self._background.slow)[place].mean()
        return round(min(float(differs) / CLEAR, 1.0), 3)


def _track(number: int, thing: Thing, hidden: Sequence[Thing]) -> Track:
    behind = thing in hidden
    return Track(id=number + 1, object="left", score=thing.score, box=thing.box, hidden=behind)


def _all(things: Iterable[Thing]) -> Mask:
    together = np.zeros((HEIGHT, WIDTH), np.bool_)
    for thing in things:
        together |= thing.place
    return together


def _regions(new: Mask) -> list[tuple[Mask, Box]]:
    """What hangs together and is neither too small nor too large."""
    whole = cv2.morphologyEx(new.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    whole = cv2.morphologyEx(whole, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    count, labels, figures, _ = cv2.connectedComponentsWithStats(whole, connectivity=8)
    regions = []
    for number in range(1, count):
        left, top, width, height, area = (int(each) for each in figures[number])
        if SMALLEST <= area <= LARGEST * WIDTH * HEIGHT:
            right, bottom = (left + width) / WIDTH, (top + height) / HEIGHT
            regions.append((labels == number, (left / WIDTH, top / HEIGHT, right, bottom)))
    return regions


def _turn(background: Background, place: Mask) -> int:
    """1: something came; -1: something went; 0: nobody can say."""
    now, usual = _outline(background.fast, place), _outline(background.slow, place)
    if max(now, usual) < FAINT:
        return 0
    return (now > CAME * usual) - (usual > CAME * now)


def _outline(picture: Map, place: Mask) -> float:
    """How steep the picture is across the place's outline."""
    soft = cv2.GaussianBlur(place.astype(np.float32), (0, 0), 1.5)
    across = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    steep = cv2.Sobel(picture, cv2.CV_32F, 1, 0), cv2.Sobel(picture, cv2.CV_32F, 0, 1)
    along = np.abs(across[0] * steep[0] + across[1] * steep[1]).sum()
    return float(along / (np.hypot(*across).sum() + 1e-6))
