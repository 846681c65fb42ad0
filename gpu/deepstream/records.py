"""Recordings of originals: for nobody else on this machine, not for ever, and not without end."""

import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISREG

from gpu.deepstream.spec import Recording

log = logging.getLogger(__name__)

PREFIX = "camera-"  # of our files' names: what else lies there is none of ours
EVERY = 60.0  # seconds between two looks
YOUNG = 120.0  # seconds after the last write within which a recording may still be going on
GIGABYTE = 1_000_000_000
DAY = 86_400.0


def prepared(folder: Path) -> Path:
    """There, and shut to all but who runs the program and whom they let in by a group."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (mode := folder.stat().st_mode & 0o777) & 0o007:
        folder.chmod(mode & 0o770)
    return folder


def trim(recording: Recording, now: float) -> int:
    """What is too old goes, and the oldest of what is too much; how many went."""
    kept, gone, most = 0, 0, recording.gigabytes * GIGABYTE
    for written, size, path in sorted(_ours(recording.folder), reverse=True):
        age = now - written
        if age > YOUNG and (age > recording.days * DAY or kept + size > most):
            path.unlink(missing_ok=True)
            gone += 1
        else:
            kept += size
    return gone


def keep_trim(recording: Recording, stop: threading.Event) -> None:
    """Until `stop` is set."""
    while not stop.is_set():
        try:
            if gone := trim(recording, time.time()):
                log.info("%d recordings are over their time or too much; they are gone", gone)
        except OSError as error:
            log.error("recordings cannot be cleared away (%s); see to %s", error, recording.folder)
        stop.wait(EVERY)


def _ours(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """When each was last written, how large it is, and where."""
    for path in folder.glob(f"{PREFIX}*"):
        try:
            about = path.lstat()
        except FileNotFoundError:
            continue
        if S_ISREG(about.st_mode):
            yield about.st_mtime, about.st_size, path
