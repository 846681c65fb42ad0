"""The worker: several cameras in one process, as the configuration says at any time."""

import logging
import threading
from functools import partial

import cv2

from gpu.cpu.camera import Camera
from gpu.cpu.detect import Detector
from gpu.errands import Snapshot
from gpu.memory import Memory
from gpu.messages import CameraHealth, Config
from gpu.pipeline import Line, lines
from gpu.recorder import Record
from gpu.teller import Tell
from gpu.together import together

log = logging.getLogger(__name__)


class Worker:
    """Keeps what runs equal to what is wanted. `apply` may be called at any time."""

    def __init__(
        self,
        detector: Detector,
        tell: Tell,
        memory: Memory | None = None,
        record: Record | None = None,
    ) -> None:
        self._detector, self._tell, self._memory, self._record = detector, tell, memory, record
        self._cameras: dict[str, Camera] = {}
        self._lock = threading.Lock()
        cv2.setNumThreads(1)  # each camera follows on its own thread already

    def apply(self, config: Config, *, live: bool = True) -> None:
        """Stop what is gone, start what is new, start anew what has another source or model.

        What is open goes on when a camera is started anew, if there is a memory for it.
        """
        wanted = {line.source.camera_id: line for line in lines(config, live=live)}
        with self._lock:
            for camera_id, camera in list(self._cameras.items()):
                line = wanted.get(camera_id)
                if line is None or not line.same_eyes(camera.line):
                    del self._cameras[camera_id]
                    camera.stop(gone=line is None or self._memory is None)
                elif line != camera.line:
                    camera.rezone(line)
            for camera_id, line in wanted.items():
                if camera_id not in self._cameras:
                    self._cameras[camera_id] = self._started(line)

    def stop(self) -> None:
        """All cameras; what is open goes on when the worker is started again."""
        with self._lock:
            cameras = self._cameras.values()
            together([partial(camera.stop, gone=False) for camera in cameras], patience=2.0)
        self._detector.close()

    def cameras(self) -> list[Camera]:
        with self._lock:
            return list(self._cameras.values())

    def snapshots(self) -> list[tuple[str, Snapshot]]:
        return [(each.line.source.camera_id, each.follower.snapshot) for each in self.cameras()]

    def health(self) -> tuple[CameraHealth, ...]:
        return tuple(camera.vitals.health() for camera in self.cameras())

    def _started(self, line: Line) -> Camera:
        camera = Camera(line, self._detector, self._tell, self._memory, self._record)
        camera.start()
        return camera
