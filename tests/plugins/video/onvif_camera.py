"""A camera that speaks as much ONVIF as it must: a contract test, not a device.

It checks the digest of the password against its own clock, which may be years behind.
"""

import base64
import hashlib
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

USER, PASSWORD = "admin", "pa:ss@<1>"
SOAP = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>{}</s:Body></s:Envelope>'
)


@dataclass
class OnvifCamera:
    """`says` puts other answers in place of its own, by the name of the call."""

    port: int = 0
    host: str = "127.0.0.1"
    clock: timedelta = timedelta()
    says: dict[str, bytes | tuple[int, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/onvif/device_service"

    def answer(self, call: str, text: str) -> tuple[int, bytes]:
        self.asked.append(call)
        if call in self.says:
            said = self.says[call]
            return said if isinstance(said, tuple) else (200, said)
        if call != "GetSystemDateAndTime" and not self._knows(text):
            return 400, SOAP.format("<f>ter:NotAuthorized</f>").encode()
        return 200, SOAP.format(getattr(self, call)()).encode()

    def _knows(self, text: str) -> bool:
        parts = {n: _between(text, n) for n in ("Username", "Password", "Nonce", "Created")}
        if not all(parts.values()):
            return False
        created = datetime.fromisoformat(parts["Created"])
        skew = abs(datetime.now(UTC) + self.clock - created)
        digest = hashlib.sha1(
            base64.b64decode(parts["Nonce"]) + parts["Created"].encode() + PASSWORD.encode()
        ).digest()
        known = (USER, base64.b64encode(digest).decode())
        return (parts["Username"], parts["Password"]) == known and skew < timedelta(seconds=5)

    def GetSystemDateAndTime(self) -> str:
        now = datetime.now(UTC) + self.clock
        return (
            f"<x:UTCDateTime xmlns:x='x'><x:Time><x:Hour>{now.hour}</x:Hour>"
            f"<x:Minute>{now.minute}</x:Minute><x:Second>{now.second}</x:Second></x:Time>"
            f"<x:Date><x:Year>{now.year}</x:Year><x:Month>{now.month}</x:Month>"
            f"<x:Day>{now.day}</x:Day></x:Date></x:UTCDateTime>"
        )

    def GetCapabilities(self) -> str:
        """It believes to live elsewhere: whoever went there would have been sent away."""
        return "<c><Media><XAddr>http://169.254.169.254/onvif/media</XAddr></Media></c>"

    def GetDeviceInformation(self) -> str:
        return "<i><Manufacturer>虚构</Manufacturer><Model>M-1 &lt;b&gt;</Model></i>"

    def GetProfiles(self) -> str:
        one = (
            "<Profiles token='{0}'><Name>{0}</Name><VideoEncoderConfiguration>"
            "<Encoding>H264</Encoding><Resolution><Width>{1}</Width><Height>{2}</Height>"
            "</Resolution></VideoEncoderConfiguration></Profiles>"
        )
        return (
            one.format("main", 1920, 1080) + one.format("sub", 640, 360) + "<Profiles token='a'/>"
        )

    def GetStreamUri(self) -> str:
        return "<m><Uri>rtsp://192.168.1.64:554/live?channel=1</Uri></m>"

    def probe_match(self) -> bytes:
        scopes = "onvif://www.onvif.org/name/%E6%A1%A5%E5%A4%B4 onvif://www.onvif.org/hardware/M-1"
        return SOAP.format(
            f"<ProbeMatches><ProbeMatch><Scopes>{scopes}</Scopes>"
            f"<XAddrs>{self.address} http://8.8.8.8/onvif/device_service ftp://x/</XAddrs>"
            "</ProbeMatch></ProbeMatches>"
        ).encode()


@contextmanager
def onvif_camera(host: str = "127.0.0.1") -> Iterator[OnvifCamera]:
    camera = OnvifCamera(host=host)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            found = re.search(r"<s:Body><\w+:(\w+)", text)
            status, content = camera.answer(found.group(1) if found else "", text)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None: ...

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        daemon_threads = True

    httpd = Server((host, 0), Handler)
    camera.port = httpd.server_port
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield camera
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()


@contextmanager
def answering(camera: OnvifCamera) -> Iterator[tuple[str, int]]:
    """Where probes are answered, once by the camera and once by a liar."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(10)

        def answer() -> None:
            try:
                asked, whom = ear.recvfrom(65_535)
                assert b"NetworkVideoTransmitter" in asked
                for letter in (
                    camera.probe_match(),
                    b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
                    b"\0",
                ):
                    ear.sendto(letter, whom)
            except OSError:
                return

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield ear.getsockname()
    thread.join(1)


def _between(text: str, name: str) -> str:
    found = re.search(rf"<\w+:{name}(?:\s[^>]*)?>([^<]*)<", text)
    return found.group(1) if found else ""
