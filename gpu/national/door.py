"""The sockets of the registrar: UDP and TCP on one port, both bounded, on a thread of their own."""

import asyncio
import logging
import socket
import threading
from dataclasses import replace
from typing import Literal, cast

from gpu.national.guests import Peer
from gpu.national.messages import Fault, Presences, Registry
from gpu.national.registrar import Letter, Registrar

log = logging.getLogger(__name__)

TICK = 0.2  # seconds between two looks at what is due
HEAD_AT_MOST, BODY_AT_MOST = 16_384, 262_144  # bytes of a message over TCP
LINES_AT_MOST = 256  # connections
IDLE_AT_MOST = 300.0  # seconds without a message
PAUSE = 5.0  # before a port that is taken is tried again
ANYWHERE = "0.0.0.0"  # noqa: S104 (devices are on other machines)


class RegistrarDoor:
    """Opens, moves and closes with what the server says; safe to call from other threads."""

    def __init__(self) -> None:
        self._wanted = Registry(version="")
        self._registrar: Registrar | None = None
        self._fault: Fault | Literal[""] = ""
        self._trouble = ""
        self._changed, self._closing = threading.Event(), threading.Event()
        self._guard = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="registrar", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._closing.set()
        self._thread.join(timeout=2.0)

    def apply(self, registry: Registry) -> None:
        """Devices that stay registered are not asked to come again, unless the door moves."""
        with self._guard:
            moved = _place(registry) != _place(self._wanted)
            self._wanted = registry
            if self._registrar and not moved:
                self._registrar.apply(registry)
        if moved:
            self._changed.set()

    def presences(self) -> Presences:
        with self._guard:
            told = self._registrar.presences() if self._registrar else Presences()
            return replace(told, fault=self._fault, trouble=self._trouble)

    def told(self, presences: Presences) -> None:
        with self._guard:
            if self._registrar:
                self._registrar.told(presences)

    def heard(self, data: bytes, peer: Peer) -> list[Letter]:
        with self._guard:
            return self._registrar.heard(data, peer) if self._registrar else []

    def due(self) -> list[Letter]:
        with self._guard:
            return self._registrar.due() if self._registrar else []

    def _run(self) -> None:
        while not self._closing.is_set():
            self._changed.clear()
            try:
                self._serve()
            except (OSError, UnicodeError) as error:  # a host name may be none that can be asked
                reason = getattr(error, "strerror", None) or error
                self._fail("port", f"Port {self._wanted.port} cannot be opened: {reason}.")
            except Exception as error:  # whatever it was, the door is opened again
                log.exception("the registrar failed")
                kind = type(error).__name__
                self._fail("door", f"The registrar failed ({kind}); see the log.")

    def _serve(self) -> None:
        """As long as it is wanted so."""
        with self._guard:
            wanted = self._wanted
            self._registrar = Registrar(wanted, reached_at=_own_address)
        if wanted.code:
            asyncio.run(self._listen(wanted))
            self._say("", "")
        else:
            self._changed.wait(TICK)

    def _fail(self, fault: Fault, trouble: str) -> None:
        self._say(fault, trouble)
        self._changed.wait(PAUSE)

    async def _listen(self, wanted: Registry) -> None:
        loop, lines = asyncio.get_running_loop(), Lines(self)
        transport, _ = await loop.create_datagram_endpoint(
            lambda: Datagrams(self), local_addr=(wanted.host or ANYWHERE, wanted.port)
        )
        try:
            host, port = transport.get_extra_info("sockname")[:2]
            server = await asyncio.start_server(lines.take, host, port, limit=HEAD_AT_MOST)
            async with server:
                self._say("", "")
                log.info("devices may register at %s:%s as %s", host, port, wanted.code)
                while not (self._closing.is_set() or self._changed.is_set()):
                    for peer, data in self.due():
                        if peer.transport == "UDP":
                            transport.sendto(data, (peer.host, peer.port))
                        else:
                            lines.send(peer, data)
                    await asyncio.sleep(TICK)
                lines.close()
        finally:
            transport.close()

    def _say(self, fault: Fault | Literal[""], trouble: str) -> None:
        with self._guard:
            new, self._trouble = trouble != self._trouble, trouble
            self._fault = fault
        if trouble and new:
            log.warning("registrar: %s", trouble)


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self, door: RegistrarDoor) -> None:
        self._door = door

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Before Python 3.12 it is one by what it does, not by its class.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        for peer, answer in self._door.heard(data, Peer("UDP", addr[0], addr[1])):
            self._transport.sendto(answer, (peer.host, peer.port))


class Lines:
    """Connections over TCP; one that says nothing, or too much, is closed."""

    def __init__(self, door: RegistrarDoor) -> None:
        self._door = door
        self._open: dict[Peer, asyncio.StreamWriter] = {}

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = writer.get_extra_info("peername")[:2]
        peer = Peer("TCP", host, port)
        try:
            if len(self._open) < LINES_AT_MOST:
                self._open[peer] = writer
                await self._talk(reader, writer, peer)
        except (OSError, EOFError, TimeoutError, ValueError, asyncio.LimitOverrunError) as error:
            log.info("%s: the line ends: %s", peer, error or type(error).__name__)
        finally:
            self._open.pop(peer, None)
            writer.close()

    async def _talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: Peer
    ) -> None:
        while True:
            async with asyncio.timeout(IDLE_AT_MOST):
                data = await _message(reader)
            for _, answer in self._door.heard(data, peer):
                writer.write(answer)
            async with asyncio.timeout(10.0):
                await writer.drain()

    def send(self, peer: Peer, data: bytes) -> None:
        """To a line that is still open; a question that cannot be sent gets no answer."""
        if (writer := self._open.get(peer)) is not None:
            writer.write(data)

    def close(self) -> None:
        for writer in self._open.values():
            writer.close()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """One message: its head, and as much as Content-Length says. ValueError where it is too long.

    Empty lines before it keep the line open (RFC 5626).
    """
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() in (b"content-length", b"l"):
            length = int(value)
    if not 0 <= length <= BODY_AT_MOST:
        raise ValueError(f"a body of {length} bytes is too long")
    return head.lstrip(b"\r\n") + await reader.readexactly(length)


def _place(registry: Registry) -> tuple[str, str, int]:
    return registry.code, registry.host, registry.port


def _own_address(peer: Peer) -> str:
    """This machine's address as the peer sees it; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((peer.host, peer.port))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])
