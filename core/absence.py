"""What the log says while the database is away: that it went, once a minute that it still is, and
that it is back. Whoever is refused meanwhile is told so; the log is not told of each.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

log = structlog.get_logger()

REPEAT = 60.0  # seconds between two lines
#: Seconds without a failure after which it is believed to be back: one that shuts down or starts
#: serves some and refuses others.
CALM = 3.0


@dataclass
class Absence:
    """What this process has seen lately. `told`: whether the log hears of it; whoever runs a short
    command is told once, by the command."""

    clock: Callable[[], float] = time.monotonic
    since: float | None = None
    told: bool = True
    _failed_at: float = field(default=0.0, init=False)
    _worked_at: float | None = field(default=None, init=False)
    _told_at: float = field(default=0.0, init=False)
    _refused: int = field(default=0, init=False)

    def failed(self, error: BaseException | str) -> None:
        """A statement found the database away."""
        now = self.clock()
        fresh = self.since is None
        if self.since is None:
            self.since, self._refused = now, 0
        self._failed_at, self._worked_at = now, None
        self._refused += 1
        if self.told and (fresh or now - self._told_at >= REPEAT):
            self._told_at = now
            log.error("database.away", why=_why(error), **self._so_far(now))

    def worked(self) -> None:
        """A statement went through; called for each, so the usual case is one comparison."""
        if self.since is None:
            return
        now = self.clock()
        if self._worked_at is None:
            self._worked_at = now
        if now - self._failed_at >= CALM:
            if self.told:
                log.warning("database.back", **self._so_far(self._worked_at))
            self.since = None

    def _so_far(self, until: float) -> dict[str, float]:
        assert self.since is not None
        return {"seconds": round(until - self.since, 1), "refused": self._refused}


def _why(error: BaseException | str) -> str:
    """The kind alone: the text may quote values or addresses."""
    if isinstance(error, str):
        return error
    name = getattr(error, "sqlite_errorname", "") or type(error).__qualname__
    return f"{name}: {error.strerror}" if isinstance(error, OSError) and error.strerror else name


#: The server and the worker, which go on, have it told.
absence = Absence(told=False)
