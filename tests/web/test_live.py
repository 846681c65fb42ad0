"""A page that stays open gives nothing more once a post is over or the session has ended."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from starlette.requests import Request

from core import people as core_people
from core import staff
from core import viewers as core_viewers
from core.areas import Area
from core.database import atomic
from core.facts import Fact, announce
from core.people import Person, Post, Session, open_session, today
from tests.factories import only
from tests.web.conftest import Shell
from web import live
from web.graphql import sockets
from web.graphql.context import Caller
from web.hub import Hub
from web.session import COOKIE, identify

pytestmark = only("sqlite")


@dataclass(frozen=True, kw_only=True)
class Bloomed(Fact):
    name: ClassVar[str] = "jobs.bloomed"
    flower_id: int


@pytest.fixture
async def opened(shell: Shell) -> AsyncIterator[Any]:
    """The administrator's open page, and a way to let something happen on it."""
    shell.app.state.hub = Hub(every=0.01)
    person = await Person.get(username="admin")
    token, _ = await open_session(person, "browser")
    headers = [(b"cookie", f"{COOKIE}={token}".encode())]
    scope = {"type": "http", "headers": headers, "app": shell.app, "path": "/", "state": {}}
    request = Request(scope)
    who = await identify(request)
    assert who is not None
    events = live._events(request, who)
    await anext(events)
    yield events
    await events.aclose()
    await shell.app.state.hub.close()


async def bloom(number: int) -> None:
    area = await Area.get(level="district")

    @atomic
    async def write() -> None:
        await announce(Bloomed(flower_id=number, area_path=area.path))

    await asyncio.sleep(0.05)  # the listener is there
    await write()


async def told(events: Any, number: int) -> bool:
    """Whether it is told of what happens now; False also when the page is shown out."""
    waiting = asyncio.create_task(anext(events))
    await bloom(number)
    done, _ = await asyncio.wait([waiting], timeout=20)
    assert done
    return waiting.exception() is None and f'"flower_id": {number}' in waiting.result()


async def silent(events: Any, number: int) -> bool:
    """Whether nothing is told of what happens now."""
    waiting = asyncio.create_task(anext(events))
    await bloom(number)
    done, _ = await asyncio.wait([waiting], timeout=0.5)
    waiting.cancel()
    return not done


async def security(shell: Shell) -> Any:
    person = await Person.get(username="security")
    return await core_viewers.load_viewer(person, shell.kernel.house().roster)


async def test_while_the_post_lasts_things_are_told(opened: Any) -> None:
    assert await told(opened, 1)
    assert await told(opened, 2)


async def test_a_post_that_is_ended_is_over_on_the_open_page_at_once(
    shell: Shell, opened: Any
) -> None:
    post = await Post.get(role="admin")
    await staff.end_post(await security(shell), post.id)
    assert await silent(opened, 1)


async def test_a_closed_account_is_shown_out_at_once(shell: Shell, opened: Any) -> None:
    number = (await Person.get(username="admin")).id
    waiting = asyncio.create_task(anext(opened))
    await asyncio.sleep(0.05)
    await staff.set_active(await security(shell), number, False)
    async with asyncio.timeout(20):
        with pytest.raises(StopAsyncIteration):
            await waiting


async def test_an_open_page_does_not_outlast_the_last_day_by_more_than_a_minute(
    opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (live.RECHECK, sockets.RECHECK_EVERY) == (60.0, 60.0)  # seconds
    await Post.filter(role="admin").update(valid_until=today())
    assert await told(opened, 1)
    tomorrow = today() + timedelta(days=1)
    monkeypatch.setattr(core_viewers, "today", lambda: tomorrow)
    monkeypatch.setattr(live, "RECHECK", -1.0)
    assert await silent(opened, 2)


async def test_a_socket_looks_again_who_is_there(shell: Shell) -> None:
    person = await Person.get(username="admin")
    token, _ = await open_session(person, "api")
    caller = Caller(None, token=token, kind="api")
    assert await sockets.look_again(caller)
    assert caller.viewer is not None
    assert caller.viewer.roles == {"admin"}
    await Post.filter(role="admin").update(valid_until=today() - timedelta(days=1))
    assert await sockets.look_again(caller)
    assert caller.viewer.grants == ()
    await Session.all().delete()
    assert not await sockets.look_again(caller)


@pytest.mark.parametrize(
    ("zone", "moment", "holds"),
    [
        ("Asia/Shanghai", datetime(2026, 11, 22, 15, 59, tzinfo=UTC), True),
        ("Asia/Shanghai", datetime(2026, 11, 22, 16, 0, tzinfo=UTC), False),
        ("Asia/Urumqi", datetime(2026, 11, 22, 16, 0, tzinfo=UTC), True),
    ],
)
async def test_a_day_ends_at_midnight_of_the_district(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, zone: str, moment: datetime, holds: bool
) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Clock":
            return cls.fromtimestamp(moment.timestamp(), tz)

    house = core_people.house()
    settings = house.settings.model_copy(update={"timezone": zone})
    monkeypatch.setattr(core_people, "house", lambda: _Other(settings))
    monkeypatch.setattr(core_people, "datetime", Clock)
    await Post.filter(role="admin").update(valid_until=datetime(2026, 11, 22).date())  # noqa: DTZ001
    viewer = await core_viewers.load_viewer(await Person.get(username="admin"), house.roster)
    assert bool(viewer.grants) == holds


@dataclass
class _Other:
    settings: Any
