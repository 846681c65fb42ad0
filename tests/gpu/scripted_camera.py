"""A camera that sends what a test wants: RTSP with the pictures within the one connection."""

import re
import socket
import struct
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import av
import numpy as np

CLOCK = 90_000  # ticks of RTP in a second
_STARTS = re.compile(rb"\x00\x00\x00?\x01")


@dataclass(frozen=True)
class Sent:
    """One picture: its time in seconds by the camera's clock, and its NAL units."""

    at: float
    units: Sequence[bytes]


@dataclass
class ScriptedCamera:
    """Shows `pictures` at `rate` a second to whoever calls, and ends the connection after them.

    `codec` is what its description promises. `sound`: it has some as well, which goes on after the
    pictures to whoever wants it, in the same connection.
    """

    pictures: Sequence[Sent]
    codec: str = "H264"
    rate: float = 25.0
    sound: bool = False
    calls: int = 0
    _closed: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "ScriptedCamera":
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"rtsp://127.0.0.1:{self._listening.getsockname()[1]}/live"
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._listening.close()

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.calls += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                asked: list[str] = []
                while not asked or not asked[-1].startswith("PLAY"):
                    asked.append(_request(connection))
                    self._answer(connection, asked[-1])
                self._play(connection)
                if self.sound:
                    self._hum(connection, wanted=any("track1" in each for each in asked))
            except OSError:
                return  # whoever called has left

    def _answer(self, connection: socket.socket, request: str) -> None:
        method = request.partition(" ")[0]
        number = request.partition("CSeq: ")[2].partition("\r\n")[0]
        lines = [f"RTSP/1.0 200 OK\r\nCSeq: {number}", *self._headers(method, request)]
        body = self._description() if method == "DESCRIBE" else ""
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    def _headers(self, method: str, request: str) -> list[str]:
        if method == "DESCRIBE":
            return ["Content-Type: application/sdp", f"Content-Length: {len(self._description())}"]
        if method == "SETUP":
            channels = "2-3" if "track1" in request else "0-1"
            return [f"Transport: RTP/AVP/TCP;unicast;interleaved={channels}", "Session: 1"]
        return ["Session: 1", "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN"]

    def _description(self) -> str:
        sound = "m=audio 0 RTP/AVP 0\r\na=control:track1\r\n" if self.sound else ""
        return (
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n"
            f"a=rtpmap:96 {self.codec}/{CLOCK}\r\na=control:track0\r\n{sound}"
        )

    def _play(self, connection: socket.socket) -> None:
        number = 0
        for picture in self.pictures:
            for unit in picture.units:
                last = unit is picture.units[-1]
                connection.sendall(_packet(number, picture.at, unit, last=last))
                number += 1
            if self._closed.wait(1 / self.rate):
                return

    def _hum(self, connection: socket.socket, *, wanted: bool) -> None:
        number = 0
        while not self._closed.wait(0.02):
            if wanted:
                head = struct.pack("!BBHII", 0x80, 0, number % 2**16, number * 160, 2)
                connection.sendall(struct.pack("!cBH", b"$", 2, 172) + head + bytes(160))
                number += 1


def _request(connection: socket.socket) -> str:
    text = b""
    while not text.endswith(b"\r\n\r\n"):
        if not (more := connection.recv(4096)):
            raise ConnectionError
        text += more
    return text.decode()


def _packet(number: int, at: float, unit: bytes, *, last: bool) -> bytes:
    """RTP in one interleaved frame: over TCP a unit needs no fragments."""
    time = round(at * CLOCK) % 2**32
    packet = struct.pack("!BBHII", 0x80, 96 | last << 7, number % 2**16, time, 1) + unit
    return struct.pack("!cBH", b"$", 0, len(packet)) + packet


def film(width: int, height: int, times: Iterable[float]) -> list[Sent]:
    """A moving picture in H.264, with its parameters before each key frame."""
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.time_base, codec.framerate = Fraction(1, 25), Fraction(25)
    codec.options = {"preset": "ultrafast", "tune": "zerolatency", "g": "5"}
    sent = []
    for number, at in enumerate(times):
        pixels = np.full((height, width, 3), number * 5 % 255, np.uint8)
        picture = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p")
        picture.pts = number
        content = b"".join(bytes(packet) for packet in codec.encode(picture))
        sent.append(Sent(at, [unit for unit in _STARTS.split(content) if unit]))
    return sent
