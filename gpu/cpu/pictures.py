"""Pictures that may leave: made from one look, blurred before they are encoded."""

from collections.abc import Sequence
from dataclasses import dataclass

from av import VideoFrame
from av.video.reformatter import VideoReformatter

from gpu import blur
from gpu.cpu.decode import Frame
from gpu.cpu.detect import Detector
from gpu.cpu.network import Network
from gpu.messages import Box, Point
from gpu.pipeline import Seen
from gpu.scaling import pixels_of


class Closing(Exception):
    """Nobody looks any more, so nothing can be blurred."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """A frame in which was detected, what was seen in it, and by which network."""

    frame: Frame
    seen: tuple[Seen, ...]
    network: Network


def look_at(frame: Frame, detector: Detector, network: Network, who: str) -> Look | None:
    """What is in a frame at which nobody looked yet; None while closing."""
    seen = _seen(frame.picture, detector, network, who)
    return None if seen is None else Look(frame=frame, seen=seen, network=network)


def _seen(
    picture: VideoFrame, detector: Detector, network: Network, who: str
) -> tuple[Seen, ...] | None:
    return detector.look(who, network, network.prepare(picture, VideoReformatter()))


@dataclass(frozen=True, kw_only=True)
class Eyes:
    """A detector as `blur` wants it. `who` stands in the detector's queue apart from the camera."""

    detector: Detector
    network: Network
    who: str

    def __call__(self, pixels: blur.Pixels) -> Sequence[Seen]:
        picture = VideoFrame.from_ndarray(pixels, format="rgb24")
        seen = _seen(picture, self.detector, self.network, self.who)
        if seen is None:
            raise Closing
        return seen


def evidence(
    look: Look, detector: Detector, polygon: Sequence[Point], box: Box, width: int
) -> bytes | None:
    """One zone, with the object marked: a JPEG; None while closing."""
    pixels = _protected(look, detector, [polygon], width)
    if pixels is None:
        return None
    blur.mark(pixels, polygon, box)
    return blur.jpeg(pixels)


def snapshot(
    look: Look, detector: Detector, polygons: Sequence[Sequence[Point]], width: int
) -> bytes | None:
    """All zones of a camera: a JPEG; None while closing."""
    pixels = _protected(look, detector, polygons, width)
    return None if pixels is None else blur.jpeg(pixels)


def _protected(
    look: Look, detector: Detector, polygons: Sequence[Sequence[Point]], width: int
) -> blur.Pixels | None:
    """People in the zones are looked for once more and closer; outside nobody is made out."""
    pixels = pixels_within(look.frame.picture, width)
    try:
        closer = _closer(look, detector, polygons, pixels) if polygons else []
    except Closing:
        return None
    return blur.protected(pixels, polygons, [*look.seen, *closer])


def _closer(
    look: Look, detector: Detector, polygons: Sequence[Sequence[Point]], pixels: blur.Pixels
) -> list[Seen]:
    """A model that does not see people and cars covers none: then the bundled one looks as well."""
    covers = look.network.model.covers
    network = look.network if covers else detector.network(None)
    eyes = Eyes(detector=detector, network=network, who=f"{id(look)}:closer")
    found = [] if covers else list(eyes(pixels))
    for corners in _together(polygons):
        found += blur.look_closer(pixels, corners, eyes)
    return found


def _together(polygons: Sequence[Sequence[Point]]) -> list[list[Point]]:
    """The corners of zones that one look shows as close as a look at each alone."""
    parts: list[list[Point]] = []
    for polygon in sorted(polygons, key=blur.side):
        for part in parts:
            if blur.side([*part, *polygon]) <= blur.side(part):
                part += polygon
                break
        else:
            parts.append(list(polygon))
    return parts


def pixels_within(picture: VideoFrame, width: int) -> blur.Pixels:
    scale = min(1.0, width / picture.width)
    size = max(2, round(picture.width * scale)), max(2, round(picture.height * scale))
    return pixels_of(picture, *size, VideoReformatter())
