"""The small district with hotline orders, and a dispatcher of all of it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from liuhe.testing import make_viewer
from tests.plugins.cases.conftest import District, make_district


@pytest.fixture
async def place(kernel_on: Any) -> AsyncIterator[District]:
    async with kernel_on(["hotline"]) as kernel:
        district = await make_district(kernel)
        chief = await make_viewer("chief", "dispatcher", area=district.district)
        district.viewers["chief"] = chief
        yield district
