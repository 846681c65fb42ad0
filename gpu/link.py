"""The line to the server: each call of the protocol, with a time-out and a worker's token."""

import json
import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import httpx2

from gpu.messages import Config, Health, Looks, Observation, Tracks
from gpu.national.messages import Presences, Registry

log = logging.getLogger(__name__)

M = TypeVar("M")

PATIENCE = httpx2.Timeout(10.0, connect=5.0)
ANSWER_AT_MOST = 40_000_000  # bytes
READING_AT_MOST = 60.0  # seconds
SAID_AT_MOST = 300  # characters of a server's sentence

TRY_AGAIN = {401, 403, 408, 425, 429}  # besides 5xx: a token may be mended, a load may pass
NOBODY_THERE = {404, 405, 410}  # of an address that every liuhe with eyes has: not of a message


class Unreachable(Exception):
    """The server did not answer, or not as it should; later it may."""


class Refused(Exception):
    """The server will not take this, however often it is sent; the sentence is the server's."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True, kw_only=True)
class BlurJob:
    id: str
    picture: bytes


class Link:
    """Safe to use from several threads. Reads the token anew when the server refuses it."""

    def __init__(self, server: str, token_file: Path) -> None:
        self._token_file = token_file
        self._client = httpx2.Client(
            base_url=server.rstrip("/"),
            timeout=PATIENCE,
            trust_env=False,
            limits=httpx2.Limits(max_connections=16),
        )

    def config(self, known: str | None, wait: float) -> Config | None:
        """The configuration, or None if after `wait` seconds it still is the `known` version."""
        return self._changed("config", known, wait, Config.from_json)

    def looks(self, known: Looks, wait: float) -> Looks:
        """What is looked at, as soon as it is something else than `known`."""
        path = f"/video/looks?wait={wait:g}&known={quote(','.join(known.camera_ids), safe='')}"
        answer = self._call("GET", path, timeout=_longer(wait))
        try:
            return known if answer.status == 204 else Looks.from_json(answer.content)
        except ValueError as error:
            raise Unreachable(f"The server's looks cannot be used: {error}") from None

    def registry(self, known: str | None, wait: float) -> Registry | None:
        """Where devices may register, or None if after `wait` seconds that is the same."""
        return self._changed("registry", known, wait, Registry.from_json)

    def presences(self, told: Presences) -> None:
        self._call("POST", "/video/presences", json=told.to_json())

    def observe(self, observation: Observation, picture: bytes | None) -> None:
        """Deliver an observation; the server knows by its key whether it has it already."""
        text = json.dumps(observation.to_json(), ensure_ascii=False).encode()
        files: dict[str, Any] = {"observation": (None, text, "application/json")}
        if picture is not None:
            files["evidence"] = ("evidence.jpg", picture, "image/jpeg")
        headers = {"Idempotency-Key": observation.key}
        path = "/video/observations"
        self._call("POST", path, files=files, headers=headers, later=NOBODY_THERE)

    def snapshot(self, camera_id: str, picture: bytes, at: datetime) -> None:
        headers = {"Content-Type": "image/jpeg", "X-Frame-At": at.astimezone(UTC).isoformat()}
        path = f"/video/cameras/{quote(camera_id, safe='')}/snapshot"
        self._call("PUT", path, content=picture, headers=headers)

    def tracks(self, tracks: Tracks) -> None:
        """The server knows by the key whether it has them already."""
        headers = {"Idempotency-Key": tracks.key}
        self._call("POST", "/video/tracks", json=tracks.to_json(), headers=headers)

    def health(self, health: Health) -> None:
        self._call("POST", "/video/health", json=health.to_json())

    def blur_job(self, wait: float) -> BlurJob | None:
        """A picture that somebody uploaded, if one comes within `wait` seconds."""
        answer = self._call("GET", f"/video/blur?wait={wait:g}", timeout=_longer(wait))
        if answer.status == 204:
            return None
        return BlurJob(id=answer.headers.get("X-Blur-Id", ""), picture=answer.content)

    def blurred(self, job_id: str, picture: bytes) -> None:
        headers = {"Content-Type": "image/jpeg"}
        self._call("PUT", f"/video/blur/{quote(job_id, safe='')}", content=picture, headers=headers)

    def blur_failed(self, job_id: str, reason: str) -> None:
        path = f"/video/blur/{quote(job_id, safe='')}/failed"
        self._call("POST", path, json={"reason": reason})

    def close(self) -> None:
        self._client.close()

    def _changed(
        self, name: str, known: str | None, wait: float, read: Callable[[object], M]
    ) -> M | None:
        headers = {} if known is None else {"If-None-Match": f'"{known}"'}
        path = f"/video/{name}?wait={wait:g}"
        answer = self._call("GET", path, headers=headers, timeout=_longer(wait))
        if answer.status == 304:
            return None
        try:
            return read(answer.content)
        except ValueError as error:
            raise Unreachable(f"The server's {name} cannot be used: {error}") from None

    def _call(
        self, method: str, path: str, *, later: Collection[int] = (), **options: Any
    ) -> Answer:
        """`later`: with which answers it may be taken another time, besides TRY_AGAIN."""
        headers = {"Authorization": f"Bearer {self._token()}", **options.pop("headers", {})}
        try:
            with self._client.stream(method, path, headers=headers, **options) as response:
                answer = _read(response)
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError) as error:
            reason = str(error) or type(error).__name__
            raise Unreachable(f"The server does not answer ({reason}).") from None
        return _judged(answer, later)

    def _token(self) -> str:
        """Read each time: a file of a few bytes, and a new token needs no restart."""
        try:
            token = self._token_file.read_text("utf-8").strip()
        except (OSError, ValueError) as error:
            raise Unreachable(
                f"The token file {self._token_file} cannot be read: {error}."
            ) from None
        if not token.isascii() or not token.isprintable() or not token:
            raise Unreachable(
                f"The token file {self._token_file} holds no token; write one into it."
            )
        return token


def _longer(wait: float) -> httpx2.Timeout:
    return httpx2.Timeout(wait + 10.0, connect=5.0)


def _read(response: httpx2.Response) -> Answer:
    """The whole answer, but neither more nor for longer than can be right."""
    content, started = bytearray(), time.monotonic()
    for part in response.iter_bytes():
        content += part
        if len(content) > ANSWER_AT_MOST:
            raise httpx2.ReadError("the answer is too large")
        if time.monotonic() - started > READING_AT_MOST:
            raise httpx2.ReadTimeout("the answer does not end")
    return Answer(status=response.status_code, headers=response.headers, content=bytes(content))


def _judged(answer: Answer, later: Collection[int]) -> Answer:
    status = answer.status
    if status < 300 or status == 304:
        return answer
    said = answer.content.decode("utf-8", "replace").strip()[:SAID_AT_MOST]
    if status in (401, 403):
        raise Unreachable(f"The server refuses the token ({status} {said}); check --token-file.")
    if status >= 500 or status in TRY_AGAIN or status in later or status < 400:
        raise Unreachable(f"The server answers {status} {said}")
    raise Refused(f"{status} {said}")
