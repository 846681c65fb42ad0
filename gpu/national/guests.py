"""A device that has registered: where it is, when it was last heard, what its catalogue says."""

from dataclasses import dataclass, field
from typing import Literal

from gpu.clock import moment
from gpu.national.messages import MOST_CHANNELS, Channel, Fault, Presence
from gpu.national.words import Said

SILENCE = 180.0  # seconds: three keep-alives 心跳 of a minute each
NEXT_WITHIN = 30.0  # of a catalogue's part; large ones come slowly
COMPLETE_WITHIN = 600.0
ANEW_EVERY = 6 * 3600.0
AGAIN_AFTER = 300.0  # a catalogue that failed or did not end


@dataclass(frozen=True)
class Peer:
    """Where a message came from, and where answers go."""

    transport: str  # "UDP" or "TCP"
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}/{self.transport.lower()}"


@dataclass(kw_only=True)
class Query:
    """A question for the catalogue under way; `next_at` is when it is sent again."""

    number: int
    call: str
    request: bytes
    asked_at: float
    heard_at: float  # the latest part, or that there will be some
    next_at: float
    wait: float
    answered: bool = False
    channels: dict[str, Channel] = field(default_factory=dict)


@dataclass(kw_only=True)
class Guest:
    code: str
    peer: Peer
    expires_at: float
    registered_at: float
    heard_at: float
    last: tuple[str, int, str, int] = ("", 0, "", 0)  # nonce, its count, call, sequence
    query: Query | None = None
    query_at: float = 0.0  # the next question for the catalogue
    channels: tuple[Channel, ...] = ()
    complete: bool = True
    told: int = 0  # which edition of the catalogue was told last
    edition: int = 0
    fault: Fault | Literal[""] = ""
    trouble: str = ""

    def online(self, now: float) -> bool:
        return now < self.expires_at and now - self.heard_at <= SILENCE

    def take(self, said: Said, now: float) -> None:
        """A part of the catalogue; the last one closes the question."""
        query = self.query
        if query is None or said.number != query.number:
            return
        query.answered, query.heard_at = True, now
        for channel in said.channels:
            if len(query.channels) < MOST_CHANNELS:
                query.channels[channel.code] = channel
        if len(query.channels) >= min(said.total, MOST_CHANNELS):
            self._close(now, query.channels, complete=said.total <= MOST_CHANNELS)

    def give_up(self, now: float) -> None:
        """The question got no answer, or not the whole of one: what was known before stays."""
        query = self.query
        assert query is not None
        if query.channels:
            known = {**{each.code: each for each in self.channels}, **query.channels}
            self._close(now, known, complete=False)
            self.fault, self.trouble = "catalogue_cut", "The catalogue did not come to its end."
        else:
            self.query = None
            self.fault = "catalogue_silent"
            self.trouble = "No answer to the question for its catalogue."
        self.query_at = now + AGAIN_AFTER

    def _close(self, now: float, channels: dict[str, Channel], *, complete: bool) -> None:
        self.channels, self.complete = tuple(channels.values())[:MOST_CHANNELS], complete
        self.edition += 1
        self.query, self.query_at = None, now + ANEW_EVERY
        self.fault = self.trouble = ""

    def presence(self, now: float) -> Presence:
        """As it is told to the server: the channels only until it has taken them."""
        return Presence(
            code=self.code,
            online=self.online(now),
            registered_at=moment(self.registered_at),
            heard_at=moment(self.heard_at),
            address=str(self.peer),
            channels=self.channels if self.edition > self.told else None,
            complete=self.complete,
            fault=self.fault,
            trouble=self.trouble,
        )
