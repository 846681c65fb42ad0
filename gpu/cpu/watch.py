"""The worker: several cameras in one process, as the configuration says at any time."""

import logging
import threading
from collections.abc import Container, Iterable
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

ENOUGH = 10.0  # seconds for one that stops: it takes less than two, unless it has much to tell


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
        self._cameras: dict[str, Camera] = {}  # never changed, but another one put in its place
        self._lock = threading.Lock()  # one change at a time
        cv2.setNumThreads(1)  # each camera follows on its own thread already

    def apply(self, config: Config, *, live: bool = True) -> None:
        """Stop what is gone, start what is new, start anew what has another source or model.

        What is open goes on when a camera is started anew, if there is a memory for it.
        """
        wanted = {line.source.camera_id: line for line in lines(config, live=live)}
        with self._lock:
            staying = {
                camera_id: camera
                for camera_id, camera in self._cameras.items()
                if camera_id in wanted and wanted[camera_id].same_eyes(camera.line)
            }
            self._end(self._cameras.keys() - staying.keys(), wanted)
            for camera_id, camera in staying.items():
                if wanted[camera_id] != camera.line:
                    camera.rezone(wanted[camera_id])
            self._cameras = staying
            for camera_id, line in wanted.items():
                if camera_id not in staying:
                    self._cameras = {**self._cameras, camera_id: self._started(line)}
        self._detector.keep(line.detect.model for line in wanted.values())

    def stop(self) -> None:
        """All cameras; what is open goes on when the worker is started again."""
        with self._lock:
            cameras = self._cameras.values()
            together([partial(camera.stop, gone=False) for camera in cameras], patience=2.0)
        self._detector.close()

    def cameras(self) -> list[Camera]:
        """As they are now, also while a change is under way."""
        return list(self._cameras.values())

    def snapshots(self) -> list[tuple[str, Snapshot]]:
        return [(each.line.source.camera_id, each.follower.snapshot) for each in self.cameras()]

    def health(self) -> tuple[CameraHealth, ...]:
        return tuple(camera.vitals.health() for camera in self.cameras())

    def _end(self, ids: Iterable[str], wanted: Container[str]) -> None:
        forgetful = self._memory is None
        stops = [
            partial(self._cameras[each].stop, gone=forgetful or each not in wanted) for each in ids
        ]
        together(stops, patience=ENOUGH)

    def _started(self, line: Line) -> Camera:
        camera = Camera(line, self._detector, self._tell, self._memory, self._record)
        camera.start()
        return camera
