"""值班表 as a file: the shifts of the units whose roster the viewer may see."""

from datetime import date, datetime
from typing import Any

from tortoise.expressions import Q

from liuhe import Asked, BadInput, Column, Export, Parts, Viewer, parts_of
from plugins.dispatch.actions import zone
from plugins.dispatch.models import Shift
from plugins.dispatch.permissions import SEE, seen_shifts

COLUMNS = (
    Column(name="unit_code", title="单位代号", kind="id"),
    Column(name="unit", title="单位", width=24),
    Column(name="day", title="日期", kind="day"),
    Column(name="begins_at", title="开始", kind="time"),
    Column(name="ends_at", title="结束", kind="time"),
    Column(name="person", title="值班人", personal=True),
)


def condition(viewer: Viewer, asked: Asked) -> Q:
    """From today on, if not asked otherwise."""
    found = seen_shifts(viewer) & Q(day__gte=_day(asked, "since") or datetime.now(zone()).date())
    if until := _day(asked, "until"):
        found &= Q(day__lte=until)
    return found


def _day(asked: Asked, name: str) -> date | None:
    text = asked.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        words = f"{name} 要写成 2026-11-28 这样的日期。"
        raise BadInput(words, field=name, reason="malformed") from error


async def count(viewer: Viewer, asked: Asked) -> int:
    return await Shift.filter(condition(viewer, asked)).count()


async def parts(viewer: Viewer, asked: Asked) -> Parts:
    found = Shift.filter(condition(viewer, asked)).select_related("unit", "person")
    async for shifts in parts_of(found):
        yield [_row(shift) for shift in shifts]


def _row(shift: Shift) -> dict[str, Any]:
    return {
        "unit_code": shift.unit.code,
        "unit": shift.unit.name,
        "day": shift.day,
        "begins_at": shift.begins_at,
        "ends_at": shift.ends_at,
        "person": shift.person.name,
    }


EXPORTS = (
    Export(
        name="dispatch.roster",
        title="值班表",
        permission=SEE,
        columns=COLUMNS,
        count=count,
        parts=parts,
        personal=True,
        hint="从今天起的各班。",
        back="/admin/dispatch/roster",
    ),
)
