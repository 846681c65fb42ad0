"""Pictures on demand: the gate opens, the next picture of that camera is copied out, it shuts.

The frame is one or two later than the one that was asked about. Nothing is copied, converted or
kept while nobody asks, and originals never reach a disk.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from gpu.blur import Pixels
from gpu.deepstream import host, mapper
from gpu.deepstream.graph import GATE
from gpu.deepstream.machine import Machine
from gpu.deepstream.table import changed

log = logging.getLogger(__name__)

PATIENCE = 2.0  # seconds that somebody waits for a picture

Copied = Callable[[Any], Pixels]


@dataclass(eq=False)
class Wish:
    pad: int
    there: threading.Event
    pixels: Pixels | None = None
    frame: mapper.Frame | None = None


class Pictures:
    """`ask` from any thread; `take` is the probe behind the gate."""

    def __init__(self, machine: Machine, copied: Copied = host.pixels) -> None:
        self._machine, self._copied = machine, copied
        self._lock = threading.Lock()
        self._wishes: list[Wish] = []
        self._gate = threading.Lock()  # never taken on a streaming thread
        self._open = 0

    def ask(self, pad: int, patience: float = PATIENCE) -> tuple[Pixels, mapper.Frame] | None:
        """The next picture of that camera, with its metadata; None if none comes in time."""
        wish = Wish(pad, threading.Event())
        with self._lock:
            self._wishes.append(wish)
        self._count(1)
        try:
            wish.there.wait(patience)
        finally:
            self._count(-1)
        with self._lock:
            if wish in self._wishes:
                self._wishes.remove(wish)
        if wish.pixels is None or wish.frame is None:
            return None
        return wish.pixels, wish.frame

    def take(self, buffer: Any) -> None:
        """On a streaming thread: copies what was asked for, and no more."""
        with self._lock:
            wanted = {wish.pad for wish in self._wishes}
        if not wanted:
            return
        for frame in mapper.frames(buffer.batch_meta):
            if frame.pad in wanted:
                self._grant(frame, buffer)

    def _grant(self, frame: mapper.Frame, buffer: Any) -> None:
        """By nvvideoconvert's source (`update_meta`) the boxes are scaled with the picture.

        The frame's sizes are left as they were: boxes are counted in the picture's own pixels.
        """
        pixels = self._copy(buffer, frame.slot)
        if pixels is not None:
            frame = replace(frame, within=(pixels.shape[1], pixels.shape[0]))
        with self._lock:
            for wish in [each for each in self._wishes if each.pad == frame.pad]:
                wish.pixels, wish.frame = None if pixels is None else pixels.copy(), frame
                self._wishes.remove(wish)
                wish.there.set()

    def _copy(self, buffer: Any, slot: int) -> Pixels | None:
        try:
            return self._copied(buffer.extract(slot))
        except host.CopyError as error:
            log.error("no picture: %s", error)
            return None

    def _count(self, more: int) -> None:
        """Open for the first who asks, shut after the last."""
        with self._gate:
            was, self._open = self._open, self._open + more
            if (was == 0) != (self._open == 0):
                self._machine.set(GATE, changed("valve", {"drop": self._open == 0}))
