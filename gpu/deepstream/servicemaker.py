"""The machine of production: NVIDIA's pyservicemaker, which comes with DeepStream (Python 3.12).

Imported only when a pipeline is made. Each handler and probe is kept as long as the pipeline: the
C++ side does not own them.
"""

import importlib
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from gpu.deepstream.machine import Buffers, Ended, Metadata
from gpu.deepstream.table import Value

log = logging.getLogger(__name__)

CLOSING = 3.0  # seconds that a recording may take to be written to its end


class MissingError(RuntimeError):
    """DeepStream is not there; the sentence says what to do."""


def library() -> Any:
    """pyservicemaker, with the new nvstreammux; raises MissingError."""
    os.environ["USE_NEW_NVSTREAMMUX"] = "yes"  # read once, when GStreamer loads the element
    try:
        return importlib.import_module("pyservicemaker")
    except ImportError as error:
        raise MissingError(
            f"pyservicemaker cannot be imported ({error}); run this in NVIDIA's DeepStream "
            "container, see docs/operate/gpu.md."
        ) from None


class ServiceMaker:
    def __init__(self, name: str) -> None:
        self._library = library()
        self._pipeline = self._library.Pipeline(name)
        self._kept: list[Any] = []
        self._ended: Ended = "error"
        self._recording: dict[str, float] = {}  # until when, by name
        self._recorder = threading.Lock()  # cameras ask on threads of their own

    def add(self, element: str, name: str, properties: Mapping[str, Value]) -> None:
        self._pipeline.add(element, name, dict(properties))

    def link(self, source: str, sink: str, pads: tuple[str, str]) -> None:
        if pads == ("", ""):
            self._pipeline.link(source, sink)
        else:
            self._pipeline.link((source, sink), pads)

    def watch_metadata(self, name: str, take: Metadata) -> None:
        base: Any = self._library.BatchMetadataOperator

        class Operator(base):  # type: ignore[misc]
            def handle_metadata(self, batch_meta: Any) -> None:
                _safely(take, batch_meta)

        self._attach(name, Operator())

    def watch_buffers(self, name: str, take: Buffers) -> None:
        base: Any = self._library.BufferOperator

        class Operator(base):  # type: ignore[misc]
            def handle_buffer(self, buffer: Any) -> bool:
                _safely(take, buffer)
                return True  # False would drop it

        self._attach(name, Operator())

    def set(self, name: str, properties: Mapping[str, Value]) -> None:
        self._pipeline[name].set(dict(properties))

    def record(self, name: str, before: int, after: int) -> None:
        """What happens during a recording is in it, as far as it goes.

        By `Pipeline::startRecording` a name counts as being recorded until it is told to stop, also
        when the recording has long been over: another start does nothing, and says so to nobody.
        """
        with self._recorder:
            begun = time.monotonic()
            if begun < self._recording.get(name, 0.0):
                return
            if name in self._recording:
                self._pipeline.stop_recording(name)
            self._pipeline.start_recording(name, before, after, _recorded)
            self._recording[name] = begun + after + CLOSING

    def start(self) -> None:
        self._pipeline.start(self._hear)

    def wait(self) -> Ended:
        self._pipeline.wait()
        return self._ended

    def stop(self) -> None:
        self._pipeline.stop()

    def _attach(self, name: str, operator: Any) -> None:
        probe = self._library.Probe(f"liuhe-{name}", operator)
        self._kept += [operator, probe]
        self._pipeline.attach(name, probe)

    def _hear(self, message: Any) -> None:
        """pyservicemaker tells of an end. Of an error it only prints, and waits on.

        By `bus_call` and `Pipeline::run`: `wait` returns after an end, and at once if the pipeline
        cannot play.
        """
        if isinstance(message, self._library.EOSMessage):
            self._ended = "eos"


def _recorded(_: Any) -> None:
    """Where the file lies is of no interest."""


def _safely(take: Callable[[Any], None], what: Any) -> None:
    """An exception that reached the C++ side would end the process."""
    try:
        take(what)
    except Exception:
        log.exception("a batch could not be taken")
