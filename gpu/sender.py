"""Empties the spool into the server, one message after the other, for as long as it takes."""

import logging
import threading

from gpu.backoff import waits
from gpu.link import Link, Refused, Unreachable
from gpu.spool import Letter, Spool

log = logging.getLogger(__name__)

TRIES = 5  # in a row, after which the next message is tried


class Sender:
    """A thread; cameras only ever meet the spool."""

    def __init__(self, spool: Spool, link: Link, *, first_wait: float = 0.5) -> None:
        self._spool, self._link, self._first_wait = spool, link, first_wait
        self._waits, self._failed = waits(first_wait), 0
        self._trying = ""
        self._set_back: set[str] = set()  # what the others may overtake
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """What is under way may still arrive; it is sent again otherwise."""
        self._stop.set()
        self._spool.changed.set()
        self._thread.join(timeout=0.5)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._round()
            except Unreachable as trouble:
                self._wait(str(trouble))
            except Exception as error:  # whatever it was, the others are still to be sent
                log.exception("a message could not be sent")
                self._wait(f"Sending failed ({type(error).__name__}).")

    def _round(self) -> None:
        self._spool.changed.clear()
        self._trying = ""
        found = self._spool.oldest(self._set_back)
        if found is not None:
            self._trying = found[0]
            self._send(*found)
        elif self._set_back:
            self._set_back.clear()
        else:
            self._spool.changed.wait(timeout=5.0)

    def _send(self, digest: str, letter: Letter) -> None:
        try:
            self._link.observe(letter.observation, letter.picture)
        except Refused as refusal:
            self._spool.reject(digest, str(refusal))
        else:
            self._spool.done(digest)
        self._waits, self._failed = waits(self._first_wait), 0

    def _wait(self, trouble: str) -> None:
        """After TRIES see whether only this message is in trouble; if not, keep the order."""
        self._failed += 1
        if self._failed % TRIES == 0:
            self._set_back.add(self._trying)
        else:
            self._set_back.clear()
        seconds = next(self._waits)
        log.warning("%s Trying again in %.1f s.", trouble, seconds)
        self._stop.wait(seconds)
