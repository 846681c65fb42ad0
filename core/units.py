"""Units, kept by the administrators of the system; a unit is never deleted, only closed."""

import re

from tortoise.expressions import Q

from core.areas import Area
from core.audit import record
from core.database import atomic
from core.errors import BadInput, NotFound
from core.people import Unit
from core.permissions import Scope, Viewer, demand, demand_held, within

MANAGE = "units.manage"
SCOPE = Scope(area="area__path")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,29}")


def managed(viewer: Viewer | None) -> Q:
    """The units that the viewer keeps."""
    return within(demand_held(viewer, MANAGE), MANAGE, SCOPE)


@atomic
async def create_unit(viewer: Viewer | None, *, code: str, name: str, area_id: int) -> Unit:
    area = await Area.get_or_none(id=area_id)
    if area is None:
        raise BadInput("请选择单位在哪片区域。", field="area", reason="required")
    demand(viewer, MANAGE, Unit(area=area), SCOPE)
    if not _CODE.fullmatch(code):
        message = "代号用 2 到 30 个字母、数字、点、横线，以字母或数字开头。"
        raise BadInput(message, field="code", reason="malformed")
    if await Unit.exists(code=code):
        raise BadInput("这个代号已经有了。", field="code", reason="taken")
    unit = await Unit.create(code=code, name=name, area=area)
    await record(viewer, "units.create", unit, details={"area": area.id})
    return unit


@atomic
async def change_unit(viewer: Viewer | None, unit_id: int, *, name: str, active: bool) -> None:
    """A new name, or no more matters for it; what it has is finished."""
    unit = await Unit.filter(managed(viewer), id=unit_id).first()
    if unit is None:
        raise NotFound("没有这个单位。")
    changed = {"renamed": unit.name != name, "active": active}
    await record(viewer, "units.change", unit, details=changed)
    unit.name, unit.active = name, active
    await unit.save(update_fields=["name", "active"])
