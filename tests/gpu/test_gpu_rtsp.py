"""Cameras that go away, freeze, refuse or change, served by a real RTSP server."""

import importlib.util
import io
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

from gpu import vitals
from gpu.cpu import decode
from gpu.cpu.camera import Camera
from gpu.cpu.decode import AUTHORITY
from gpu.messages import Camera as CameraMessage
from gpu.pipeline import line
from gpu.vitals import Vitals
from tests.gpu import scripted_camera as scripted
from tests.gpu.relay import certificate, relay
from tests.gpu.scripted_camera import ScriptedCamera, Sent

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("aio_rtsp_toolkit") is None,
    reason="no RTSP server: pip install 'aio-rtsp-toolkit[server]'",
)
NOTICED = 20.0  # seconds; 5 to open and 3 without data, on a busy machine


@dataclass
class Server:
    """Serves what lies in `folder` over and over, from `start` until it is killed."""

    folder: Path
    port: int
    control: int  # a second port that it wants; its own default is one for the whole machine
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def address(self, name: str) -> str:
        return f"rtsp://127.0.0.1:{self.port}/{name}"

    def start(self) -> subprocess.Popen[bytes]:
        command = [str(Path(sys.executable).with_name("rtsp-server")), "-d", str(self.folder)]
        process = subprocess.Popen(
            [*command, "-H", "127.0.0.1", "-p", str(self.port), "-cp", str(self.control)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.started.append(process)
        return process


@pytest.fixture
def rtsp(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "served"
    folder.mkdir()
    with socket.socket() as one, socket.socket() as other:
        for probe in (one, other):
            probe.bind(("127.0.0.1", 0))
        made = Server(folder, one.getsockname()[1], other.getsockname()[1])
    yield made
    for process in made.started:
        process.kill()
        process.wait()


def film(path: Path, width: int, height: int, frames: int = 20) -> None:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=10, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(frames):
            picture = av.VideoFrame(width, height, "yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, 10)
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))


@pytest.fixture
def watched(detector: Any) -> Iterator[Callable[[str], Camera]]:
    """A camera on an address, running."""
    made: list[Camera] = []

    def watch(address: str) -> Camera:
        message = CameraMessage(id="c", name="c", source=address)
        made.append(Camera(line(message), detector, lambda *_: None))
        made[-1].start()
        return made[-1]

    yield watch
    for camera in made:
        camera.stop(gone=True)


@pytest.mark.slow
def test_a_camera_that_goes_freezes_or_comes_back_is_noticed(
    watched: Any, rtsp: Server, clip: Any, until: Any
) -> None:
    shutil.copy(clip(100, 10), rtsp.folder / "a.mp4")
    made = watched(rtsp.address("a.mp4"))
    until(lambda: made.vitals.state == "reconnecting")
    process = rtsp.start()
    until(lambda: made.vitals.state == "running", NOTICED)
    assert made.vitals.health().error == ""
    process.kill()
    until(lambda: made.vitals.state == "reconnecting", NOTICED)
    process = rtsp.start()
    until(lambda: made.vitals.state == "running", NOTICED)
    process.send_signal(signal.SIGSTOP)  # frozen: nothing comes, nothing ends
    until(lambda: made.vitals.state == "reconnecting", NOTICED)
    process.send_signal(signal.SIGCONT)
    until(lambda: made.vitals.state == "running", NOTICED)
    assert made.vitals.health().reconnects >= 2


@pytest.mark.slow
def test_a_camera_that_comes_back_in_another_size_goes_on(
    watched: Any, rtsp: Server, until: Any
) -> None:
    film(rtsp.folder / "a.mp4", 96, 64)
    process = rtsp.start()
    made = watched(rtsp.address("a.mp4"))
    until(lambda: _width(made) == 96, NOTICED)
    process.kill()
    film(rtsp.folder / "a.mp4", 192, 128)
    rtsp.start()
    until(lambda: _width(made) == 192, NOTICED)
    assert made.vitals.state == "running"


@pytest.mark.slow
def test_a_source_without_pictures_says_so_and_is_tried_again(
    watched: Any, rtsp: Server, until: Any
) -> None:
    with wave.open(str(rtsp.folder / "a.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(80_000))
    rtsp.start()
    made = watched(rtsp.address("a.wav"))
    until(lambda: "no pictures" in made.vitals.health().error, NOTICED)
    assert made.vitals.health().fault == "undecodable"
    until(lambda: made.vitals.health().reconnects >= 2, NOTICED)
    assert made.vitals.state == "reconnecting"


@pytest.mark.slow
def test_a_camera_over_tls_is_held_to_its_certificate_where_one_vouches_for_it(
    watched: Any, rtsp: Server, clip: Any, until: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    shutil.copy(clip(100, 10), rtsp.folder / "a.mp4")
    rtsp.start()
    own, other = certificate(tmp_path / "own.pem"), certificate(tmp_path / "other.pem")
    elsewhere = certificate(tmp_path / "elsewhere.pem", "10.9.9.9")
    plain = watched(rtsp.address("a.mp4"))
    until(lambda: plain.vitals.state == "running", NOTICED)
    with relay(rtsp.port, own) as port, relay(rtsp.port, elsewhere) as moved:
        monkeypatch.setenv(AUTHORITY, str(own))
        trusted = watched(f"rtsps://127.0.0.1:{port}/a.mp4")
        until(lambda: trusted.vitals.state == "running", NOTICED)
        monkeypatch.setenv(AUTHORITY, str(elsewhere))  # its own, but of another address
        stolen = watched(f"rtsps://127.0.0.1:{moved}/a.mp4")
        until(lambda: stolen.vitals.health().fault == "untrusted", NOTICED)
        monkeypatch.setenv(AUTHORITY, str(other))
        foreign = watched(f"rtsps://127.0.0.1:{port}/a.mp4")
        until(lambda: foreign.vitals.health().fault == "untrusted", NOTICED)
        assert foreign.vitals.state == "reconnecting"
        monkeypatch.delenv(AUTHORITY)  # nobody has to: it is tried again, and watched
        until(lambda: foreign.vitals.state == "running", NOTICED)


def test_a_refused_password_is_said_and_not_repeated(watched: Any, until: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_refuse, args=(listening,), daemon=True)
        thread.start()
        port = listening.getsockname()[1]
        made = watched(f"rtsp://admin:secret@127.0.0.1:{port}/1")
        until(lambda: made.vitals.state == "reconnecting", NOTICED)
        health = made.vitals.health()
        assert health.error == (
            f"rtsp://127.0.0.1:{port}/1 does not accept this user and password; correct them."
        )
        assert health.fault == "unauthorized"
        time.sleep(1.5)  # twice as long as it takes another fault to be tried again
        assert made.vitals.health().reconnects == 0, "or the camera locks the account"


def _refuse(listening: socket.socket) -> None:
    """Answers each request as a camera does that knows nobody."""
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        with connection:
            while request := connection.recv(4096).decode():
                number = request.partition("CSeq: ")[2].partition("\r\n")[0]
                asks = 'WWW-Authenticate: Basic realm="camera"\r\n'
                connection.sendall(
                    f"RTSP/1.0 401 Unauthorized\r\nCSeq: {number}\r\n{asks}\r\n".encode()
                )


def test_a_camera_without_pictures_never_passes_for_running(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(vitals, "SILENT", 0.05)
    made = Vitals("c")
    made.saw(1.0)
    assert made.health().state == "running"
    time.sleep(0.06)
    health = made.health()
    assert (health.state, health.fault) == ("failed", "silent")
    assert health.error == "No picture came for 0 seconds."
    made.saw(2.0)
    assert made.health().state == "running"


def every(start: float, frames: int) -> list[float]:
    return [start + number / 25 for number in range(frames)]


def test_a_stream_that_changes_its_size_under_way_is_watched_on(watched: Any, until: Any) -> None:
    shown = [*scripted.film(96, 64, every(0, 50)), *scripted.film(192, 128, every(2, 250))]
    with ScriptedCamera(shown) as camera:
        made = watched(camera.address)
        until(lambda: _width(made) == 96, NOTICED)
        until(lambda: _width(made) == 192, NOTICED)
        assert (made.vitals.state, camera.calls) == ("running", 1)


@pytest.mark.parametrize("jump", [3600.0, -3600.0, -3.0], ids=["forward", "back", "back a bit"])
def test_a_camera_whose_clock_is_set_is_watched_on(watched: Any, until: Any, jump: float) -> None:
    times = [*every(4000, 50), *every(4000 + jump, 300)]
    with ScriptedCamera(scripted.film(96, 64, times)) as camera:
        made = watched(camera.address)
        until(lambda: made.vitals.frames.total > 20, NOTICED)
        until(lambda: made.vitals.frames.total > 150, NOTICED)
        assert (made.vitals.state, camera.calls) == ("running", 1)
        _, at = made.follower.snapshot()
        assert abs(at.timestamp() - time.time()) < 5


@pytest.mark.parametrize("codec", ["X-NEW-CODEC", "H265", "JPEG"])
def test_a_camera_in_another_codec_than_it_says_is_never_running(
    watched: Any, until: Any, codec: str
) -> None:
    with ScriptedCamera(scripted.film(96, 64, every(0, 200)), codec=codec) as camera:
        made = watched(camera.address)
        until(lambda: made.vitals.health().fault == "undecodable", NOTICED)
        assert made.vitals.state == "reconnecting"
        assert made.vitals.frames.total == 0


def test_rubbish_in_the_place_of_pictures_is_said(watched: Any, until: Any) -> None:
    rubbish = [Sent(at, [b"\x65" + bytes(500)]) for at in every(0, 400)]
    with ScriptedCamera(rubbish, rate=100) as camera:
        made = watched(camera.address)
        until(lambda: made.vitals.health().error, NOTICED)
        assert "gives no decodable pictures" in made.vitals.health().error
        assert made.vitals.state == "reconnecting"


def test_sound_that_goes_on_does_not_hide_that_the_pictures_froze(watched: Any, until: Any) -> None:
    with ScriptedCamera(scripted.film(96, 64, every(0, 25)), sound=True) as camera:
        made = watched(camera.address)
        until(lambda: made.vitals.frames.total > 0, NOTICED)
        until(lambda: camera.calls > 1, NOTICED)


def test_packets_that_give_no_picture_any_more_are_silence(
    watched: Any, until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decode, "SILENT", 1.0)
    rubbish = [Sent(at, [b"\x65" + bytes(500)]) for at in every(1, 80)]
    with ScriptedCamera([*scripted.film(96, 64, every(0, 25)), *rubbish]) as camera:
        made = watched(camera.address)
        until(lambda: made.vitals.health().fault == "silent", NOTICED)
        assert made.vitals.state == "reconnecting"


def _width(made: Camera) -> int:
    """Of the next snapshot; 0 while there is no new one."""
    shown = made.follower.snapshot()
    return Image.open(io.BytesIO(shown[0])).width if shown else 0
