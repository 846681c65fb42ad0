"""Whether a camera still shows what it should: dark, covered, blurred or turned away.

Every two seconds a small grey picture is held against what this camera usually shows. What is kept
of that is the average over minutes of edges and of light: nobody who passed can be made out in it.
"""

import io
import logging
from pathlib import Path

import numpy as np
from av import VideoFrame
from av.video.reformatter import VideoReformatter

from gpu.disk import write_whole
from gpu.measures import CELLS, EDGES, HEIGHT, WIDTH, Comparison, Grey, Measures, compare, measure
from gpu.messages import Sight as Verdict
from gpu.scaling import grey_of

log = logging.getLogger(__name__)

EVERY = 2.0  # seconds
LEARNING = 30  # looks before anything is compared
FOLLOWING = 0.005  # of each clear look goes into what is usual: the sun moves, the seasons change
IN_A_ROW = 3  # looks that must agree
KEEP_EVERY = 300  # looks

DARK = 0.13  # all but the brightest twentieth of the picture is darker
FLAT = 0.02  # so little contrast shows nothing at all
MOST = 0.6  # of what has structure
UNRESTED = 0.5  # light that lies elsewhere than it did
BLURRED = 0.35  # of the usual fine detail
SOFT = 0.15  # so little detail is blur, wherever the edges seem to be
ALIKE = 0.3  # of the strong edges lie where they used to: fewer, and it shows something else
SHIFTED, BETTER = 0.015, 0.15  # of the width; and by so much better the picture fits there


class Sight:
    """What one camera usually shows is learned anew for each `view`, which the server counts."""

    def __init__(self, path: Path | None = None, view: int = 0) -> None:
        self._path, self._view = path, view
        self._tools = VideoReformatter()
        self._last = float("-inf")
        self._looks = 0
        self._usual: Measures | None = None
        self._opinion: Verdict = "unknown"
        self._agreed = 0
        self.verdict: Verdict = "unknown"
        self.brightness: float | None = None
        self.sharpness: float | None = None
        self.likeness: float | None = None
        if path is not None:
            self._load(path)

    def glance(self, at: float, picture: VideoFrame) -> None:
        """Look at a frame if it is time for it."""
        if 0 <= at - self._last < EVERY:
            return
        self._last = at
        self.look(grey_of(picture, WIDTH, HEIGHT, self._tools))

    def look(self, grey: Grey) -> None:
        now = measure(grey)
        self.brightness = round(now.light, 3)
        opinion = self._opine(now)
        self._agreed = self._agreed + 1 if opinion == self._opinion else 1
        self._opinion = opinion
        if self._agreed >= IN_A_ROW:
            self.verdict = opinion
        if opinion in ("clear", "unknown"):
            self._learn(now)

    def _opine(self, now: Measures) -> Verdict:
        if now.light < DARK:
            return "dark"
        if now.contrast < FLAT:
            return "covered"
        if self._usual is None or self._looks < LEARNING:
            return "unknown"
        seen = compare(now, self._usual)
        self.sharpness, self.likeness = round(seen.sharpness, 3), round(seen.likeness, 3)
        return judged(seen)

    def _learn(self, now: Measures) -> None:
        """The first looks count alike, so that who passes leaves little behind."""
        self._looks += 1
        part = max(FOLLOWING, 1 / self._looks)
        self._usual = now if self._usual is None else self._usual.towards(now, part)
        if self._looks == LEARNING or self._looks % KEEP_EVERY == 0:
            self._keep()

    def _keep(self) -> None:
        if self._path is None or self._usual is None:
            return
        out, usual = io.BytesIO(), self._usual
        np.savez(out, view=self._view, edges=usual.edges, lights=usual.lights, fine=usual.fine)
        try:
            write_whole(self._path, out.getvalue())
        except OSError as error:
            log.warning("%s cannot be written (%s); it is learned anew.", self._path, error)

    def _load(self, path: Path) -> None:
        try:
            with np.load(path, allow_pickle=False) as kept:
                if int(kept["view"]) != self._view:
                    return
                edges, lights = (kept[name].astype(np.float32) for name in ("edges", "lights"))
                fine = float(kept["fine"])
        except FileNotFoundError:
            return
        except Exception as error:  # numpy raises half a dozen kinds for a damaged file
            log.warning("%s cannot be read (%s); it is learned anew.", path, error)
            return
        if edges.shape == EDGES[::-1] and lights.shape == CELLS[::-1]:
            self._looks = LEARNING
            self._usual = Measures(light=0, contrast=0, fine=fine, edges=edges, lights=lights)


def judged(seen: Comparison) -> Verdict:
    rules: list[tuple[Verdict, bool]] = [
        ("dark", seen.unlit > MOST),
        ("covered", seen.lost > MOST and seen.calm < UNRESTED),
        ("moved", seen.likeness < ALIKE and seen.sharpness > SOFT),
        ("moved", seen.shift > SHIFTED and seen.gain > BETTER),
        ("blurred", seen.sharpness < BLURRED or seen.lost > MOST),
    ]
    return next((verdict for verdict, true in rules if true), "clear")
