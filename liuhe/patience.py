"""The server's HTTP protocol, with an end to its patience: who sends a request's head slowly or
without end is hung up on. (Bodies have limits of their own, in `web.middleware`.)

A request that was answered before all of its body came (refused, say) is heard to its end, within
bounds: a proxy that still writes it would find a broken connection, and tell that instead.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 20.0
HEAD_BYTES = 64_000
#: Of a body that nobody reads any more.
REST_SECONDS = 30.0
REST_BYTES = 64_000_000
TOO_LONG = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: text/plain; charset=utf-8\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)


class PatientProtocol(HttpToolsProtocol):
    _timer: asyncio.TimerHandle | None = None
    _taken = 0  # bytes of a head that is not complete, or of the rest of a body
    _in_body = False

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_there()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        answered = self.cycle is None or self.cycle.response_complete
        if self._timer is None and answered:
            self._wait(REST_SECONDS if self._in_body else HEAD_SECONDS)
        super().data_received(data)
        if self._timer is not None:
            self._taken += len(data)
            if self._taken > (REST_BYTES if self._in_body else HEAD_BYTES):
                self._hang_up()

    def on_headers_complete(self) -> None:
        self._in_body = True
        self._head_is_there()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_body = False
        if self._timer is not None:  # the rest has come: now for another request
            self._head_is_there()
            self._wait_for_head()

    def _hang_up(self) -> None:
        if self.transport.is_closing():
            return
        if not self._in_body:
            self.transport.write(TOO_LONG)
        self.transport.close()

    def _wait_for_head(self) -> None:
        self._wait(HEAD_SECONDS)

    def _wait(self, seconds: float) -> None:
        self._taken = 0
        self._timer = self.loop.call_later(seconds, self.transport.close)

    def _head_is_there(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
