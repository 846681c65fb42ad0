"""Who is on duty when: arranged by the unit or the street, copied from week to week."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from core.audit import AuditRow
from core.retention import forget_what_is_due
from liuhe import BadInput, Forbidden, NotFound, Post, Viewer
from plugins.cases import actions as cases
from plugins.dispatch import actions
from plugins.dispatch.models import Shift
from plugins.dispatch.pages import my_duty
from tests.factories import only
from tests.plugins.dispatch.conftest import Desk

TODAY = datetime.now(UTC).date()
MONDAY = TODAY - timedelta(days=TODAY.weekday()) + timedelta(days=7)


async def shift(desk: Desk, who: Viewer | None = None, **given: Any) -> Shift:
    known: dict[str, Any] = {
        "unit_id": desk.place.unit.id,
        "person_id": desk.place.handler.person_id,
        "day": MONDAY,
        "begins": "17:30",
        "ends": "09:00",
    }
    return await actions.save_shift(who or desk.place.handler, **{**known, **given})


async def test_a_shift_may_pass_midnight_and_is_written_to_the_audit(desk: Desk) -> None:
    made = await shift(desk)
    assert made.ends_at - made.begins_at == timedelta(hours=15, minutes=30)
    found = await actions.shifts_of([desk.place.unit.id], MONDAY, MONDAY)
    assert [(one.id, one.person.name) for one in found] == [(made.id, "handler")]
    row = await AuditRow.filter(action="dispatch.duty").get()
    told = {"person": made.person_id, "day": MONDAY.isoformat(), "times": [1050, 540]}
    assert (row.person_id, row.details) == (desk.place.handler.person_id, told)


async def test_the_same_person_is_not_on_duty_twice_at_once(desk: Desk) -> None:
    made = await shift(desk)
    with pytest.raises(BadInput, match="已经有班"):
        await shift(desk, day=MONDAY + timedelta(days=1), begins="08:59", ends="12:00")
    await shift(desk, day=MONDAY + timedelta(days=1), begins="09:00", ends="12:00")
    await shift(desk, person_id=desk.place.handler2.person_id)
    moved = await shift(desk, shift_id=made.id, ends="08:00")
    assert (moved.id, moved.ends) == (made.id, 480)


@only("sqlite")
@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"person_id": None}, "personId"),
        ({"day": None}, "day"),
        ({"day": date(2010, 1, 1)}, "day"),
        ({"begins": ""}, "begins"),
        ({"ends": "9 o'clock"}, "ends"),
    ],
)
async def test_what_will_not_do_is_told_at_its_field(
    desk: Desk, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadInput) as raised:
        await shift(desk, **given)
    assert raised.value.field == field


@only("sqlite")
async def test_only_who_handles_cases_there_on_that_day_can_be_on_duty(desk: Desk) -> None:
    other = desk.place.other_handler
    with pytest.raises(BadInput, match="没有经办人岗位"):
        await shift(desk, person_id=other.person_id)
    await Post.filter(person_id=desk.place.handler2.person_id).update(
        valid_until=MONDAY - timedelta(days=1)
    )
    with pytest.raises(BadInput, match="没有经办人岗位"):
        await shift(desk, person_id=desk.place.handler2.person_id)


@only("sqlite")
async def test_who_arranges_whose_duty(desk: Desk) -> None:
    place = desk.place
    made = await shift(desk, place.dispatcher)
    for who in (place.other_handler, place.far_dispatcher):
        for does in (
            shift(desk, who, begins="09:00", ends="10:00"),
            actions.remove_shift(who, made.id),
            actions.copy_week(who, place.unit.id, MONDAY),
        ):
            with pytest.raises(NotFound):
                await does
    for who in (place.admin, place.supervisor, place.grid, place.resident, place.auditor):
        with pytest.raises(Forbidden):
            await shift(desk, who)
        with pytest.raises(Forbidden):
            await actions.remove_shift(who, made.id)
    await actions.remove_shift(place.handler2, made.id)
    assert not await Shift.exists()


async def test_a_week_is_copied_without_what_is_there_or_cannot_be(desk: Desk) -> None:
    place = desk.place
    for count in range(3):
        await shift(desk, day=MONDAY + timedelta(days=count))
    await shift(desk, day=MONDAY, person_id=place.handler2.person_id)
    await shift(desk, day=MONDAY + timedelta(days=8), begins="16:00", ends="20:00")
    await Post.filter(person_id=place.handler2.person_id).update(valid_until=MONDAY)
    # Any day of the week stands for it.
    assert await actions.copy_week(place.handler, place.unit.id, MONDAY + timedelta(days=10)) == 2
    found = await actions.shifts_of(
        [place.unit.id], MONDAY + timedelta(days=7), MONDAY + timedelta(days=13)
    )
    assert [((one.day - MONDAY).days, one.begins) for one in found] == [
        (7, 1050),
        (8, 960),
        (9, 1050),
    ]
    assert await actions.copy_week(place.handler, place.unit.id, MONDAY + timedelta(days=7)) == 0


async def test_who_is_on_duty_now_is_told_so(desk: Desk) -> None:
    place = desk.place
    assert await my_duty(place.handler) is None
    today = datetime.now(actions.zone()).date()
    await shift(desk, day=today - timedelta(days=1), begins="00:00", ends="00:00")
    await shift(desk, day=today, begins="00:00", ends="00:00")
    on = await actions.on_duty_in(place.unit.id)
    assert [one.day for one in on] == [today]
    case = await desk.accepted()
    await cases.dispatch_case(place.dispatcher, case.id, unit_id=place.unit.id)
    found = await my_duty(place.handler)
    assert found is not None
    now = found.items[0]
    assert (found.title, now.badge) == ("我的值班", "正在值班")
    assert now.meta == "湖墅环卫所 · 1 件待签收"
    assert await my_duty(place.handler2) is None
    assert await my_duty(place.resident) is None


@only("sqlite")
async def test_a_year_later_nobody_knows_who_was_on_duty(desk: Desk) -> None:
    old, new = await shift(desk), await shift(desk, day=MONDAY + timedelta(days=1))
    await Shift.filter(id=old.id).update(ends_at=datetime.now(UTC) - timedelta(days=366))
    await forget_what_is_due({})
    assert await Shift.all().values_list("id", flat=True) == [new.id]
