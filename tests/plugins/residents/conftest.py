"""A small district with the open door, and people who come to it."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from core.people import Person, open_session
from liuhe import Viewer
from plugins.residents.actions import Hand, Sent, Told, report_matter
from plugins.residents.models import Report
from tests.plugins.cases.conftest import District, make_district, picture
from tests.web.conftest import ORIGIN, Shell
from web.app import build_app
from web.graphql.building import build_schema
from web.session import COOKIE, csrf_token

TEXT = "路口的垃圾三天没人收"


@dataclass
class Visitor:
    """A browser at a network address of its own; signed in only after `as_`."""

    client: httpx2.AsyncClient
    app: Any
    pages: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, **more: Any) -> Any:
        return await self.client.get(path, **more)

    async def post(self, path: str, data: dict[str, Any], **more: Any) -> Any:
        if session := self.client.cookies.get(COOKIE):
            data = {"csrf": csrf_token(session), **data}
        return await self.client.post(path, data=data, **more)

    async def as_(self, viewer: Viewer) -> None:
        token, _ = await open_session(await Person.get(id=viewer.person_id), "browser")
        self.client.cookies.set(COOKIE, token)

    async def form(self, path: str = "/residents/") -> dict[str, str]:
        """The hidden fields of a fresh form."""
        text = (await self.get(path)).text
        return dict(re.findall(r'<input type="hidden" name="(key)" value="([^"]*)"', text))

    async def report(self, area_id: int, **given: Any) -> Any:
        more = {"files": given.pop("files")} if "files" in given else {}
        data = {**await self.form(), "matter": "rubbish", "text": TEXT, "areaId": str(area_id)}
        return await self.post("/residents/", {**data, **given}, **more)

    async def code(self) -> str:
        """The code on the page that follows a report."""
        page = await self.get("/residents/sent")
        return code_on(page.text)


def code_on(text: str) -> str:
    found = re.search(r"<b>([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})</b>", text)
    assert found, text[-3000:]
    return found.group(1)


@dataclass(kw_only=True)
class Door:
    """The district and its open door."""

    place: District
    app: Any

    @asynccontextmanager
    async def visitor(self, address: str = "10.1.2.3") -> AsyncIterator[Visitor]:
        transport = httpx2.ASGITransport(
            app=self.app, raise_app_exceptions=False, client=(address, 4321)
        )
        async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            yield Visitor(client, self.app)

    async def sent(self, text: str = TEXT, **given: Any) -> Sent:
        """A report, told straight to the action."""
        told = Told(matter="rubbish", text=text, area_id=self.place.community.id)
        known = {"key": f"key of {text}", "hand": Hand(side="10.9.9.9")}
        return await report_matter(told, **{**known, **given})

    async def forward(self, report: Report, *stages: str) -> None:
        """Officers do their work."""
        case = await report.case
        for stage in stages:
            case = await self.place.go(case, stage)


ALL = ("accepted", "dispatched", "signed", "fed_back", "verified", "closed")


@pytest.fixture
def sections() -> dict[str, dict[str, Any]]:
    """Settings; a test may give its own."""
    return {}


@pytest.fixture
async def door(kernel_on: Any, sections: dict[str, dict[str, Any]]) -> AsyncIterator[Door]:
    async with kernel_on(["residents"], sections=sections) as kernel:
        app = build_app(kernel, build_schema(kernel))
        yield Door(place=await make_district(kernel), app=app)
        await app.state.hub.close()


__all__ = ["ALL", "TEXT", "Door", "Shell", "Visitor", "code_on", "picture"]
