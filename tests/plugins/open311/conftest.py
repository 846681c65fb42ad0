"""A small district that offers three services, a key for a program, and programs that call."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import uvicorn

from core.people import Person, open_session
from liuhe import Viewer
from plugins.cases.models import Case
from plugins.open311 import actions
from plugins.open311.actions import Wish
from plugins.open311.rules import Attribute, Datatype
from plugins.places.actions import draw_division
from tests.plugins.cases.conftest import District, make_district, picture
from tests.web.conftest import ORIGIN
from web.app import build_app
from web.graphql.building import build_schema
from web.session import COOKIE, csrf_token

BASE = "/open311/v2"
CORNERS = [[120.1, 30.3], [120.12, 30.3], [120.12, 30.32], [120.1, 30.32], [120.1, 30.3]]
SQUARE = {"type": "Polygon", "coordinates": [CORNERS]}
POINT = {"long": "120.1123456", "lat": "30.3123456"}
WORDS = "张三家门口的垃圾三天没人清，电话 13800001111"
DEPTH = Attribute(
    code="q1", question="水有多深", datatype=Datatype.ONE, required=True, values=("鞋底", "膝盖")
)


@dataclass(kw_only=True)
class Port:
    """The district, its application, and a key that may report and update."""

    place: District
    app: Any
    client: httpx2.AsyncClient
    key: str

    async def get(self, path: str, **params: str) -> Any:
        return await self.client.get(f"{BASE}/{path}", params=params)

    async def post(self, data: dict[str, str] | None = None, **more: Any) -> Any:
        fields = {"api_key": self.key, "service_code": "0102", "description": WORDS, **POINT}
        path = more.pop("path", "requests.json")
        return await self.client.post(f"{BASE}/{path}", data={**fields, **(data or {})}, **more)

    async def sent(self, data: dict[str, str] | None = None) -> Case:
        """A report that was taken."""
        answer = await self.post(data)
        assert answer.status_code == 200, answer.text
        return await Case.get(number=answer.json()[0]["service_request_id"])

    async def make_key(self, **given: Any) -> str:
        known = {"name": "市民热线", "scopes": ["report", "update"], "days": 30}
        secret, _ = await actions.make_key(
            self.place.admin, **{"most_an_hour": 100, **known, **given}
        )
        return secret

    @asynccontextmanager
    async def as_(self, viewer: Viewer) -> AsyncIterator[httpx2.AsyncClient]:
        """A browser that is signed in, with its token in each form."""
        token, _ = await open_session(await Person.get(id=viewer.person_id), "browser")
        headers = {"x-csrf-token": csrf_token(token)}
        transport = httpx2.ASGITransport(app=self.app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(
            transport=transport, base_url=ORIGIN, cookies={COOKIE: token}, headers=headers
        ) as client:
            yield client

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        """The same on a socket of this machine, for clients that are programs of others."""
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            config = uvicorn.Config(self.app, log_level="warning", lifespan="off")
            server = uvicorn.Server(config)
            running = asyncio.create_task(server.serve(sockets=[listener]))
            while not server.started:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}{BASE}"
            server.should_exit = True
            await running


@pytest.fixture
def sections() -> dict[str, dict[str, Any]]:
    """Settings; a test may give its own."""
    return {}


@pytest.fixture
async def port(kernel_on: Any, sections: dict[str, dict[str, Any]]) -> AsyncIterator[Port]:
    async with kernel_on(["open311"], sections=sections) as kernel:
        app = build_app(kernel, build_schema(kernel))
        place = await make_district(kernel)
        for area in (place.district, place.street, place.community):
            await draw_division(place.admin, area, SQUARE)
        await offer(place.admin)
        transport = httpx2.ASGITransport(
            app=app, raise_app_exceptions=False, client=("10.1.2.3", 4321)
        )
        async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            made = Port(place=place, app=app, client=client, key="")
            made.key = await made.make_key()
            yield made
        await app.state.hub.close()


async def offer(admin: Viewer) -> None:
    for code, wish in (
        ("0102", Wish(offered=True, name="垃圾没人清", keywords="垃圾,环卫")),
        ("0406", Wish(offered=True, name="路上积水", attributes=[DEPTH])),
        ("0505", Wish(offered=True, name="汽车乱停", answering="batch")),
    ):
        await actions.save_service(admin, code, wish)


__all__ = ["BASE", "POINT", "WORDS", "Port", "picture"]
