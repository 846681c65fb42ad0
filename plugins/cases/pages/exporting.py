"""The list of cases as a file: what the viewer may see, under the filters of the list."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from liuhe import Asked as Wish
from liuhe import Column, Event, Export, Parts, Scope, Unit, Viewer, parts_of, within
from plugins.cases.actions import results_of
from plugins.cases.actions.sheets import TAKEN_OUT
from plugins.cases.models import Case, narrowed
from plugins.cases.pages.choices import names_of
from plugins.cases.pages.lists import HERE, Asked, of_tab
from plugins.cases.permissions import visible


async def _condition(viewer: Viewer, asked: Wish) -> Q:
    now = datetime.now(UTC)
    told = Asked.of({"tab": "all", **asked}, viewer)
    wanted = await narrowed(await told.wanted(), now)
    return visible(viewer) & wanted & of_tab(told.tab, viewer, now)


async def count(viewer: Viewer, asked: Wish) -> int:
    return await Case.filter(await _condition(viewer, asked)).count()


async def parts(viewer: Viewer, asked: Wish) -> Parts:
    found = Case.filter(await _condition(viewer, asked)).select_related("area", "type", "unit")
    async for cases in parts_of(found):
        yield await _rows(cases)


async def _rows(cases: Sequence[Case]) -> list[dict[str, Any]]:
    names = await names_of([case.area for case in cases])
    results = await results_of([case.id for case in cases])
    return [_row(case, names[case.area_id], results.get(case.id, "")) for case in cases]


def _row(case: Case, names: list[str], result: str) -> dict[str, Any]:
    own = ("number", "source_ref", "source", "stage", "title", "address", "description")
    more = ("longitude", "latitude", "opened_at", "closed_at", "rating", "due_at")
    return {
        **{name: getattr(case, name) for name in (*own, *more, "returns", "reworks")},
        "type": f"{case.type.code} {case.type.name}",
        "street": names[1] if len(names) > 1 else "",
        "community": names[2] if len(names) > 2 else "",
        "area_code": case.area.code,
        "unit": case.unit.name if case.unit else "",
        "result": result,
    }


def due_entry(row: Mapping[str, Any]) -> Event | None:
    """When the next thing is due, for the calendar of whoever it waits for."""
    if row["due_at"] is None:
        return None
    return Event(
        uid=f"case-{row['number']}@liuhe",
        title=f"到期：{row['title']}",
        at=row["due_at"],
        note=f"案卷号 {row['number']}，{row['type']}",
        place=" ".join(filter(None, (row["community"], row["address"]))),
    )


def _units(viewer: Viewer) -> QuerySet[Unit]:
    """As the page of units has them: those that the viewer keeps."""
    return Unit.filter(within(viewer, KEEP_UNITS, UNIT_SCOPE)).select_related("area")


async def count_units(viewer: Viewer, _: Wish) -> int:
    return await _units(viewer).count()


async def parts_of_units(viewer: Viewer, _: Wish) -> Parts:
    async for units in parts_of(_units(viewer)):
        yield [
            {
                "code": one.code,
                "name": one.name,
                "area_code": one.area.code,
                "area": one.area.name,
                "active": "active" if one.active else "ended",
            }
            for one in units
        ]


KEEP_UNITS = "units.manage"
UNIT_SCOPE = Scope(area="area__path")
UNIT_COLUMNS = (
    Column(name="code", title="代号", kind="id"),
    Column(name="name", title="名称", width=24),
    Column(name="area_code", title="区划代码", kind="id"),
    Column(name="area", title="在哪里"),
    Column(
        name="active",
        title="是否启用",
        kind="choice",
        choices=(("active", "启用"), ("ended", "停用")),
    ),
)

EXPORTS = (
    Export(
        name="cases.units",
        title="处置单位",
        permission=KEEP_UNITS,
        columns=UNIT_COLUMNS,
        count=count_units,
        parts=parts_of_units,
        hint="停用的也在里面。",
        back="/admin/units",
    ),
    Export(
        name="cases.list",
        title="案件",
        permission="cases.see",
        columns=TAKEN_OUT,
        count=count,
        parts=parts,
        point=("longitude", "latitude"),
        event=due_entry,
        personal=True,
        hint="日历里是还没有办的时限；地图数据用 WGS-84 经纬度。",
        back=HERE,
    ),
)
