"""Falling objects 高空坠物: something small that goes down, faster and faster, as all that falls.

What differs from the frame before and from the frame after was there in that one frame only. Such
spots are joined into ways down; a way that bends as gravity bends it is a fall.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from gpu.cpu.background import grown, within
from gpu.cpu.motion import HEIGHT, WIDTH, Grey
from gpu.messages import Box, Point
from gpu.scaling import corners_of
from gpu.spells import Track

CHANGED = 16  # in grey
JOINED = np.ones((5, 5), np.uint8)  # what lies so near to each other is one thing
SMALLEST, LARGEST = 27, 20  # pixels of a spot with that around it; its longer side
NEAR = 30.0  # pixels: who walks is many spots near each other
ALONE = 0.7  # of a way's spots
MOST_SPOTS = 25  # in one frame: rain, or leaves in the wind
MOST_WAYS = 100
ASIDE = 0.6  # so much to the side for each pixel down, and SLACK more
SLACK = 2.0  # pixels
FARTHEST = 45.0  # pixels down from one frame to the next
STRAYS = 0.7  # of the way down by which a spot may miss what was foreseen, and SLACK more
MISSED = 0.15  # seconds that a spot may be out of sight
LONGEST = 6.0  # seconds
LEAST_SPOTS = 4
DROP = 0.12 * HEIGHT  # pixels
PULL = 20.0  # pixels per second squared: slower is a leaf, or a bird
SURE = 6.0  # standard errors
CLOSE = 1.0  # pixels beside the curve, on average
GATE = 0.3  # of a box, on each side
ONE, SOON = 0.06 * WIDTH, 0.5  # pixels and seconds between two ways that are one fall


class Spot(NamedTuple):
    """`at` in seconds, `x` and `y` in pixels; `alone`: nothing else moves near it."""

    at: float
    x: float
    y: float
    alone: bool = True


@dataclass(eq=False)
class Way:
    spots: list[Spot]

    def continues(self, spot: Spot) -> float | None:
        """How far beside what was foreseen it is; None if it is not the same object."""
        last = self.spots[-1]
        right, down, seconds = abs(spot.x - last.x), spot.y - last.y, spot.at - last.at
        if not 0 < down <= FARTHEST or right > ASIDE * down + SLACK or seconds <= 0:
            return None
        if len(self.spots) < 2:
            return down
        before = self.spots[-2]
        speed = (last.y - before.y) / (last.at - before.at)
        beside = abs(down - speed * seconds)
        return beside if beside <= SLACK + STRAYS * down else None


class Fall:
    """One camera's. Takes every frame; a fall is told once, when it has ended.

    `falling`: something falls in the frame before the latest.
    """

    def __init__(self) -> None:
        self._pictures: list[tuple[float, Grey]] = []
        self._ways: list[Way] = []
        self._told: list[Spot] = []
        self.falling = False

    def look(
        self, at: float, grey: Grey, gates: Sequence[Box], zones: Sequence[Sequence[Point]]
    ) -> list[Track]:
        """The falls that have just ended within the zones, not before people and vehicles."""
        if self._pictures and at <= self._pictures[-1][0]:
            self._pictures = []
        self._pictures = [*self._pictures[-2:], (at, grey)]
        self.falling = False
        if len(self._pictures) == 3:
            spots = self._spots(_mask(gates, zones))
            self._join(spots if len(spots) <= MOST_SPOTS else [])
        return self._ended(at)

    def _spots(self, where: Grey) -> list[Spot]:
        (_, before), (at, here), (_, after) = self._pictures
        both = cv2.min(cv2.absdiff(here, before), cv2.absdiff(here, after))
        alone = ((both > CHANGED) & (where > 0)).astype(np.uint8)
        if not alone.any():
            return []
        wide = cv2.dilate(alone, JOINED)
        _, _, figures, middles = cv2.connectedComponentsWithStats(wide, connectivity=8)
        figures, middles = figures[1:], middles[1:]
        across, down, area = (figures[:, column] for column in (2, 3, 4))
        fits = (area >= SMALLEST) & (np.maximum(across, down) <= LARGEST)
        lonely = _are_lonely(middles)
        return [
            Spot(at, float(x), float(y), bool(alone))
            for (x, y), alone, fit in zip(middles, lonely, fits, strict=True)
            if fit
        ]

    def _join(self, spots: list[Spot]) -> None:
        """The best continuation first; what continues nothing begins a way."""
        pairs = [
            (beside, way, spot)
            for way in self._ways
            for spot in spots
            if (beside := way.continues(spot)) is not None
        ]
        taken: set[Spot] = set()
        gone_on: set[int] = set()
        for _, way, spot in sorted(pairs, key=lambda pair: pair[0]):
            if spot not in taken and id(way) not in gone_on:
                way.spots.append(spot)
                taken.add(spot)
                gone_on.add(id(way))
        begun = [Way([spot]) for spot in spots if spot not in taken]
        self._ways = [*self._ways, *begun][-MOST_WAYS:]
        self.falling = any(way.spots[-1] in taken and is_fall(way.spots) for way in self._ways)

    def _ended(self, at: float) -> list[Track]:
        over = [way for way in self._ways if _is_over(way, at)]
        self._ways = [way for way in self._ways if way not in over]
        self._told = [told for told in self._told if at - told.at < LONGEST + SOON]
        found: list[Track] = []
        for way in sorted(over, key=lambda way: -len(way.spots)):
            if is_fall(way.spots) and not self._is_told(way):
                self._told.append(way.spots[-1])
                found.append(_track(way, len(found) + 1))
        return found

    def _is_told(self, way: Way) -> bool:
        """A large thing may break into several spots, and be lost from sight on its way."""
        first = way.spots[0]
        return any(
            first.at - told.at <= SOON and abs(first.x - told.x) <= ONE for told in self._told
        )


def _are_lonely(middles: NDArray[Any]) -> NDArray[np.bool_]:
    """Which have no other within NEAR."""
    if len(middles) > MOST_SPOTS:
        return np.zeros(len(middles), np.bool_)
    apart = np.abs(middles[:, None] - middles[None]).max(axis=2)
    return np.asarray((apart < NEAR).sum(axis=1) == 1, np.bool_)


def is_fall(spots: Sequence[Spot]) -> bool:
    """Whether it goes down only, far enough, along a curve that bends down beyond doubt."""
    if len(spots) < LEAST_SPOTS or any(b.y <= a.y for a, b in pairwise(spots)):
        return False
    if spots[-1].y - spots[0].y < DROP or sum(s.alone for s in spots) < ALONE * len(spots):
        return False
    times = np.array([spot.at - spots[0].at for spot in spots])
    downs = np.array([spot.y for spot in spots])
    pull, doubt, beside = _bend(times, downs)
    return pull >= PULL and pull >= SURE * doubt and beside <= CLOSE


def _bend(times: NDArray[np.float64], downs: NDArray[np.float64]) -> tuple[float, float, float]:
    """The acceleration, its standard error, and how far the points lie beside the curve."""
    powers = np.stack([np.ones_like(times), times, times**2 / 2], axis=1)
    fit, *_ = np.linalg.lstsq(powers, downs, rcond=None)
    rest = downs - powers @ fit
    spread = max(float(rest @ rest) / max(len(times) - 3, 1), 0.05)  # a pixel is not a point
    error = float(np.linalg.pinv(powers.T @ powers)[2, 2]) * spread
    return float(fit[2]), error**0.5, float(np.sqrt(np.mean(rest**2)))


def _is_over(way: Way, at: float) -> bool:
    return at - way.spots[-1].at > MISSED or at - way.spots[0].at > LONGEST


def _track(way: Way, number: int) -> Track:
    xs, ys = [spot.x for spot in way.spots], [spot.y for spot in way.spots]
    box = (
        max(min(xs) - 2, 0) / WIDTH,
        max(min(ys) - 2, 0) / HEIGHT,
        min(max(xs) + 3, WIDTH) / WIDTH,
        min(max(ys) + 3, HEIGHT) / HEIGHT,
    )
    return Track(id=number, object="fall", score=round(1 - 1 / len(way.spots), 3), box=box)


def _mask(gates: Sequence[Box], zones: Sequence[Sequence[Point]]) -> Grey:
    where = np.zeros((HEIGHT, WIDTH), np.uint8)
    for polygon in zones:
        cv2.fillPoly(where, [corners_of(polygon, WIDTH, HEIGHT)], 1)
    for box in gates:
        where[within(grown(box, GATE))] = 0
    return where
