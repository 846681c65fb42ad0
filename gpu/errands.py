"""What a worker does for the server besides sending observations: each its own thread.

An errand is a function that does one round and says how long to rest. When the server does not
answer, the round is tried again later; nothing else waits for it.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime

from gpu.backoff import waits
from gpu.blur import PictureError
from gpu.link import BlurJob, Link, Refused, Unreachable
from gpu.messages import Config, Health

log = logging.getLogger(__name__)

CONFIG_WAIT = 25.0  # seconds that the server holds the question
BLUR_WAIT = 20.0
HEALTH_EVERY = 10.0
SNAPSHOT_EVERY = 2.0
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


class ConfigErrand:
    """Fetches what to watch and applies it; keeps watching as before while there is no answer."""

    def __init__(self, link: Link, apply: Callable[[Config], None]) -> None:
        self._link, self._apply = link, apply
        self._version: str | None = None

    def round(self) -> float:
        wait = CONFIG_WAIT if self._version is not None else 0.0
        config = self._link.config(self._version, wait)
        if config is not None:
            log.info("configuration %s: %d cameras", config.version, len(config.cameras))
            self._apply(config)
            self._version = config.version
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


class SnapshotErrand:
    """Shows the latest blurred picture of each camera; what cannot be sent is not kept."""

    def __init__(self, link: Link, cameras: Callable[[], Sequence[tuple[str, Snapshot]]]) -> None:
        self._link, self._cameras = link, cameras

    def round(self) -> float:
        trouble: Unreachable | None = None
        for camera_id, snapshot in self._cameras():
            if (taken := snapshot()) is None:
                continue
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


class HealthErrand:
    def __init__(self, link: Link, health: Callable[[], Health]) -> None:
        self._link, self._health = link, health

    def round(self) -> float:
        self._link.health(self._health())
        return HEALTH_EVERY
