"""A server that fails as it is told to, small clips, and the bundled model loaded once."""

import email
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from gpu.messages import Observation

AT = datetime(2026, 5, 1, 8, 30, tzinfo=UTC)
MakeObservation = Callable[..., Observation]


@pytest.fixture
def observation() -> MakeObservation:
    """`observation("o1", phase="started", …)`"""

    def make(number: str = "o1", **changes: Any) -> Observation:
        phase = changes.get("phase", "started")
        values: dict[str, Any] = {
            "key": f"{number}:{phase}",
            "observation_id": number,
            "camera_id": "c",
            "zone_id": "z",
            "watch_id": "w",
            "kind": "dwell",
            "phase": phase,
            "at": AT,
            "started_at": AT,
            "ended_at": AT if phase == "ended" else None,
            "object": "car",
            "count": 1,
            "score": 0.8,
            "box": (0.1, 0.2, 0.3, 0.4),
            "track_id": 7,
            "model": "ssd@0123",
        }
        return Observation(**{**values, **changes})

    return make


@dataclass
class Call:
    method: str
    path: str
    headers: Any
    body: bytes

    def parts(self) -> dict[str, bytes]:
        """Of a multipart form."""
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        form = email.message_from_bytes(head + self.body)
        return {
            str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)
            for part in form.get_payload()  # type: ignore[union-attr]
        }  # type: ignore[return-value]


Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Server:
    """Answers each `METHOD /path` from its list of answers, the last one for ever; remembers all.

    An answer may be a status, (status, headers, body), or a function of the call. The status 0
    drops the connection.
    """

    address: str = ""
    calls: list[Call] = field(default_factory=list)
    answers: dict[str, list[Any]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def on(self, what: str, *answers: Any) -> None:
        with self.lock:
            self.answers[what] = list(answers)

    def take(self, call: Call) -> Answer:
        what = f"{call.method} {call.path.partition('?')[0]}"
        with self.lock:
            self.calls.append(call)
            answers = self.answers.get(what, [404])
            answer = answers[0] if len(answers) == 1 else answers.pop(0)
        if callable(answer):
            answer = answer(call)
        return (answer, {}, b"") if isinstance(answer, int) else answer

    def named(self, what: str) -> list[Call]:
        with self.lock:
            return [c for c in self.calls if f"{c.method} {c.path.partition('?')[0]}" == what]

    def observed(self) -> list[str]:
        """The keys of all observations that came, in order."""
        return [call.headers["Idempotency-Key"] for call in self.named("POST /video/observations")]


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, content = made.take(Call(self.command, self.path, self.headers, body))
            if status == 0:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = answer

        def log_message(self, *_: Any) -> None: ...

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    made.address = f"http://127.0.0.1:{httpd.server_port}"
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield made
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text("secret-token\n")
    return path


@pytest.fixture
def until() -> Callable[..., None]:
    """`until(lambda: …)`: wait for it, fail after `seconds`."""

    def wait(true: Callable[[], Any], seconds: float = 10.0) -> None:
        limit = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < limit, "it did not come true in time"
            time.sleep(0.01)

    return wait


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """`clip(frames=10, rate=10)`: a small H.264 file of grey pictures that get lighter."""
    import av
    import numpy as np

    folder = tmp_path_factory.mktemp("clips")

    def make(frames: int = 10, rate: int = 10) -> Path:
        path = folder / f"{frames}-{rate}.mp4"
        if path.exists():
            return path
        with av.open(str(path), "w") as out:
            stream = out.add_stream("libx264", rate=rate, options={"preset": "ultrafast"})
            stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
            for number in range(frames):
                pixels = np.full((64, 96, 3), 20 + number * 200 // frames, np.uint8)
                picture = av.VideoFrame.from_ndarray(pixels, format="rgb24")
                picture.pts, picture.time_base = number, Fraction(1, rate)
                out.mux(stream.encode(picture))
            out.mux(stream.encode(None))
        return path

    return make


@pytest.fixture(scope="session")
def detector() -> Iterator[Any]:
    from gpu.cpu.detect import Detector

    made = Detector(exact=True)  # what is asserted is the same on every machine
    yield made
    made.close()


@pytest.fixture(scope="session")
def gstreamer() -> Any:
    """GStreamer by PyGObject, for stand-ins of NVIDIA's elements."""
    from tests.gpu.gst_machine import Unfit, load

    try:
        return load()
    except Unfit as error:
        pytest.skip(f"no GStreamer: {error}")
    except (ImportError, ValueError) as error:
        if "gstreamer" in os.environ.get("LIUHE_TEST_REQUIRE", "").split(","):
            pytest.fail(f"no GStreamer: {error}")
        pytest.skip(f"no GStreamer: {error}")
