"""What a worker does for the server besides sending observations: each its own thread.

An errand is a function that does one round and says how long to rest. When the server does not
answer, the round is tried again later; nothing else waits for it.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from gpu.backoff import waits
from gpu.blur import PictureError
from gpu.link import BlurJob, Link, Refused, Unreachable
from gpu.messages import Health, Looks, Tracks

log = logging.getLogger(__name__)

CHANGE_WAIT = 25.0  # seconds that the server holds the question
BLUR_WAIT = 20.0
HEALTH_EVERY = 10.0
SNAPSHOT_EVERY = 2.0  # of a camera at which somebody looks
IDLE_EVERY = 15.0  # of the others
LOOKS_WAIT = 20.0
LOOKS_LAST = 60.0  # seconds without the server after which nobody looks
TRACKS_EVERY = 5.0
TRACKS_AT_MOST = 500  # messages that wait: 16 hours of one camera, an hour of sixteen
REST = 0.2  # between two questions, should the server answer at once each time

Round = Callable[[], float]
Snapshot = Callable[[], tuple[bytes, datetime] | None]


class Errand:
    """Runs rounds until `stop` is set; nobody waits for the end of a long question."""

    def __init__(self, name: str, round_: Round, stop: threading.Event) -> None:
        self._name, self._round, self._stop = name, round_, stop
        self._said = ""
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def _run(self) -> None:
        tries = waits()
        while not self._stop.is_set():
            try:
                rest = self._round()
                tries, self._said = waits(), ""
            except (Unreachable, Refused) as trouble:
                self._say(str(trouble))
                rest = next(tries)
            except Exception:  # a defect in one errand must not end it, nor the others
                log.exception("%s: a round failed", self._name)
                rest = next(tries)
            self._stop.wait(rest)

    def _say(self, sentence: str) -> None:
        """Once, not with each try."""
        if sentence != self._said and not self._stop.is_set():
            log.warning("%s: %s", self._name, sentence)
        self._said = sentence


class Versioned(Protocol):
    @property
    def version(self) -> str: ...


Given = TypeVar("Given", bound=Versioned)


class ChangeErrand(Generic[Given]):
    """Fetches what is wanted and applies it; all goes on as before while there is no answer."""

    def __init__(
        self, ask: Callable[[str | None, float], Given | None], apply: Callable[[Given], None]
    ) -> None:
        self._ask, self._apply = ask, apply
        self._version: str | None = None

    def round(self) -> float:
        changed = self._ask(self._version, CHANGE_WAIT if self._version is not None else 0.0)
        if changed is not None:
            self._apply(changed)
            self._version = changed.version
        return REST


class BlurErrand:
    """Blurs pictures that people uploaded.

    `blur` raises PictureError for what cannot be blurred, and Unreachable to leave it for later.
    """

    def __init__(self, link: Link, blur: Callable[[bytes], bytes]) -> None:
        self._link, self._blur = link, blur

    def round(self) -> float:
        job = self._link.blur_job(BLUR_WAIT)
        if job is not None:
            self._do(job)
        return REST

    def _do(self, job: BlurJob) -> None:
        try:
            picture = self._blur(job.picture)
        except PictureError as error:
            self._link.blur_failed(job.id, str(error))
        except Unreachable:
            raise
        except Exception:  # else the server would hand out the same picture for ever
            log.exception("a picture could not be blurred")
            self._link.blur_failed(
                job.id, "The picture could not be blurred; see the worker's log."
            )
        else:
            self._link.blurred(job.id, picture)


class LooksErrand:
    """Learns at which cameras somebody looks; without the server, soon nobody does."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._known, self._heard = Looks(), float("-inf")

    def round(self) -> float:
        self._known = self._link.looks(self._known, LOOKS_WAIT)
        self._heard = time.monotonic()
        return REST

    def now(self) -> Collection[str]:
        lately = time.monotonic() - self._heard < LOOKS_LAST
        return self._known.camera_ids if lately else ()


class SnapshotErrand:
    """Shows the latest blurred picture of each camera; what cannot be sent is not kept.

    To blur costs a detection, so that those at which nobody looks come less often.
    """

    def __init__(
        self,
        link: Link,
        cameras: Callable[[], Sequence[tuple[str, Snapshot]]],
        looked_at: Callable[[], Collection[str]] = tuple,
    ) -> None:
        self._link, self._cameras, self._looked_at = link, cameras, looked_at
        self._sent: dict[str, float] = {}

    def round(self) -> float:
        trouble: Unreachable | None = None
        for camera_id, snapshot in self._due():
            if (taken := self._taken(camera_id, snapshot)) is None:
                continue
            self._sent[camera_id] = time.monotonic()
            try:
                self._link.snapshot(camera_id, *taken)
            except Refused as refusal:
                log.info("camera %s: the server wants no snapshot: %s", camera_id, refusal)
            except Unreachable as error:
                trouble = error
                break
        if trouble is not None:
            raise trouble
        return SNAPSHOT_EVERY

    def _taken(self, camera_id: str, snapshot: Snapshot) -> tuple[bytes, datetime] | None:
        try:
            return snapshot()
        except Exception:  # whatever it was, the other cameras are shown
            log.exception("camera %s: there is no snapshot", camera_id)
            self._sent[camera_id] = time.monotonic()
            return None

    def _due(self) -> list[tuple[str, Snapshot]]:
        cameras, looked_at = self._cameras(), self._looked_at()
        self._sent = {id: self._sent[id] for id, _ in cameras if id in self._sent}
        before = time.monotonic() - IDLE_EVERY
        return [one for one in cameras if one[0] in looked_at or self._last(one[0]) <= before]

    def _last(self, camera_id: str) -> float:
        return self._sent.get(camera_id, float("-inf"))


class TracksErrand:
    """Sends what moved; what a silent server does not take in time is forgotten, oldest first."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._waiting: deque[Tracks] = deque(maxlen=TRACKS_AT_MOST)

    def take(self, tracks: Tracks) -> None:
        self._waiting.append(tracks)

    def round(self) -> float:
        while self._waiting:
            oldest = self._waiting[0]
            try:
                self._link.tracks(oldest)
            except Refused as refusal:
                log.info("camera %s: the server wants no tracks: %s", oldest.camera_id, refusal)
            if self._waiting and self._waiting[0] is oldest:
                self._waiting.popleft()
        return TRACKS_EVERY


class HealthErrand:
    def __init__(self, link: Link, health: Callable[[], Health]) -> None:
        self._link, self._health = link, health

    def round(self) -> float:
        self._link.health(self._health())
        return HEALTH_EVERY
