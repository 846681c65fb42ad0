"""The shell on a small house: one made-up plugin with pages that succeed, fail and break."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from core.database import atomic
from core.discovery import Found
from core.kernel import Kernel
from core.people import Person, Post, hash_password
from core.testing import make_area
from liuhe import BadInput, Menu, Page
from liuhe.pages import Request, Response, Route, form, see_other
from tests.factories import plugin
from web.app import build_app
from web.graphql.building import build_schema
from web.session import COOKIE, csrf_token

PASSWORD = "六和-journey-1"
ORIGIN = "http://testserver"


async def plain(request: Request) -> Response:
    return Response("a page of the garden", media_type="text/plain")


async def mend(request: Request) -> Response:
    raise BadInput("请换一个颜色。", field="colour")


async def broken(request: Request) -> Response:
    raise ValueError("the secret text of a defect")


async def water(request: Request) -> Response:
    given = await form(request)
    return see_other(request, "/admin/garden/", f"浇了{given.need('what', '浇什么')}。")


def garden() -> Found:
    """A plugin with four staff pages and one that is open to devices."""
    pages = [
        Page(route=Route("/", plain)),
        Page(route=Route("/mend", mend)),
        Page(route=Route("/broken", broken)),
        Page(route=Route("/water", water, methods=["POST"])),
        Page(route=Route("/well", plain), public=True),
    ]
    menu = [Menu(title="花园", href="/admin/garden/", icon="puzzle", permission="jobs.see")]
    return plugin("garden", add_pages=pages, add_menu=menu)


@dataclass
class Shell:
    """A running application and a browser-like client."""

    app: Starlette
    kernel: Kernel
    client: httpx2.AsyncClient

    async def sign_in(self, username: str) -> httpx2.Response:
        self.client.cookies.clear()
        given = {"username": username, "password": PASSWORD}
        return await self.client.post("/admin/login", data=given)

    async def token(self, username: str) -> str:
        given = {"username": username, "password": PASSWORD}
        answer = await self.client.post("/auth/token", json=given)
        return str(answer.json()["access_token"])

    def csrf(self) -> str:
        return csrf_token(self.client.cookies[COOKIE])


@pytest.fixture
async def shell(kernel_on: Any) -> AsyncIterator[Shell]:
    async with kernel_on(found=[garden()]) as kernel, opened_shell(kernel) as opened:
        await people()
        yield opened


@asynccontextmanager
async def opened_shell(kernel: Kernel) -> AsyncIterator[Shell]:
    app = build_app(kernel, build_schema(kernel))
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        yield Shell(app=app, kernel=kernel, client=client)
    await app.state.hub.close()


async def people() -> None:
    """`admin` and `security` over the whole district, `grid` in one street of it."""
    district = await make_area("330105000000", "拱墅区")
    street = await make_area("330105003000", "小河街道", "street", district)
    password = await hash_password(PASSWORD)

    @atomic
    async def write() -> None:
        posts = (("admin", district), ("security", district), ("grid", street))
        for username, area in posts:
            person = await Person.create(username=username, name=username, password=password)
            await Post.create(person=person, role=username, area=area)

    await write()
