"""Figures of one small grey picture, and how it compares with what a camera usually shows."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Map = NDArray[np.float32]

WIDTH, HEIGHT = 480, 270  # of the picture that is measured: large enough to see that it is blurred
EDGES = 160, 90  # where edges are compared
CELLS = 16, 9  # where light is compared, and structure looked for
ROOM = 16, 9  # by so many of EDGES may the picture have shifted to be found again

STRUCTURE = 15.0  # the mean edge of a cell that has structure
LEAST_CELLS = 8  # with structure, or nothing can be said of them
UNLIT = 0.1  # of full light: what a darker cell holds cannot be told
GONE = 0.35  # of a cell's usual edges: less is none


@dataclass(frozen=True, kw_only=True)
class Measures:
    """`light` is that of the brighter parts and `contrast` the spread, both 0 to 1; `fine` is how
    much of the contrast lies in the finest detail."""

    light: float
    contrast: float
    fine: float
    edges: Map
    lights: Map

    def towards(self, other: "Measures", part: float) -> "Measures":
        """The average, in which `other` counts for `part`; light and contrast stay."""
        return replace(
            self,
            fine=self.fine + (other.fine - self.fine) * part,
            edges=self.edges + (other.edges - self.edges) * np.float32(part),
            lights=self.lights + (other.lights - self.lights) * np.float32(part),
        )


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """`unlit` and `lost`: parts of the cells with structure that are dark, and that are lit and
    have none any more. `calm`: light is where it was, -1 to 1. `sharpness`: fine detail beside the
    usual. `likeness`: strong edges lie where edges are, 0 by chance and 1 wholly. `shift`: by what
    part of the width the picture fits better than in its place, and `gain` how much better."""

    unlit: float
    lost: float
    calm: float
    sharpness: float
    likeness: float
    shift: float
    gain: float


def measure(grey: Grey) -> Measures:
    values = grey.astype(np.float32)
    variance = float(values.var())
    small = np.asarray(cv2.resize(values, EDGES, interpolation=cv2.INTER_AREA), np.float32)
    soft = cv2.GaussianBlur(small, (0, 0), 1.0)
    steep = cv2.magnitude(cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1))
    return Measures(
        light=float(np.percentile(small, 95)) / 255,
        contrast=variance**0.5 / 255,
        fine=float(cv2.Laplacian(values, cv2.CV_32F).var()) / (variance + 25.0),
        edges=np.asarray(steep, np.float32),
        lights=_cells(small),
    )


def compare(now: Measures, usual: Measures) -> Comparison:
    structured = _cells(usual.edges) > STRUCTURE
    lit = now.lights > UNLIT * 255
    shift, gain = _shift(now.edges, usual.edges)
    return Comparison(
        unlit=_part(structured, ~lit),
        lost=_part(structured & lit, _gone(now.edges, usual.edges)),
        calm=_correlation(now.lights, usual.lights),
        sharpness=now.fine / max(usual.fine, 1e-6),
        likeness=_likeness(now.edges, usual.edges),
        shift=shift,
        gain=gain,
    )


def _cells(values: Map) -> Map:
    return np.asarray(cv2.resize(values, CELLS, interpolation=cv2.INTER_AREA), np.float32)


def _part(of: NDArray[np.bool_], which: NDArray[np.bool_]) -> float:
    count = int(of.sum())
    return float((of & which).sum()) / count if count >= LEAST_CELLS else 0.0


def _gone(now: Map, usual: Map) -> NDArray[np.bool_]:
    """Cells without their edges, as strong as the whole picture's have become (dusk, fog)."""
    scale = np.percentile(usual, 90) / (np.percentile(now, 90) + 1e-6)
    return np.asarray(_cells(now) * scale < GONE * _cells(usual), np.bool_)


def _correlation(one: Map, other: Map) -> float:
    a, b = one - one.mean(), other - other.mean()
    return float((a * b).sum() / (np.sqrt((a * a).sum() * (b * b).sum()) + 1e-6))


def _likeness(now: Map, usual: Map) -> float:
    """Only where edges are now counts, not where some are missing: at night most are."""
    known = usual >= np.percentile(usual, 75)
    hit, chance = float(known[now >= np.percentile(now, 90)].mean()), float(known.mean())
    return (hit - chance) / max(1 - chance, 1e-6)


def _shift(now: Map, usual: Map) -> tuple[float, float]:
    """Where the middle of the usual picture is found again, and how much better than in place."""
    across, down = ROOM
    middle = np.ascontiguousarray(usual[down:-down, across:-across])
    found = cv2.matchTemplate(now, middle, cv2.TM_CCOEFF_NORMED)
    _, best, _, (x, y) = cv2.minMaxLoc(found)
    in_place = float(found[down - 1 : down + 2, across - 1 : across + 2].max())
    return float(np.hypot(x - across, y - down)) / EDGES[0], float(best) - in_place
