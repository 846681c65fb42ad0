"""What the eyes and the server say to each other; standard library only, so both may import it.

Shapes: a point is (x, y) and a box is (x1, y1, x2, y2), both in parts of the picture, 0 to 1 from
the top left. Times are aware and in UTC; durations are seconds. JSON uses the same names.
"""

from dataclasses import dataclass, fields
from datetime import datetime, tzinfo
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo

from gpu.wire import Message, require

Point = tuple[float, float]
Box = tuple[float, float, float, float]
WatchKind = Literal["dwell", "enter", "crowd", "left", "fall"]
Phase = Literal["started", "ended"]
CameraState = Literal["starting", "running", "reconnecting", "failed", "ended"]
Transport = Literal["tcp", "udp", "tls"]
Sight = Literal["unknown", "clear", "dark", "covered", "blurred", "moved"]

#: What may be the matter with a camera, by name.
Fault = Literal[
    "no_file",
    "unreadable",  # a file that is no video
    "unauthorized",
    "unreachable",
    "untrusted",
    "undecodable",
    "broke_off",
    "silent",
    "model",
    "reading",
    "following",
    "pipeline",
    "tls",  # it comes over TLS, which this back end does not take
    "left_out",  # it is watched, but not for all that was asked
]

DAY = 86_400.0
MINUTES = 24 * 60  # of a day
AT_ONCE = 1000  # objects that a crowd may be asked to have
OUT_OF_SIGHT = 3600.0  # seconds, at most
FOUND: tuple[WatchKind, ...] = ("left", "fall")  # in the picture itself, not by a model


@dataclass(frozen=True, kw_only=True)
class Hours(Message):
    """When a watch holds: from `begins` until `ends`, minutes of the day in the time zone `zone`.

    Over midnight where they end before they begin.
    """

    begins: int
    ends: int
    zone: str

    def __post_init__(self) -> None:
        inside = 0 <= self.begins < MINUTES and 0 <= self.ends < MINUTES
        require(inside, "'begins' and 'ends' are minutes of a day, 0 to 1439.")
        require(self.begins != self.ends, "'begins' and 'ends' differ; name no hours for all day.")

    def hold(self, at: datetime) -> bool:
        local = at.astimezone(_zone_called(self.zone))
        minute = local.hour * 60 + local.minute
        if self.begins < self.ends:
            return self.begins <= minute < self.ends
        return minute >= self.begins or minute < self.ends


@dataclass(frozen=True, kw_only=True)
class Watch(Message):
    """What to look for in a zone 规则.

    dwell 停留: one object stays in its place for `seconds`. enter 进入: an object crosses in (and
    stays `seconds`, mostly 0). crowd 聚集: at least `count` objects are inside for `seconds`.
    left 遗留物: something that was not there has been there for `seconds`. fall 高空坠物: something
    falls through. These two need no `objects`.
    `grace`: so long may it be out of sight before it counts as over.
    `hours`: it holds then alone. What the model is less sure of than `least_score` is not seen.
    """

    id: str
    kind: WatchKind
    objects: tuple[str, ...]
    seconds: float
    count: int = 1
    grace: float = 5.0
    hours: Hours | None = None
    least_score: float = 0.0

    def __post_init__(self) -> None:
        _named(self.id)
        require(0 <= self.least_score <= 1, "'least_score' lies between 0 and 1.")
        named = bool(self.objects) or self.kind in FOUND
        require(named and all(self.objects), "name at least one kind of object.")
        require(0 <= self.seconds <= DAY, "'seconds' lies between 0 and 86400.")
        lasting = self.kind in ("dwell", "left")
        require(not lasting or self.seconds > 0, f"a {self.kind} watch needs 'seconds' over 0.")
        require(1 <= self.count <= AT_ONCE, f"'count' lies between 1 and {AT_ONCE}.")
        require(0 <= self.grace <= OUT_OF_SIGHT, "'grace' lies between 0 and 3600.")


@dataclass(frozen=True, kw_only=True)
class Zone(Message):
    """A polygon on one camera's picture 区域, and what is looked for inside."""

    id: str
    name: str
    polygon: tuple[Point, ...]
    watches: tuple[Watch, ...] = ()

    def __post_init__(self) -> None:
        _named(self.id)
        require(3 <= len(self.polygon) <= 200, "a polygon has 3 to 200 corners.")
        inside = all(0 <= value <= 1 for point in self.polygon for value in point)
        require(inside, "corners are parts of the picture, between 0 and 1.")
        require(_area(self.polygon) > 1e-6, "the polygon encloses nothing; move its corners apart.")
        _distinct([watch.id for watch in self.watches], "watch")


@dataclass(frozen=True, kw_only=True)
class Camera(Message):
    """One source to watch 摄像机. `model` None means the bundled one.

    `view` counts how often it was pointed elsewhere on purpose: what is usual is learned anew.
    `transport` is how an rtsp:// address is to be read; "tls" goes with rtsps://.
    """

    id: str
    name: str
    source: str
    loop: bool = False
    detect_every: int = 5
    zones: tuple[Zone, ...] = ()
    model: str | None = None
    view: int = 0
    transport: Transport = "tcp"

    def __post_init__(self) -> None:
        _named(self.id)
        require(bool(self.source.strip()), "name a source: a file or an rtsp:// address.")
        require(1 <= self.detect_every <= 250, "'detect_every' lies between 1 and 250 frames.")
        _distinct([zone.id for zone in self.zones], "zone")


@dataclass(frozen=True, kw_only=True)
class Config(Message):
    """All that a worker has to watch; `version` changes whenever anything in it does.

    `tracks`: the server wants to know what moved, see `Tracks`.
    """

    version: str
    cameras: tuple[Camera, ...] = ()
    tracks: bool = False

    def __post_init__(self) -> None:
        _distinct([camera.id for camera in self.cameras], "camera")


@dataclass(frozen=True, kw_only=True)
class Looks(Message):
    """The cameras whose picture somebody looks at now."""

    camera_ids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Observation(Message):
    """A change of state 观察: something started or ended in a zone. Sent at least once.

    `at` is when it was noticed; `started_at` when the object first stood, crossed in or gathered;
    `ended_at` when it was last seen. `object`, `score`, `box` and `track_id` are of the moment
    (for a crowd: its best-seen member, the box around all); `count` is how many, at most so far.
    """

    key: str
    observation_id: str
    camera_id: str
    zone_id: str
    watch_id: str
    kind: WatchKind
    phase: Phase
    at: datetime
    started_at: datetime
    ended_at: datetime | None = None
    object: str
    count: int
    score: float
    box: Box
    track_id: int | None = None
    model: str

    def __post_init__(self) -> None:
        _named(self.observation_id)
        expected = f"{self.observation_id}:{self.phase}"
        require(self.key == expected, f"'key' must be {expected!r}, id and phase.")
        _aware(self)
        require(
            (self.phase == "ended") == (self.ended_at is not None), "only an end has 'ended_at'."
        )
        require(0 <= self.score <= 1, "'score' lies between 0 and 1.")
        require(self.count >= 0, "'count' is 0 or more.")
        x1, y1, x2, y2 = self.box
        require(0 <= x1 <= x2 <= 1 and 0 <= y1 <= y2 <= 1, "'box' is (x1, y1, x2, y2) in 0 to 1.")


@dataclass(frozen=True, kw_only=True)
class Tracks(Message):
    """What moved before one camera for a while 轨迹: kinds, boxes and times, no pictures.

    For trying zones out on it. A look is whole numbers: milliseconds since `started_at`, then six
    for each object: its kind (a place in `objects`), its number, and its box in thousandths of the
    picture. Numbers begin anew in each message, so that nobody is followed for longer.
    `scores`: for each look how sure the model was of each object, in hundredths; or nothing at all.
    """

    key: str
    camera_id: str
    started_at: datetime
    model: str
    objects: tuple[str, ...]
    looks: tuple[tuple[int, ...], ...]
    scores: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self) -> None:
        _named(self.key)
        _named(self.camera_id)
        _aware(self)
        require(len(self.objects) <= 200 and all(self.objects), "'objects' has 0 to 200 names.")
        require(1 <= len(self.looks) <= 1000, "'looks' has 1 to 1000 looks.")
        for look in self.looks:
            require(_is_look(look, len(self.objects)), f"this is no look: {str(look)[:60]}.")
        times = [look[0] for look in self.looks]
        require(times == sorted(set(times)), "looks follow each other in time.")
        require(not self.scores or self._scored(), "'scores' has 0 to 100 for each object.")

    def _scored(self) -> bool:
        fits = [6 * len(each) + 1 for each in self.scores] == [len(look) for look in self.looks]
        return fits and all(0 <= score <= 100 for each in self.scores for score in each)


@dataclass(frozen=True, kw_only=True)
class CameraHealth(Message):
    """How one camera does. `dropped` counts frames that came too fast to be looked at.

    `fault` is a Fault, or one of later eyes, and "" where nothing is the matter; `error` says it in
    the language of the logs.
    `sight` says whether it still shows what it should; `brightness` is 0 to 1, `sharpness` and
    `likeness` are beside what is usual (about 1), None while that is being learned.
    """

    camera_id: str
    state: CameraState
    fps: float = 0.0
    detect_fps: float = 0.0
    last_frame_at: datetime | None = None
    decode_errors: int = 0
    reconnects: int = 0
    dropped: int = 0
    fault: str = ""
    error: str = ""
    sight: Sight = "unknown"
    brightness: float | None = None
    sharpness: float | None = None
    likeness: float | None = None

    def __post_init__(self) -> None:
        _named(self.camera_id)
        _aware(self)


@dataclass(frozen=True, kw_only=True)
class SpoolHealth(Message):
    """What waits to be sent, what a full spool cost, and what the server would not take."""

    waiting: int = 0
    dropped: int = 0
    rejected: int = 0


@dataclass(frozen=True, kw_only=True)
class Share(Message):
    """Of what was told so many were right and wrong, and so many were missed."""

    right: int
    wrong: int
    missed: int

    def __post_init__(self) -> None:
        require(min(self.right, self.wrong, self.missed) >= 0, "counts are 0 or more.")

    @property
    def precision(self) -> float:
        return self.right / max(self.right + self.wrong, 1)

    @property
    def recall(self) -> float:
        return self.right / max(self.right + self.missed, 1)


@dataclass(frozen=True, kw_only=True)
class Quality(Message):
    """What `gpu quality` measured with a model, on a clip that was labelled by hand."""

    model: str
    clip: str
    frames: int
    people: Share
    vehicles: Share
    events: Share
    idf1: float
    switches: int
    measured_at: datetime

    def __post_init__(self) -> None:
        _aware(self)


@dataclass(frozen=True, kw_only=True)
class ModelCard(Message):
    """A model that a worker has 模型卡. `error`: why it cannot be used; then little is known.

    `objects` are our names of what it sees; `milliseconds` is how long one picture takes this
    worker, once it has looked at some.
    """

    name: str
    tag: str = ""
    licence: str = ""
    origin: str = ""
    sha256: str = ""
    decoder: str = ""
    objects: tuple[str, ...] = ()
    width: int = 0
    height: int = 0
    bundled: bool = False
    milliseconds: float | None = None
    quality: Quality | None = None
    error: str = ""

    def __post_init__(self) -> None:
        _named(self.name)


@dataclass(frozen=True, kw_only=True)
class Health(Message):
    """How a worker does 心跳."""

    worker: str
    started_at: datetime
    at: datetime
    cameras: tuple[CameraHealth, ...] = ()
    spool: SpoolHealth = SpoolHealth()
    models: tuple[ModelCard, ...] = ()

    def __post_init__(self) -> None:
        _named(self.worker)
        _aware(self)


@cache
def _zone_called(name: str) -> tzinfo | None:
    """The machine's own where it knows no such zone: rather an hour off than blind."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # no name of a zone, or nothing is known of it
        return None


def _named(name: str) -> None:
    require(0 < len(name) <= 200 and name.isprintable(), "an id has 1 to 200 printable characters.")


def _distinct(ids: list[str], noun: str) -> None:
    twice = sorted({each for each in ids if ids.count(each) > 1})
    require(not twice, f"{noun} {twice[0]!r} is there twice." if twice else "")


def _aware(message: Message) -> None:
    for field in fields(message):  # type: ignore[arg-type]
        value = getattr(message, field.name)
        if isinstance(value, datetime):
            require(value.tzinfo is not None, f"{field.name!r} needs a time zone.")


def _is_look(look: tuple[int, ...], kinds: int) -> bool:
    """Milliseconds of an hour at most, then objects of six numbers."""
    if len(look) % 6 != 1 or len(look) > 6 * 200 + 1 or not 0 <= look[0] <= 3_600_000:
        return False
    objects = (look[place : place + 6] for place in range(1, len(look), 6))
    return all(
        0 <= kind < kinds
        and 0 <= number <= 1_000_000
        and 0 <= x1 <= x2 <= 1000
        and 0 <= y1 <= y2 <= 1000
        for kind, number, x1, y1, x2, y2 in objects
    )


def _area(polygon: tuple[Point, ...]) -> float:
    """Twice this is the shoelace sum; a figure of eight may cancel itself out, and is refused."""
    after = polygon[1:] + polygon[:1]
    pairs = zip(polygon, after, strict=True)
    return abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairs)) / 2
