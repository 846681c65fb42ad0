"""The two streets in a running application, and everybody who comes to its doors."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import GraphQLSchema
from starlette.routing import Route

from core.areas import Area
from core.testing import make_area
from tests.doors.planting import Street, plant
from tests.doors.visitors import Visitor, come, live_in, strangers
from tests.web.conftest import Shell, opened_shell
from web.graphql.limits import Limits


@dataclass(kw_only=True)
class District:
    """`near` is where the visitors are at work, `far` is none of their business."""

    shell: Shell
    schema: GraphQLSchema
    whole: Area
    near: Street
    far: Street

    @asynccontextmanager
    async def visitors(self, *, all: bool = True) -> AsyncIterator[list[Visitor]]:
        """Each role at work in the near street; and, if `all`, those who are at work nowhere."""
        found = [*await come(self.shell, self.near), *(await strangers(self) if all else ())]
        try:
            yield found
        finally:
            for one in found:
                await one.client.aclose()


@pytest.fixture
async def district(kernel_on: Any) -> AsyncIterator[District]:
    async with kernel_on() as kernel:
        whole = await make_area("330105000000", "拱墅区")
        near = Street(name="near", number=550044, west=120.14)
        far = Street(name="far", number=880077, west=120.17)
        for street in (near, far):
            await plant(kernel, street, whole)
            await live_in(street)
        async with opened_shell(kernel) as shell:
            endpoint = next(
                one.endpoint
                for one in shell.app.routes
                if isinstance(one, Route) and one.path == "/graphql"
            )
            # The questions ask for everything at once; what that may cost is tested elsewhere.
            endpoint.schema.limits = Limits(cost=10**9, tokens=20_000, depth=30)
            schema = endpoint.schema._schema
            yield District(shell=shell, schema=schema, whole=whole, near=near, far=far)
