"""A small district with a person for each role, and pictures to attach."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from core.kernel import Kernel
from liuhe import Area, File, Unit, Viewer, atomic, put_blurred, store_blurred, store_upload
from liuhe.testing import make_area, make_unit, make_viewer
from plugins.cases import actions
from plugins.cases.models import Case


def picture(color: str = "white") -> bytes:
    out = BytesIO()
    Image.new("RGB", (32, 24), color).save(out, "PNG")
    return out.getvalue()


@dataclass(kw_only=True)
class District:
    """Two streets with a community each, two units, and who works there."""

    kernel: Kernel
    district: Area
    street: Area
    community: Area
    elsewhere: Area
    unit: Unit
    other_unit: Unit
    viewers: dict[str, Viewer]

    def __getattr__(self, name: str) -> Viewer:
        try:
            return self.viewers[name]
        except KeyError:
            raise AttributeError(name) from None

    async def upload(self, viewer: Viewer) -> str:
        """An upload of the viewer's, already blurred by the eyes."""
        file = await store_upload(picture(), viewer)
        await put_blurred(str(file.id), picture("grey"))
        return str(file.id)

    async def open(self, **given: Any) -> Case:
        known: dict[str, Any] = {
            "title": "人行道上有垃圾",
            "type_code": "0102",
            "area_id": self.community.id,
            "address": "湖墅南路 12 号门前",
        }
        return await actions.open_case(given.pop("viewer", self.grid), **{**known, **given})

    async def on_the_spot(self, **given: Any) -> Case:
        """A case of the grid member's that was put right at once, if not told otherwise."""
        before, after = [await self.upload(self.grid) for _ in range(2)]
        handled = actions.Given(note="已经归位", file_ids=[after])
        known = {"flow": "on_the_spot", "file_ids": [before], "handled": handled}
        return await self.open(**{**known, **given})

    async def at(self, stage: str) -> Case:
        """A case that has come as far as `stage` by the usual moves."""
        case = await self.open()
        for name in ("accepted", "dispatched", "signed", "fed_back", "verified", "closed", "rated"):
            if case.stage == stage:
                return case
            case = await self.go(case, name)
        return case

    async def go(self, case: Case, stage: str) -> Case:
        if stage == "accepted":
            return await actions.accept_case(self.dispatcher, case.id)
        if stage == "dispatched":
            return await actions.dispatch_case(self.dispatcher, case.id, unit_id=self.unit.id)
        if stage == "signed":
            return await actions.sign_case(self.handler, case.id)
        if stage == "fed_back":
            after = [await self.upload(self.handler)]
            return await actions.submit_handling(
                self.handler, case.id, note="已清扫干净", file_ids=after
            )
        if stage == "verified":
            return await actions.verify_case(self.grid, case.id)
        if stage == "closed":
            return await actions.close_case(self.dispatcher, case.id, note="已解决")
        return await actions.rate_case(self.grid, case.id, rating=5)


@pytest.fixture
async def place(kernel_on: Any) -> AsyncIterator[District]:
    async with kernel_on(["cases"]) as kernel:
        yield await make_district(kernel)


async def make_district(kernel: Kernel) -> District:
    district = await make_area("330105", "拱墅区")
    street = await make_area("330105003", "湖墅街道", "street", district)
    community = await make_area("330105003001", "仓基社区", "community", street)
    far = await make_area("330105004", "小河街道", "street", district)
    elsewhere = await make_area("330105004001", "小河社区", "community", far)
    unit = await make_unit("U1", "湖墅环卫所", street)
    other = await make_unit("U2", "综合执法中队", street)
    viewers = {
        "admin": await make_viewer("admin", "admin", area=district),
        "security": await make_viewer("security", "security", area=district),
        "auditor": await make_viewer("auditor", "auditor", area=district),
        "supervisor": await make_viewer("supervisor", "supervisor", area=district),
        "dispatcher": await make_viewer("dispatcher", "dispatcher", area=street),
        "grid": await make_viewer("grid", "grid", area=community),
        "handler": await make_viewer("handler", "handler", unit=unit),
        "handler2": await make_viewer("handler2", "handler", unit=unit),
        "other_handler": await make_viewer("other_handler", "handler", unit=other),
        "resident": await make_viewer("resident", "resident"),
        "neighbour": await make_viewer("neighbour", "resident"),
        "far_grid": await make_viewer("far_grid", "grid", area=elsewhere),
        "far_dispatcher": await make_viewer("far_dispatcher", "dispatcher", area=far),
    }
    return District(
        kernel=kernel,
        district=district,
        street=street,
        community=community,
        elsewhere=elsewhere,
        unit=unit,
        other_unit=other,
        viewers=viewers,
    )


@atomic
async def blurred() -> File:
    """A picture as the eyes send it."""
    return await store_blurred(picture(), keeper="video", subject="1")
