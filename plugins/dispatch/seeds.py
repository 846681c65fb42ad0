"""Rules and duty of the demo district; all persons are invented."""

from datetime import datetime, timedelta
from typing import Any

from liuhe import Area, Unit, Viewer, demo_viewer
from plugins.dispatch import actions
from plugins.dispatch.actions import Draft, zone
from plugins.dispatch.models import Rule

XIAOHE, GONGCHENQIAO = "330105003000", "330105005000"
CHENGGUAN, CHENGGUAN2 = "chengguan-xiaohe", "chengguan-gongchenqiao"
JIAOJING, HUANWEI = "jiaojing-gongshu", "huanwei-gongshu"
SHIZHENG, YUANLIN = "shizheng-gongshu", "yuanlin-gongshu"

#: Class or type, area, unit, and what else. Only a road that has caved in waits for nobody.
RULES: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("01", "", HUANWEI, {}),
    ("0106", "", YUANLIN, {}),
    ("0110", "", SHIZHENG, {}),
    ("0401", "", SHIZHENG, {"mode": "auto"}),
    ("05", XIAOHE, CHENGGUAN, {}),
    ("05", GONGCHENQIAO, CHENGGUAN2, {}),
    ("0505", "", JIAOJING, {}),
    ("0505", XIAOHE, CHENGGUAN, {"begins": "20:00", "ends": "08:00"}),
)
#: Who has the nights of which unit, and on how many of the next days.
NIGHTS = (("handler", CHENGGUAN, 5), ("handler2", CHENGGUAN2, 3), ("jingban-huanwei", HUANWEI, 7))


async def make() -> None:
    """Nothing where there are rules already, or the demo's people are missing."""
    admin = await demo_viewer("admin")
    if admin is None or await Rule.exists():
        return
    for code, area, unit, more in RULES:
        await _rule(admin, code, area, unit, more)
    for username, unit, nights in NIGHTS:
        if who := await demo_viewer(username):
            await _nights(who, unit, nights)


async def _rule(admin: Viewer, code: str, area: str, unit: str, more: dict[str, Any]) -> None:
    place = await Area.get_or_none(code=area, valid_to=None) if area else None
    office = await Unit.get_or_none(code=unit)
    if office is None or (area and place is None):
        return
    draft = Draft(
        unit_id=office.id,
        class_code=code[:2],
        type_code=code if len(code) > 2 else "",
        area_id=place.id if place else None,
        **more,
    )
    await actions.save_rule(admin, draft)


async def _nights(who: Viewer, code: str, nights: int) -> None:
    unit = await Unit.get_or_none(code=code)
    if unit is None:
        return
    today = datetime.now(zone()).date()
    for count in range(-1, nights):
        await actions.save_shift(
            who,
            unit_id=unit.id,
            person_id=who.person_id,
            day=today + timedelta(days=count),
            begins="17:30",
            ends="09:00",
        )
