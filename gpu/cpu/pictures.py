"""Pictures that may leave: made from one look, blurred before they are encoded."""

from collections.abc import Sequence
from dataclasses import dataclass

from av import VideoFrame
from av.video.reformatter import VideoReformatter

from gpu import blur
from gpu.cpu.decode import Frame
from gpu.cpu.detect import Detector
from gpu.cpu.network import Network, pixels_of
from gpu.messages import Box, Point
from gpu.pipeline import Seen


class Closing(Exception):
    """Nobody looks any more, so nothing can be blurred."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """A frame in which was detected, what was seen in it, and by which network."""

    frame: Frame
    seen: tuple[Seen, ...]
    network: Network


@dataclass(frozen=True, kw_only=True)
class Eyes:
    """A detector as `blur` wants it. `who` stands in the detector's queue apart from the camera."""

    detector: Detector
    network: Network
    who: str

    def __call__(self, pixels: blur.Pixels) -> Sequence[Seen]:
        picture = VideoFrame.from_ndarray(pixels, format="rgb24")
        prepared = self.network.prepare(picture, VideoReformatter())
        seen = self.detector.look(self.who, self.network, prepared)
        if seen is None:
            raise Closing
        return seen


def evidence(
    look: Look, detector: Detector, polygon: Sequence[Point], box: Box, width: int
) -> bytes:
    """One zone, with the object marked: a JPEG."""
    pixels = _protected(look, detector, [polygon], width)
    blur.mark(pixels, polygon, box)
    return blur.jpeg(pixels)


def snapshot(
    look: Look, detector: Detector, polygons: Sequence[Sequence[Point]], width: int
) -> bytes:
    """All zones of a camera: a JPEG."""
    return blur.jpeg(_protected(look, detector, polygons, width))


def _protected(
    look: Look, detector: Detector, polygons: Sequence[Sequence[Point]], width: int
) -> blur.Pixels:
    """People in the zones are looked for once more and closer; outside nobody is made out.

    A model that does not see people and cars covers none: then the bundled one looks as well.
    """
    pixels = pixels_within(look.frame.picture, width)
    seen = list(look.seen)
    if polygons:
        covers = look.network.model.covers
        network = look.network if covers else detector.network(None)
        eyes = Eyes(detector=detector, network=network, who=f"{id(look)}:closer")
        seen += () if covers else eyes(pixels)
        corners = [corner for polygon in polygons for corner in polygon]
        seen += blur.look_closer(pixels, corners, eyes)
    return blur.protected(pixels, polygons, seen)


def pixels_within(picture: VideoFrame, width: int) -> blur.Pixels:
    scale = min(1.0, width / picture.width)
    size = max(2, round(picture.width * scale)), max(2, round(picture.height * scale))
    return pixels_of(picture, *size, VideoReformatter())
