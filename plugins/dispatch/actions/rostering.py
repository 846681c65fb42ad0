"""值班: who of a unit is on duty when."""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tortoise.expressions import Q

from liuhe import (
    BadInput,
    Forbidden,
    NotFound,
    Person,
    Post,
    Unit,
    Viewer,
    atomic,
    demand_held,
    fill,
    record,
    redeem,
)
from plugins.cases.actions import calendar_as_of
from plugins.dispatch.actions.drafting import minute, zone
from plugins.dispatch.models import Shift, on_duty
from plugins.dispatch.permissions import ROSTER, ROSTER_CHANGED, may_roster, seen_units
from plugins.dispatch.rules import Stretch, stretch_of

WEEK = timedelta(days=7)
FARTHEST = timedelta(days=366)
MOST_A_DAY = 20


@atomic
async def save_shift(
    viewer: Viewer | None,
    *,
    unit_id: int,
    person_id: int | None,
    day: date | None,
    begins: str,
    ends: str,
    shift_id: int | None = None,
    idempotency_key: str | None = None,
) -> Shift:
    """A new shift, or another person or time for one that is there."""
    who = demand_held(viewer, ROSTER)
    told = {
        "unit": unit_id,
        "person": person_id,
        "day": day,
        "times": [begins, ends],
        "shift": shift_id,
    }
    receipt = await redeem(str(who.person_id), "dispatch.shift", idempotency_key, told)
    if receipt and receipt.result:
        return await Shift.get(id=int(receipt.result)).select_related("unit", "person")
    unit = await held_unit(who, unit_id)
    shift = await _held_shift(unit, shift_id) if shift_id is not None else Shift(unit=unit)
    shift.day = _day(day)
    shift.begins, shift.ends = minute(begins, "begins"), minute(ends, "ends")
    shift.person = await _person(unit, person_id, shift.day)
    stretch = _placed(shift)
    await _check_free(shift, stretch)
    await shift.save()
    await record(who, ROSTER_CHANGED, shift, ("core.Unit", unit.id), details=_told(shift))
    await fill(receipt, shift.id)
    return shift


@atomic
async def remove_shift(viewer: Viewer | None, shift_id: int) -> Unit:
    """Take a shift off; the unit whose it was."""
    who = demand_held(viewer, ROSTER)
    shift = await Shift.get_or_none(id=shift_id).select_related("unit__area")
    if shift is None or not await Unit.filter(seen_units(who), id=shift.unit_id).exists():
        raise NotFound("没有这一班，可能刚被删掉。")
    unit = await held_unit(who, shift.unit_id)
    await record(
        who, ROSTER_CHANGED, shift, ("core.Unit", unit.id), details={"removed": _told(shift)}
    )
    await shift.delete()
    return unit


@atomic
async def copy_week(viewer: Viewer | None, unit_id: int, monday: date | None) -> int:
    """The shifts of the week before, on the same days of this one; how many were added.

    What meets a shift of the same person is left out, and whoever has no post here any more.
    """
    who = demand_held(viewer, ROSTER)
    unit = await held_unit(who, unit_id)
    first = _monday(_day(monday))
    there = await Shift.filter(unit_id=unit.id, day__gte=first - WEEK, day__lt=first + 2 * WEEK)
    new: list[Shift] = []
    for old in sorted(there, key=lambda one: (one.begins_at, one.id)):
        if old.day < first and (shift := await _again(unit, old, [*there, *new])):
            new.append(shift)
    await Shift.bulk_create(new)
    if new:
        details = {"week": first.isoformat(), "added": len(new)}
        await record(who, ROSTER_CHANGED, ("core.Unit", unit.id), details=details)
    return len(new)


async def _again(unit: Unit, old: Shift, there: Collection[Shift]) -> Shift | None:
    shift = Shift(
        unit_id=unit.id,
        person_id=old.person_id,
        day=old.day + WEEK,
        begins=old.begins,
        ends=old.ends,
    )
    stretch = _placed(shift)
    mine = (one for one in there if one.person_id == old.person_id)
    if any(stretch.meets(_stretch(one)) for one in mine):
        return None
    at_work = await people_of(unit.id, shift.day)
    return shift if old.person_id in at_work else None


async def held_unit(who: Viewer, unit_id: int) -> Unit:
    """The unit, if its roster is this viewer's to arrange."""
    unit = await Unit.filter(seen_units(who), id=unit_id).select_related("area").first()
    if unit is None:
        raise NotFound("没有这个单位，或者您无权查看。")
    if not may_roster(who, unit):
        raise Forbidden("这个单位的值班由它自己或辖区派单员安排。")
    return unit


async def _held_shift(unit: Unit, shift_id: int) -> Shift:
    shift = await Shift.filter(id=shift_id, unit_id=unit.id).select_for_update().first()
    if shift is None:
        raise NotFound("没有这一班，可能刚被删掉。")
    return shift


async def people_of(unit_id: int, day: date) -> dict[int, str]:
    """Who handles cases in the unit on that day, by id; only they can be on duty."""
    begun = Q(valid_from__isnull=True) | Q(valid_from__lte=day)
    lasts = Q(valid_until__isnull=True) | Q(valid_until__gte=day)
    posts = Post.filter(begun, lasts, unit_id=unit_id, role="handler", person__active=True)
    return dict(await posts.order_by("person__name").values_list("person_id", "person__name"))


async def _person(unit: Unit, person_id: int | None, day: date) -> Person:
    if person_id is None:
        raise BadInput("请选择值班的人。", field="personId", reason="required")
    if person_id not in await people_of(unit.id, day):
        raise BadInput("这个人那天在本单位没有经办人岗位。", field="personId", reason="unknown")
    return await Person.get(id=person_id)


def _day(day: date | None) -> date:
    if day is None:
        raise BadInput("请选择日期。", field="day", reason="required")
    if abs(day - datetime.now(zone()).date()) > FARTHEST:
        raise BadInput("只能安排前后一年以内的值班。", field="day", reason="too_far")
    return day


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _placed(shift: Shift) -> Stretch:
    stretch = stretch_of(shift.day, shift.begins, shift.ends, zone())
    shift.begins_at, shift.ends_at = stretch.begins, stretch.ends
    return stretch


def _stretch(shift: Shift) -> Stretch:
    return Stretch(begins=shift.begins_at, ends=shift.ends_at)


async def _check_free(shift: Shift, stretch: Stretch) -> None:
    near = Shift.filter(begins_at__lt=stretch.ends, ends_at__gt=stretch.begins)
    if await near.filter(person_id=shift.person.id).exclude(id=shift.id or 0).exists():
        raise BadInput("这个人在这段时间已经有班。", field="begins", reason="taken")
    if await Shift.filter(unit_id=shift.unit_id, day=shift.day).count() >= MOST_A_DAY:
        raise BadInput(f"一天最多 {MOST_A_DAY} 班。", field="day", reason="too_many")


def _told(shift: Shift) -> dict[str, Any]:
    times = [shift.begins, shift.ends]
    return {"person": shift.person_id, "day": shift.day.isoformat(), "times": times}


async def shifts_of(unit_ids: Collection[int], first: date, last: date) -> list[Shift]:
    """From one day to another, both included, with the persons loaded."""
    found = Shift.filter(unit_id__in=list(unit_ids), day__gte=first, day__lte=last)
    return await found.order_by("begins_at", "id").select_related("person")


async def on_duty_in(unit_id: int) -> list[Shift]:
    """Who is on duty in the unit now."""
    now = datetime.now(UTC)
    found = Shift.filter(on_duty(now), unit_id=unit_id)
    return await found.order_by("begins_at", "id").select_related("person")


async def in_office_hours(at: datetime) -> bool:
    """Whether the district's offices are open."""
    calendar = await calendar_as_of(at)
    local = at.astimezone(calendar.zone)
    open_now = any(begins <= local.time() < ends for begins, ends in calendar.hours)
    return open_now and calendar.works(local.date())
