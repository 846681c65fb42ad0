"""A small ground of our own, and the whole demo district."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from hypothesis import settings

from core.kernel import Kernel
from core.permissions import Viewer
from core.testing import make_area, make_viewer
from liuhe import Area
from plugins.places.actions import Opening, create_division
from web.graphql.building import build_schema
from web.graphql.context import Caller, Context
from web.hub import Hub

settings.register_profile("busy", deadline=None)  # a busy machine is not a slow function
settings.load_profile("busy")

FIRST = date(2021, 4, 9)


def square(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


@dataclass
class Ground:
    """A district with one street of two communities, the west and the east one."""

    kernel: Kernel
    admin: Viewer
    district: Area
    street: Area
    west: Area
    east: Area

    async def open(self, parent: Area, code: str, name: str, **more: Any) -> Area:
        levels = {"street": "community", "community": "grid", "grid": "microgrid"}
        opening = Opening(code=code, name=name, level=levels[parent.level], parent=parent, **more)
        return await create_division(self.admin, opening, on=FIRST)


@pytest.fixture
async def places(kernel_on: Any) -> AsyncIterator[Kernel]:
    async with kernel_on(["places"]) as kernel:
        yield kernel


@pytest.fixture
async def ground(places: Kernel) -> Ground:
    district = await make_area("330105000000", "拱墅区")
    admin = await make_viewer("admin", "admin", area=district)

    async def add(level: str, code: str, name: str, parent: Area, shape: Any) -> Area:
        opening = Opening(code=code, name=name, level=level, parent=parent, polygon=shape)
        return await create_division(admin, opening, on=FIRST)

    street = await add("street", "330105003000", "小河街道", district, square(120, 30, 120.2, 30.1))
    west, east = square(120, 30, 120.1, 30.1), square(120.1, 30, 120.2, 30.1)
    return Ground(
        kernel=places,
        admin=admin,
        district=district,
        street=street,
        west=await add("community", "330105003001", "长征桥社区", street, west),
        east=await add("community", "330105003002", "塘河社区", street, east),
    )


Ask = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def ask() -> Callable[[Kernel], Ask]:
    """`await ask(kernel)(viewer, query, **variables)` gives the data, or fails with the errors."""

    def on(kernel: Kernel) -> Ask:
        schema = build_schema(kernel)

        async def run(viewer: Viewer | None, query: str, **variables: Any) -> dict[str, Any]:
            context = Context(kernel=kernel, hub=Hub(), caller=Caller(viewer))
            result = await schema.execute(query, variables, context)
            assert not result.errors, result.errors
            return dict(result.data or {})

        return run

    return on
