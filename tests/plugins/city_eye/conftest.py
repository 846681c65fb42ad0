"""The street of the video tests, with scenes that are official and officers who decide."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from core.people import Unit
from liuhe import Viewer
from liuhe.testing import make_unit, make_viewer
from plugins.city_eye import actions
from plugins.city_eye.models import Finding
from tests.plugins.video.conftest import Street, jpeg, make_street

__all__ = ["Street", "jpeg"]


@pytest.fixture
async def street(kernel_on: Any) -> AsyncIterator[Street]:
    async with kernel_on(["city_eye"]) as kernel:
        street = await make_street(kernel)
        await actions.ensure_scenes()
        for code in ("0505", "crowd"):
            await actions.set_scene(street.admin, code, mode="official", active=True)
        unit = await make_unit("U1", "小河街道综合行政执法队", street.area)
        street.viewers["handler"] = await handler(unit)
        yield street


async def handler(unit: Unit) -> Viewer:
    return await make_viewer("handler", "handler", unit=unit)


async def see(street: Street, *, picture: bool = True, **given: Any) -> int:
    """The eyes tell of something, and all who listen have heard; the observation's id."""
    answer = await street.send(
        street.told(given.pop("phase", "started"), **given), jpeg() if picture else None
    )
    assert answer.status_code == 200, answer.text
    await street.deliver()
    return int(answer.json()["id"])


async def raised(street: Street) -> Finding:
    """One pending finding with its picture."""
    await see(street)
    return await Finding.get(state="pending")
