"""Frames out of files and cameras, at the speed of life, with errors that say what to do."""

import errno
import math
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer

from gpu.addresses import without_secret
from gpu.clock import now
from gpu.messages import Fault
from gpu.pipeline import Decode, Source, is_there
from gpu.vitals import SILENT

RTSP = {
    "probesize": "32768",  # the first picture in less than a second rather than in several
    "analyzeduration": "0",
    "flags": "low_delay",
    # not fflags=nobuffer: it throws away the key frame that was probed, and waits for the next
}
#: In the environment: a file of certificates, by which those of cameras over TLS are checked.
AUTHORITY = "LIUHE_CAMERA_CA"
TIMEOUT = (5.0, 3.0)  # seconds to open, and to wait for data: a frozen camera says nothing else
LATE = 1.0  # seconds after which a frame is not looked at any more
BLIND = 0.5  # seconds after which a late frame is better than none
VERY_LATE = 5.0  # seconds after which the clock begins anew from here: the machine slept
DRIFT = 0.001  # of a camera's clock, at most: a slow one is not late
NOTHING = 60.0  # seconds of packets without a first picture: key frames may be far apart
BROKEN = 100  # packets in a row that give no picture


class SourceError(Exception):
    """A source that gives no pictures: what is the matter, and a sentence that says what to do."""

    def __init__(self, fault: Fault, sentence: str) -> None:
        super().__init__(sentence)
        self.fault = fault


@dataclass(frozen=True)
class Frame:
    """`at` as `clock.now` has it; `fresh` when it does not follow on from the frame before."""

    picture: av.VideoFrame
    at: float
    fresh: bool


class Lag:
    """How late a camera's frames come here, by its own clock; a clock that jumps begins anew."""

    def __init__(self) -> None:
        self._least, self._at, self._shown = math.inf, 0.0, -math.inf

    def of(self, shown: float | None, at: float) -> float:
        """Seconds; `shown` is the frame's own time, `at` when it is here."""
        if shown is None:
            return 0.0
        offset = at - shown
        least = min(offset, self._least + DRIFT * (at - self._at))
        set_back = shown < self._shown  # whatever waits on the way, frames come in their order
        if set_back or offset - least > VERY_LATE:
            least = offset
        self._least, self._at, self._shown = least, at, shown
        return offset - least


class Stream:
    """One opening of a source. Ends by itself at the end of a file, and when `stop` is set."""

    def __init__(self, source: Source, decode: Decode, stop: threading.Event) -> None:
        self.source, self.live, self._stop = source, decode.live, stop
        self.errors = self.dropped = self._shown = 0
        self.rate = 25.0
        self._origin = self._shown_at = self._picture_at = now()

    def frames(self) -> Iterator[Frame]:
        if not self.source.is_file:
            yield from self._arriving()
            return
        yield from self._playing()
        while self.source.loop and not self._stop.is_set():
            yield from self._playing()

    def _arriving(self) -> Iterator[Frame]:
        fresh, lag = True, Lag()
        with self._open() as container:
            for picture in self._pictures(container):
                at = now()
                if self._too_late(lag.of(picture.time, at)):
                    continue
                yield Frame(picture, at, fresh)
                fresh = False

    def _playing(self) -> Iterator[Frame]:
        """The file once, from where the play stands; moves the origin to its end."""
        fresh, played = True, 0.0
        with self._open() as container:
            for number, picture in enumerate(self._pictures(container)):
                played = number / self.rate if picture.time is None else max(picture.time, played)
                if self._wait_for(self._origin + played):
                    yield Frame(picture, self._origin + played, fresh)
                    fresh = False
        self._origin += played + 1 / self.rate

    def _wait_for(self, due: float) -> bool:
        """Whether the frame is to be shown. Without `live` all are, at once."""
        late = now() - due
        if not self.live or late <= 0:
            return not (self.live and self._stop.wait(-late))
        if late > VERY_LATE:
            self._origin += late
        return not self._too_late(late)

    def _too_late(self, late: float) -> bool:
        """Whether to drop a frame; a machine that never catches up still sees one now and then."""
        if LATE < late <= VERY_LATE and now() - self._shown_at < BLIND:
            self.dropped += 1
            return True
        self._shown_at = now()
        return False

    def _open(self) -> InputContainer:
        address, is_file = self.source.address, self.source.is_file
        if is_file and not is_there(Path(address)):
            raise SourceError(
                "no_file", f"There is no file {address}; correct the camera's source."
            )
        options = {"protocol_whitelist": "file"} if is_file else _rtsp(self.source)
        try:
            container = av.open(address, options=options, timeout=None if is_file else TIMEOUT)
        except (av.FFmpegError, OSError) as error:
            raise _cannot_open(self.source, error) from None
        return self._prepared(container)

    def _prepared(self, container: InputContainer) -> InputContainer:
        if not container.streams.video:
            container.close()
            sentence = f"{_named(self.source)} has no pictures in it; choose another source."
            raise SourceError("undecodable", sentence)
        stream = container.streams.video[0]
        # Threads over frames hold frames back, which only hurts where somebody waits for them.
        stream.thread_type = "SLICE" if self.live else "AUTO"
        self.rate = float(stream.average_rate or stream.guessed_rate or 25)
        return container

    def _pictures(self, container: InputContainer) -> Iterator[av.VideoFrame]:
        """Pictures until the end; a broken packet is counted, too many of them are an error."""
        broken = self._shown = 0
        self._picture_at = now()
        for packet in self._packets(container):
            try:
                pictures = packet.decode()
            except av.FFmpegError:
                self.errors, broken, pictures = self.errors + 1, broken + 1, []
            self._shown, broken = self._shown + len(pictures), 0 if pictures else broken
            if broken > BROKEN:
                raise _undecodable(self.source)
            yield from pictures
            self._picture_at = now() if pictures else self._picture_at
        if not self._shown and not self._stop.is_set():
            raise _undecodable(self.source)

    def _packets(self, container: InputContainer) -> Iterator[Any]:
        """Those of the pictures; sound or metadata that goes on alone is an error as well."""
        video = container.streams.video[0]
        try:
            for packet in container.demux():
                if self._stop.is_set():
                    return
                self._check_silence()
                if packet.stream.index == video.index:
                    yield packet
        except (av.FFmpegError, OSError) as error:
            self.errors += 1
            if not self._shown:  # as when it promised another codec than it sends
                raise _undecodable(self.source) from None
            sentence = f"{_named(self.source)} broke off: {_reason(error)}."
            raise SourceError("broke_off", sentence) from None

    def _check_silence(self) -> None:
        """Of a camera that goes on sending what gives no picture."""
        silence = 0.0 if self.source.is_file else now() - self._picture_at
        if silence > SILENT and self._shown:
            sentence = f"{_named(self.source)}: no picture for {silence:.0f} s; it is called again."
            raise SourceError("silent", sentence)
        if silence > NOTHING:
            raise _undecodable(self.source)


def _rtsp(source: Source) -> dict[str, str]:
    """Over TLS (rtsps://) the pictures come within the one connection, as over TCP."""
    options = {**RTSP, "rtsp_transport": "udp" if source.transport == "udp" else "tcp"}
    if authority := _authority(source):
        options |= {"tls_verify": "1", "ca_file": authority}
    return options


def _authority(source: Source) -> str:
    """The file with those who vouch for this camera; "" where nobody has to: most cameras have made
    their certificates themselves."""
    over_tls = source.address.lower().startswith("rtsps:")
    return os.environ.get(AUTHORITY, "") if over_tls else ""


def _cannot_open(source: Source, error: Exception) -> SourceError:
    name, reason = _named(source), _reason(error)
    if source.is_file:
        sentence = f"{name} is no video that can be read ({reason}); transcode it."
        return SourceError("unreadable", sentence)
    if isinstance(error, av.HTTPUnauthorizedError | av.HTTPForbiddenError):
        sentence = f"{name} does not accept this user and password; correct them."
        return SourceError("unauthorized", sentence)
    if isinstance(error, OSError) and error.errno == errno.EIO and (by := _authority(source)):
        sentence = f"{name}: nobody in {by} vouches for its certificate, or it is another's."
        return SourceError("untrusted", sentence)
    hint = "check address, network and password"
    return SourceError("unreachable", f"{name} cannot be reached ({reason}); {hint}.")


def _undecodable(source: Source) -> SourceError:
    sentence = f"{_named(source)} gives no decodable pictures; check or transcode it."
    return SourceError("undecodable", sentence)


def _named(source: Source) -> str:
    return Path(source.address).name if source.is_file else without_secret(source.address)


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return without_secret(str(text))
