"""Rosters and units as tables: as the pages show them, to whom they are shown."""

import csv
import io
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from core.exchange.exporting import make_export
from liuhe import BadInput, Forbidden, NotFound, Viewer
from plugins.dispatch import actions
from tests.audit import audited
from tests.factories import only
from tests.plugins.dispatch.conftest import Desk

pytestmark = only("sqlite")


async def taken(viewer: Viewer, name: str, **asked: str) -> list[dict[str, Any]]:
    path = await make_export(viewer, name, "csv", asked, reason="排班核对")
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))


async def on_duty(desk: Desk, day: date) -> None:
    await actions.save_shift(
        desk.place.dispatcher,
        unit_id=desk.place.unit.id,
        person_id=desk.place.handler.person_id,
        day=day,
        begins="17:30",
        ends="09:00",
    )


async def test_a_roster_goes_out_from_today_on_or_as_asked(desk: Desk) -> None:
    today = today_here()
    for ahead in (0, 1, 40):
        await on_duty(desk, today + timedelta(days=ahead))
    found = await taken(desk.place.dispatcher, "dispatch.roster")
    assert [row["日期"] for row in found] == [
        (today + timedelta(days=ahead)).isoformat() for ahead in (0, 1, 40)
    ]
    assert (found[0]["单位"], found[0]["值班人"]) == ("湖墅环卫所", desk.place.handler.name)
    assert " 17:30" in found[0]["开始"]
    until = (today + timedelta(days=1)).isoformat()
    assert len(await taken(desk.place.supervisor, "dispatch.roster", until=until)) == 2
    with pytest.raises(BadInput, match="until"):
        await taken(desk.place.dispatcher, "dispatch.roster", until="明天")
    with pytest.raises(BadInput, match="原因"):
        await make_export(desk.place.dispatcher, "dispatch.roster", "csv", {})
    who = {person for _, person, _ in await audited("exports.make")}
    assert who == {desk.place.dispatcher.person_id, desk.place.supervisor.person_id}


def today_here() -> date:
    return datetime.now(actions.zone()).date()


async def test_a_roster_of_another_street_is_not_in_it(desk: Desk) -> None:
    await on_duty(desk, today_here())
    assert await taken(desk.place.far_dispatcher, "dispatch.roster") == []
    for viewer in (desk.place.grid, desk.place.handler, desk.place.resident):
        with pytest.raises((Forbidden, NotFound)):
            await taken(viewer, "dispatch.roster")


async def test_units_go_out_for_who_keeps_them(desk: Desk) -> None:
    found = await taken(desk.place.admin, "cases.units")
    names = {row["名称"] for row in found}
    assert names == {"湖墅环卫所", "综合执法中队", "小河街道执法队"}
    first = next(row for row in found if row["代号"] == "U1")
    assert (first["区划代码"], first["在哪里"]) == ("330105003", "湖墅街道")
    assert first["是否启用"] == "启用"
    for viewer in (desk.place.dispatcher, desk.place.handler, desk.place.auditor):
        with pytest.raises((Forbidden, NotFound)):
            await taken(viewer, "cases.units")
