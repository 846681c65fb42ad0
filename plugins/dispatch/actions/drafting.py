"""A rule as somebody would have it, and whether it will do."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from liuhe import Area, BadInput, Forbidden, Unit, Viewer, demand_held, house
from plugins.cases.schema import CaseType
from plugins.dispatch.models import Rule
from plugins.dispatch.permissions import RULES, may_rule, ruled_units
from plugins.dispatch.rules import (
    DAYS_LABELS,
    MODE_LABELS,
    Days,
    Mode,
    minutes_of,
    narrowness,
    sentence,
    time_words,
)

MOST_RULES = 1000
MOST_RANK = 999
FARTHEST = timedelta(days=3 * 366)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What somebody asks for. A class without a type takes all of the class; both "" take all.

    `begins`, `ends`: times of day such as "20:00", both or neither. `valid_from`: None is at once;
    `valid_until` is the last day.
    """

    unit_id: int | None
    kind: str = "event"
    class_code: str = ""
    type_code: str = ""
    area_id: int | None = None
    days: str = Days.ANY.value
    begins: str = ""
    ends: str = ""
    mode: str = Mode.SUGGEST.value
    rank: int | None = None
    valid_from: date | None = None
    valid_until: date | None = None


async def drawn(viewer: Viewer | None, draft: Draft, now: datetime) -> Rule:
    """The draft as a row that is not written yet, with area and unit loaded; or what is wrong."""
    who = demand_held(viewer, RULES)
    kind, class_code, type_code, matter = await _type(who, draft)
    area = await _area(draft.area_id)
    begins, ends = _hours(draft)
    valid_from, valid_until = _validity(draft, now)
    rule = Rule(
        kind=kind,
        class_code=class_code,
        type_code=type_code,
        area=area,
        days=_days(draft.days).value,
        begins=begins,
        ends=ends,
        unit=await _unit(who, draft.unit_id),
        mode=_mode(draft.mode).value,
        rank=_rank(draft.rank),
        valid_from=valid_from,
        valid_until=valid_until,
        made_at=now,
        made_by_id=who.person_id,
    )
    if not may_rule(who, rule):
        raise Forbidden("这片区域的规则不归您管；所有区域的规则要由全区的管理员来定。")
    rule.text = _sentence(rule, matter)
    return rule


def weighed(rule: Rule, plain: Any) -> Rule:
    """With its place in the order."""
    rule.narrowness = narrowness(plain)
    return rule


def _sentence(rule: Rule, matter: str) -> str:
    return sentence(
        matter=matter,
        area=rule.area.name if rule.area else "",
        time=time_words(Days(rule.days), rule.hours),
        unit=rule.unit.name,
        mode=Mode(rule.mode),
    )


async def _type(who: Viewer, draft: Draft) -> tuple[str, str, str, str]:
    """Kind, class, type, and the words for them."""
    if not draft.class_code and not draft.type_code:
        return "", "", "", ""
    known = CaseType.seen_by(who).filter(kind=draft.kind)
    if draft.type_code:
        row = await known.filter(code=draft.type_code).first()
    else:
        row = await known.filter(class_code=draft.class_code).first()
    if row is None or draft.class_code not in ("", row.class_code):
        field = "typeCode" if draft.type_code else "classCode"
        raise BadInput("没有这个案件类型，请重新选择。", field=field, reason="unknown")
    if draft.type_code:
        return row.kind.value, row.class_code, row.code, f"{row.code} {row.name}"
    return row.kind.value, row.class_code, "", f"{row.class_code} {row.class_name}（全部）"


async def _area(area_id: int | None) -> Area | None:
    if area_id is None:
        return None
    area = await Area.get_or_none(id=area_id)
    if area is None or not area.stood(_today()):
        raise BadInput("没有这个区域，请重新选择。", field="areaId", reason="unknown")
    return area


async def _unit(who: Viewer, unit_id: int | None) -> Unit:
    if unit_id is None:
        raise BadInput("请选择派给哪个单位。", field="unitId", reason="required")
    unit = await Unit.filter(ruled_units(who), id=unit_id).first()
    if unit is None:
        raise BadInput("没有这个单位，请重新选择。", field="unitId", reason="unknown")
    return unit


def _days(text: str) -> Days:
    if text not in DAYS_LABELS:
        raise BadInput("请选择每天、工作日或休息日。", field="days", reason="unknown")
    return Days(text)


def _mode(text: str) -> Mode:
    if text not in MODE_LABELS:
        raise BadInput("请选择自动或建议。", field="mode", reason="unknown")
    return Mode(text)


def _rank(rank: int | None) -> int:
    if rank is not None and not 1 <= rank <= MOST_RANK:
        raise BadInput(f"先后从 1 到 {MOST_RANK}，小的先用。", field="rank", reason="out_of_range")
    return 100 if rank is None else rank


def _hours(draft: Draft) -> tuple[int | None, int | None]:
    if not draft.begins and not draft.ends:
        return None, None
    if not draft.begins or not draft.ends:
        missing = "begins" if not draft.begins else "ends"
        raise BadInput("起止时间要一起填，或者都不填。", field=missing, reason="incomplete")
    begins, ends = minute(draft.begins, "begins"), minute(draft.ends, "ends")
    if begins == ends:
        raise BadInput("起止时间相同；全天就都不填。", field="ends", reason="same")
    return begins, ends


def minute(text: str, field: str) -> int:
    """A time of day in minutes."""
    try:
        return minutes_of(text)
    except ValueError:
        raise BadInput("时间写成 08:30 这样。", field=field, reason="not_a_time") from None


def _validity(draft: Draft, now: datetime) -> tuple[datetime, datetime | None]:
    begins = now if draft.valid_from is None else max(now, midnight(draft.valid_from))
    ends = None
    if draft.valid_until is not None:
        ends = midnight(draft.valid_until + timedelta(days=1))
        if ends <= begins:
            raise BadInput(
                "最后一天不能早于开始，也不能已经过去。", field="validUntil", reason="past"
            )
    if max(begins, ends or begins) > now + FARTHEST:
        field = "validUntil" if ends else "validFrom"
        raise BadInput("最多提前三年。", field=field, reason="too_far")
    return begins, ends


def zone() -> ZoneInfo:
    return ZoneInfo(house().settings.timezone)


def _today() -> date:
    return datetime.now(zone()).date()


def midnight(day: date) -> datetime:
    """When a day begins on the district's clock."""
    if not 2000 <= day.year <= 2200:
        raise BadInput("这个年份不对。", field="validFrom", reason="year")
    return datetime.combine(day, time(0), zone()).astimezone(UTC)
