"""While the database is away the log says so once, then once a minute, and when it is back."""

import io
import json
import logging
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from core.absence import Absence, absence
from core.database import rows
from core.errors import DatabaseAway
from core.kernel import Kernel
from core.sqlite import tell
from liuhe import logs
from tests.factories import only


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_thousand_failures_within_a_minute_are_one_line_and_the_next_minute_another(
    clock: Clock,
) -> None:
    seen = Absence(clock)
    with capture_logs() as lines:
        for _ in range(1_000):
            clock.now += 0.125
            seen.failed(ConnectionRefusedError(111, "Connection refused"))
    assert [line["event"] for line in lines] == ["database.away"] * 3
    assert [line["refused"] for line in lines] == [1, 481, 961]
    assert lines[0]["why"] == "ConnectionRefusedError: Connection refused"
    assert lines[2]["seconds"] == pytest.approx(120, abs=1)


def test_it_is_back_once_nothing_fails_for_a_while_and_only_then(clock: Clock) -> None:
    seen = Absence(clock)
    with capture_logs() as lines:
        seen.worked()
        for _ in range(20):  # one that shuts down serves some and refuses others
            clock.now += 1
            seen.failed(OSError())
            seen.worked()
        for _ in range(5):
            clock.now += 1
            seen.worked()
        clock.now += 100
        seen.worked()
        seen.failed(OSError())
    assert [line["event"] for line in lines] == ["database.away", "database.back", "database.away"]
    assert lines[1]["refused"] == 20
    assert lines[1]["seconds"] == 19


@only("sqlite")
async def test_what_a_statement_meets_is_seen_and_told_without_what_it_carried(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(absence, "clock", clock)
    monkeypatch.setattr(absence, "told", True)
    error = sqlite_error("attempt to write 13800001111")
    with capture_logs() as lines:
        with pytest.raises(DatabaseAway):
            tell(error)
        clock.now += 5
        await rows("SELECT 1")
    assert [line["event"] for line in lines] == ["database.away", "database.back"]
    assert "1380" not in str(lines)
    assert lines[0]["why"] == "SQLITE_FULL"


def sqlite_error(words: str) -> BaseException:
    error = sqlite3.OperationalError(words)
    error.sqlite_errorname = "SQLITE_FULL"
    return error


@pytest.fixture
def heard() -> Iterator[io.StringIO]:
    stream, known = io.StringIO(), structlog.get_config()
    root, pool = logging.getLogger(), logging.getLogger("asyncpg.pool")
    before = root.level, root.handlers[:], pool.level
    logs.speak(stream)
    yield stream
    root.setLevel(before[0])
    root.handlers[:] = before[1]
    pool.setLevel(before[2])
    structlog.configure(**known)


def test_a_round_that_failed_because_of_it_is_not_told_as_well(heard: io.StringIO) -> None:
    log: Any = structlog.get_logger()
    for error in (DatabaseAway(), ValueError()):
        try:
            raise error
        except Exception:
            log.exception("worker.round_failed")
            logging.getLogger("asyncpg.pool").warning("retrying", exc_info=True)
    (line,) = heard.getvalue().splitlines()
    assert "ValueError" in json.loads(line)["exception"]
