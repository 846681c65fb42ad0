"""What people type is in no log: not at the most talkative level, and not when something fails."""

import io
import itertools
import json
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import structlog

from core.database import rows
from core.people import Person
from liuhe import logs
from liuhe.logs import told
from tests.factories import only
from tests.web.conftest import Shell, opened_shell, people
from tests.web.test_headers import addresses

MARK = "标记7319"
WORDS = (
    "title name text note reason phone address username password code otp next q search number "
    "description answer level area unit role type types dates kind id ids query comment contact"
)


@pytest.fixture
def heard() -> Iterator[io.StringIO]:
    """All that is logged, at the most talkative level."""
    stream, known = io.StringIO(), structlog.get_config()
    root = logging.getLogger()
    before = root.level, root.handlers[:]
    logs.speak(stream, logging.DEBUG)
    yield stream
    root.setLevel(before[0])
    root.handlers[:] = before[1]
    structlog.configure(**known)


@pytest.fixture
async def shell(kernel_on: Any) -> AsyncIterator[Shell]:
    async with kernel_on() as kernel, opened_shell(kernel) as opened:
        await people()
        yield opened


@only("sqlite")
async def test_nothing_that_is_typed_anywhere_is_logged(shell: Shell, heard: io.StringIO) -> None:
    numbers = itertools.count()

    def typed() -> dict[str, str]:
        return {word: f"{MARK}-{next(numbers)}" for word in WORDS.split()}

    await shell.sign_in("admin")
    token = shell.csrf()
    for path in sorted({*addresses(shell.app.routes)} - {"/admin/live", "/admin/logout"}):
        form = {**typed(), "csrf": token}
        headers = {"user-agent": MARK.encode(), "idempotency-key": MARK.encode()}
        await shell.client.post(path, data=form, params=typed(), headers=headers)
        await shell.client.get(path, params=typed(), headers=headers)
        await shell.client.post(path, json=typed(), headers=headers)
    query = (
        "mutation($i: OpenCaseInput!) { openCase(input: $i) { case { title } errors { code } } }"
    )
    given = {"i": {"title": MARK, "typeCode": MARK, "areaId": MARK, "description": MARK}}
    await shell.client.post("/graphql", json={"query": query, "variables": given})
    await shell.client.post(
        "/graphql", json={"query": f'{{ cases(filter: {{search: "{MARK}"}}) {{ totalCount }} }}'}
    )
    await shell.client.post("/admin/login", data={"username": MARK, "password": MARK})
    assert next(numbers) > 1_000
    assert MARK not in heard.getvalue()
    assert json.dumps(MARK)[1:-1] not in heard.getvalue()


async def test_a_value_that_the_database_refuses_is_not_logged(
    kernel: Any, heard: io.StringIO
) -> None:
    log = structlog.get_logger()
    await Person.create(username=MARK, name=MARK, password="!")
    for fail in (
        lambda: Person.create(username=MARK, name=MARK, password="!"),
        lambda: rows("SELECT * FROM nowhere WHERE name = $1", MARK),
        lambda: rows("SELECT CAST($1 AS JSONB)::int", MARK),
    ):
        try:
            await fail()
        except Exception:
            log.exception("request.failed", path="/")
            logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
        else:
            raise AssertionError("it did not fail")
    text = heard.getvalue()
    assert MARK not in text
    assert "tests/liuhe/test_logs.py" in text
    assert "request.failed" in text


def test_an_exception_is_told_with_its_way_and_cause_but_not_its_words() -> None:
    try:
        try:
            raise ValueError(f"no such {MARK}")
        except ValueError as error:
            raise KeyError(MARK) from error
    except KeyError as error:
        text = told(error)
    assert MARK not in text
    assert text.index("KeyError") < text.index("because of") < text.index("ValueError")
    assert f"{__file__}:" in text
    assert told(AttributeError("'NoneType' object has no attribute 'x'")).endswith("attribute 'x'")
    assert "No space left" in told(OSError(28, "No space left on device"))
