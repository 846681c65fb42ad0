"""The time at which an action happens: now, unless invented data is being back-dated."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_pretended: ContextVar[datetime | None] = ContextVar("cases_pretended_time", default=None)


def now() -> datetime:
    """In whole seconds, as times are shown and limits are judged."""
    return (_pretended.get() or datetime.now(UTC)).replace(microsecond=0)


@contextmanager
def pretend(at: datetime) -> Iterator[None]:
    """Actions inside happen at `at`: for demo data and tests, never for a person's own work."""
    token = _pretended.set(at)
    try:
        yield
    finally:
        _pretended.reset(token)
