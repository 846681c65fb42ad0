"""Logs: lines that name requests, places in the code and kinds of failure, never what people wrote.

An exception's text often quotes a value (a database says which row was refused); so of most only
the kind and the way it took through the code are logged. Libraries that log what they are given
(statements with their values, frames) are kept quiet, at whatever level the rest speaks.
"""

import logging
import sys
import traceback
from types import TracebackType
from typing import Any, TextIO

import structlog

from core.errors import DatabaseAway

#: Their text speaks of code and machines.
PLAIN = (AttributeError, ImportError, NameError, TypeError, RecursionError, AssertionError, OSError)
TALKATIVE = (
    "aiosqlite",
    "asyncio",
    "httpcore",
    "PIL",
    "python_multipart",
    "tortoise",
    "websockets",
)
FRAMES = 30  # of one exception


def speak(stream: TextIO | None = None, level: int = logging.WARNING) -> None:
    """Readable lines on a terminal, JSON elsewhere; those of libraries as well."""
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Discreet("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    # A trace each time that it finds the database away.
    logging.getLogger("asyncpg.pool").setLevel(logging.ERROR)
    last: Any = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if stream.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            _say_exception,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(min(level, logging.INFO)),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )


def _say_exception(_: Any, __: str, event: Any) -> Any:
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()[1]
    elif isinstance(given, tuple):
        given = given[1]
    if isinstance(given, DatabaseAway):
        raise structlog.DropEvent  # `core.absence` tells of it, once for all
    if isinstance(given, BaseException):
        event["exception"] = told(given)
    return event


class _Discreet(logging.Formatter):
    def formatException(self, ei: Any) -> str:
        error: BaseException | None = ei[1]
        return told(error) if error is not None else ""


def told(error: BaseException) -> str:
    """The exception and what led to it, each with its way through the code."""
    parts: list[str] = []
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        parts.append(_way(one.__traceback__) + _kind(one))
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return "\nbecause of:\n".join(parts)


def _way(trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)[-FRAMES:]
    return "".join(f"  {one.filename}:{one.lineno} {one.name}\n" for one in frames)


def _kind(error: BaseException) -> str:
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    if isinstance(error, OSError) and error.strerror:
        return f"{name}: {error.strerror}"
    return f"{name}: {error}" if isinstance(error, PLAIN) else name
