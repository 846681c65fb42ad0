"""The graph as data: source, decode, detect, track, watch, tell. Read it from top to bottom.

A back end (`gpu.cpu` on a plain processor, `gpu.deepstream` on a GPU) builds what these nodes say.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gpu.messages import Box, Camera, Config, Transport, Zone

CLIPS = Path(__file__).parent / "clips"
_RTSP = re.compile(r"rtsps?://", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where the pictures come from: a file, played at its own speed, or an rtsp:// address.

    `view` is another one when the camera was pointed elsewhere on purpose.
    """

    camera_id: str
    address: str
    loop: bool
    view: int = 0
    transport: Transport = "tcp"

    @property
    def is_file(self) -> bool:
        return not _RTSP.match(self.address)

    @property
    def over_tls(self) -> bool:
        return self.address.lower().startswith("rtsps:")

    @property
    def ends(self) -> bool:
        """Whether an end of its pictures is no fault."""
        return self.is_file and not self.loop


@dataclass(frozen=True, kw_only=True)
class Decode:
    """Frames out of the stream. `live`: what comes too fast is dropped, not awaited."""

    live: bool = True


@dataclass(frozen=True, kw_only=True)
class Detect:
    """Objects in every n-th frame; `model` None is the bundled one. Shared by all cameras."""

    model: str | None
    every: int


@dataclass(frozen=True, kw_only=True)
class Track:
    """Who is who from frame to frame; an object out of sight is remembered for `patience` s, or
    for longer where looks are rare."""

    patience: float = 2.0


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What happens in the zones."""

    zones: tuple[Zone, ...]


@dataclass(frozen=True, kw_only=True)
class Tell:
    """What the server hears: observations with a picture, snapshots, and what moved if it wants."""

    picture_width: int = 1280
    tracks: bool = False


@dataclass(frozen=True, kw_only=True)
class Line:
    """One camera's way through the graph."""

    source: Source
    decode: Decode
    detect: Detect
    track: Track
    watch: Watch
    tell: Tell

    def same_eyes(self, other: "Line") -> bool:
        """Whether only zones differ: then the running line takes them over as it goes."""
        return (self.source, self.decode, self.detect, self.track, self.tell) == (
            other.source,
            other.decode,
            other.detect,
            other.track,
            other.tell,
        )


#: The least score with which detect hands something on. Nobody believes it; blurring covers people
#: who are so faint.
FAINTEST = 0.15


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One object in one picture, as detect hands it to track."""

    object: str
    score: float
    box: Box


def lines(config: Config, *, live: bool = True) -> tuple[Line, ...]:
    """The graph for a configuration: one line for each camera."""
    return tuple(line(camera, live=live, tracks=config.tracks) for camera in config.cameras)


def line(camera: Camera, *, live: bool = True, tracks: bool = False) -> Line:
    return Line(
        source=Source(
            camera_id=camera.id,
            address=resolved(camera.source),
            loop=camera.loop,
            view=camera.view,
            transport=camera.transport,
        ),
        decode=Decode(live=live),
        detect=Detect(model=camera.model, every=camera.detect_every),
        track=Track(),
        watch=Watch(zones=camera.zones),
        tell=Tell(tracks=tracks),
    )


def resolved(source: str, folders: Iterable[Path] = ()) -> str:
    """`clip:campus` and relative paths as absolute ones; an rtsp:// address as it is, but that
    FFmpeg knows no RTSP://."""
    if found := _RTSP.match(source):
        return found[0].lower() + source[found.end() :]
    if source.startswith("clip:"):
        return str(CLIPS / f"{source.removeprefix('clip:')}.mp4")
    paths = [folder / source for folder in [*folders, CLIPS, CLIPS.parent.parent]]
    return str(next((path for path in paths if is_there(path)), paths[0]))


def is_there(path: Path) -> bool:
    """Whether it is a file; a name that no file can have is none."""
    try:
        return path.is_file()
    except OSError:
        return False
