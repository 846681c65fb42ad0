"""A camera over TLS: what comes in with a certificate goes on to a server without one."""

import contextlib
import ipaddress
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def certificate(path: Path, address: str = "127.0.0.1") -> Path:
    """One that vouches for itself, with its key, in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "camera")])
    known = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(known, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    kinds = serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, *kinds)
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


@contextlib.contextmanager
def relay(to: int, pem: Path) -> Iterator[int]:
    """The port at which it listens."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    class Passing(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with (
                contextlib.suppress(OSError),  # a client that trusts nobody here, say
                context.wrap_socket(self.request, server_side=True) as outside,
                socket.create_connection(("127.0.0.1", to)) as inside,
            ):
                back = threading.Thread(target=_pour, args=(inside, outside))
                back.start()
                _pour(outside, inside)
                back.join()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Passing) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def _pour(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    for one in (source, target):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
