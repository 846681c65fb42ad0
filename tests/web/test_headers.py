"""Every answer there is carries the headers that protect its reader: pages, files, errors, all."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from starlette.routing import BaseRoute, Mount, Route

from core.errors import DatabaseAway
from tests.factories import only
from tests.web.conftest import Shell, opened_shell, people
from web.middleware import HEADERS

GRAPHQL = {"query": "{ plugins { name } }"}


@pytest.fixture
async def whole(kernel_on: Any) -> AsyncIterator[Shell]:
    """All plugins of the tree."""
    async with kernel_on() as kernel, opened_shell(kernel) as shell:
        await people()
        yield shell


def addresses(routes: list[BaseRoute], before: str = "") -> Iterator[str]:
    for route in routes:
        if isinstance(route, Mount):
            yield from addresses(route.routes, before + route.path)
        elif isinstance(route, Route):
            path = before + route.path
            for word in ("int", "str", "path", "uuid"):
                path = path.replace(f":{word}}}", "}")
            yield path.replace("{", "").replace("}", "")


@only("sqlite")
async def test_every_address_for_strangers_and_for_staff(whole: Shell) -> None:
    found = sorted({*addresses(whole.app.routes)} - {"/admin/live", "/admin/logout"})
    assert len(found) > 60
    for who in ("", "admin"):
        if who:
            await whole.sign_in(who)
        for path in [*found, "/static/liuhe.css", "/static/none", "/nowhere", "/admin/%00", "//"]:
            for method in ("GET", "POST"):
                answer = await whole.client.request(method, path)
                lacking = {
                    name: answer.headers.get(name)
                    for name, value in HEADERS.items()
                    if answer.headers.get(name) != value
                }
                assert not lacking, (method, path, answer.status_code, lacking)
                assert answer.headers["x-request-id"]
                assert answer.status_code != 500, (method, path, answer.text)


def test_the_policy_lets_nothing_in_from_outside_and_runs_nothing_inline() -> None:
    policy = dict(
        part.strip().split(" ", 1) for part in HEADERS["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in HEADERS["content-security-policy"]


@only("sqlite")
async def test_a_failing_page_carries_them_as_well(shell: Shell) -> None:
    await shell.sign_in("grid")
    answer = await shell.client.get("/admin/garden/broken")
    assert answer.status_code == 500
    assert answer.headers["content-security-policy"] == HEADERS["content-security-policy"]


@only("sqlite")
async def test_the_cookie_is_for_the_server_alone(shell: Shell) -> None:
    cookie = (await shell.sign_in("grid")).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


@only("sqlite")
async def test_a_lost_database_is_said_in_each_caller_s_words(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shell.sign_in("grid")

    async def away(*_: Any) -> None:
        raise DatabaseAway()

    monkeypatch.setattr("web.session.viewer_of", away)
    key = {"authorization": "Bearer x"}
    for method, path, more in (
        ("GET", "/admin/", {}),
        ("GET", "/files/1", {"headers": key}),
        ("POST", "/graphql", {"json": GRAPHQL, "headers": key}),
    ):
        answer = await shell.client.request(method, path, **more)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5"), path
        assert "数据库暂时用不了，请稍后再试。" in answer.text
        if path == "/graphql":
            (error,) = answer.json()["errors"]
            assert error["extensions"]["code"] == "UNAVAILABLE"
