"""How one camera does, counted where it happens and read from anywhere."""

import logging
import threading
import time
from collections import deque
from typing import Literal, Self

from gpu.clock import moment
from gpu.memory import Memory
from gpu.messages import CameraHealth, CameraState, Fault
from gpu.pipeline import Source
from gpu.sight import Sight

log = logging.getLogger(__name__)

SPAN = 5.0  # seconds over which rates are taken
SILENT = 10.0  # seconds without a picture after which nobody says any more that it runs


class Rate:
    """Events a second over the last SPAN seconds."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=2000)
        self.total = 0

    def tick(self) -> None:
        self.total += 1
        self._times.append(time.monotonic())

    def per_second(self) -> float:
        since = time.monotonic() - SPAN
        recent = sum(at > since for at in tuple(self._times))
        return round(recent / SPAN, 2)


class Vitals:
    def __init__(self, camera_id: str, sight: Sight | None = None) -> None:
        self._camera_id = camera_id
        self.sight = sight or Sight()
        self._lock = threading.Lock()
        self._state: CameraState = "starting"
        self._fault: Fault | Literal[""] = ""
        self._error = self._puzzle = ""
        self.left_out = ""  # what was asked for and cannot be done here
        self._frame_at: float | None = None
        self._seen_at = 0.0
        self.frames, self.detections = Rate(), Rate()
        self.decode_errors = self.reconnects = self.dropped = 0

    @classmethod
    def of(cls, source: Source, memory: Memory | None) -> Self:
        return cls(source.camera_id, sight_of(source, memory))

    @property
    def state(self) -> CameraState:
        return self._state

    def count(self, *, decode_errors: int = 0, reconnects: int = 0, dropped: int = 0) -> None:
        with self._lock:
            self.decode_errors += decode_errors
            self.reconnects += reconnects
            self.dropped += dropped

    def saw(self, at: float, *, looked: bool = True) -> None:
        """A frame came through: whatever was wrong is over, except with looking if nobody did."""
        self.frames.tick()
        with self._lock:
            self._frame_at, self._seen_at = at, time.monotonic()
            over = looked or self._fault != "following"
            if over and self._state in ("starting", "reconnecting", "failed"):
                self._state, self._fault, self._error = "running", "", ""

    def turn(self, state: CameraState, fault: Fault | Literal[""] = "", error: str = "") -> None:
        with self._lock:
            said, self._error = self._error, error
            self._state, self._fault = state, fault
        if error and error != said:
            log.warning("camera %s: %s", self._camera_id, error)

    def puzzled(self, error: Exception) -> None:
        """A frame could not be followed: the log has it once, not with each frame."""
        sentence = f"Frames cannot be followed ({type(error).__name__}: {error}); see the log."
        with self._lock:
            said, self._puzzle = self._puzzle, sentence
            self._state, self._fault, self._error = "failed", "following", sentence
        if sentence != said:
            log.error("camera %s: %s", self._camera_id, sentence, exc_info=error)

    def _watched(self) -> None:
        """Whatever the threads of this camera hang in: silence is not running."""
        silence = time.monotonic() - self._seen_at
        if self._state == "running" and silence > SILENT:
            self._state, self._fault = "failed", "silent"
            self._error = f"No picture came for {silence:.0f} seconds."

    def health(self) -> CameraHealth:
        with self._lock:
            self._watched()
            at = self._frame_at
            return CameraHealth(
                camera_id=self._camera_id,
                state=self._state,
                fps=self.frames.per_second(),
                detect_fps=self.detections.per_second(),
                last_frame_at=None if at is None else moment(at),
                decode_errors=self.decode_errors,
                reconnects=self.reconnects,
                dropped=self.dropped,
                fault=self._fault or ("left_out" if self.left_out else ""),
                error=self._error or self.left_out,
                sight=self.sight.verdict,
                brightness=self.sight.brightness,
                sharpness=self.sight.sharpness,
                likeness=self.sight.likeness,
            )


def sight_of(source: Source, memory: Memory | None) -> Sight:
    """With what this camera usually shows, as far as it is remembered."""
    return Sight(memory.beside(source.camera_id, ".npz") if memory else None, source.view)
