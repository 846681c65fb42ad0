"""Making, changing, ending and trying rules; who may; what is kept."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from core.audit import AuditRow
from liuhe import BadInput, Conflict, Forbidden, NotFound, NotSignedIn
from liuhe.testing import make_viewer
from plugins.cases import actions as cases
from plugins.dispatch import actions
from plugins.dispatch.actions import Draft
from plugins.dispatch.models import Rule, in_force
from tests.factories import only
from tests.plugins.dispatch.conftest import Desk, close, days_ago

TODAY = datetime.now(UTC).date()


def draft(desk: Desk, **given: Any) -> Draft:
    return Draft(**{"unit_id": desk.place.unit.id, **given})


async def test_an_edit_ends_the_old_version_and_writes_a_new_one(desk: Desk) -> None:
    admin = desk.place.admin
    old = await desk.rule(type_code="0102")
    assert (old.number, old.version, old.narrowness) == (old.id, 1, 200)
    new = await actions.save_rule(admin, draft(desk, type_code="0102", days="work"), rule_id=old.id)
    old = await Rule.get(id=old.id)
    assert (new.number, new.version, new.id == old.id) == (old.id, 2, False)
    assert old.valid_until == new.valid_from
    assert old.text == "0102 暴露垃圾 · 所有区域 · 不限时间 → 湖墅环卫所（建议）"
    assert await Rule.filter(in_force(datetime.now(UTC))).values_list("id", flat=True) == [new.id]
    rows = await AuditRow.filter(action="dispatch.rule").order_by("seq")
    assert [row.person_id for row in rows] == [admin.person_id] * 2
    assert rows[1].details == {"number": old.id, "change": {"days": ["any", "work"]}}
    with pytest.raises(Conflict, match="刚被改过"):
        await actions.save_rule(admin, draft(desk), rule_id=old.id)
    same = await actions.save_rule(
        admin, draft(desk, type_code="0102", days="work"), rule_id=new.id
    )
    assert (same.id, await Rule.all().count()) == (new.id, 2)


async def test_a_change_from_a_later_day_leaves_the_old_version_till_then(desk: Desk) -> None:
    admin = desk.place.admin
    old = await desk.rule()
    later = draft(desk, days="rest", valid_from=TODAY + timedelta(days=3))
    new = await actions.save_rule(admin, later, rule_id=old.id)
    old = await Rule.get(id=old.id)
    assert old.valid_until == new.valid_from
    for ahead, version in ((0, 1), (5, 2)):
        at = datetime.now(UTC) + timedelta(days=ahead)
        found = await Rule.filter(in_force(at)).values_list("version", flat=True)
        assert found == [version], ahead
    await actions.save_rule(admin, draft(desk, days="work"), rule_id=new.id)
    at = datetime.now(UTC) + timedelta(days=5)
    assert await Rule.filter(in_force(at)).values_list("version", flat=True) == [3]


async def test_an_ended_rule_stays_to_be_read_and_is_not_changed_any_more(desk: Desk) -> None:
    rule = await desk.rule()
    await actions.end_rule(desk.place.admin, rule.id)
    assert await Rule.filter(in_force(datetime.now(UTC) + timedelta(seconds=1))).count() == 0
    for again in (
        actions.end_rule(desk.place.admin, rule.id),
        actions.save_rule(desk.place.admin, draft(desk, rank=1), rule_id=rule.id),
    ):
        with pytest.raises(Conflict, match="已经停用"):
            await again
    rows = await AuditRow.filter(action="dispatch.rule").order_by("seq")
    assert rows[-1].details == {"number": rule.id, "ended": 1}


@only("sqlite")
async def test_the_same_key_makes_one_rule(desk: Desk) -> None:
    given = draft(desk, type_code="0102", valid_until=TODAY + timedelta(days=9))
    for _ in range(2):
        await actions.save_rule(desk.place.admin, given, idempotency_key="k")
    assert await Rule.all().count() == 1
    with pytest.raises(Conflict):
        await actions.save_rule(desk.place.admin, draft(desk), idempotency_key="k")


@only("sqlite")
@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"unit_id": None}, "unitId"),
        ({"unit_id": 10**17}, "unitId"),
        ({"type_code": "9999"}, "typeCode"),
        ({"type_code": "0102", "class_code": "05"}, "typeCode"),
        ({"class_code": "77"}, "classCode"),
        ({"area_id": 10**17}, "areaId"),
        ({"days": "often"}, "days"),
        ({"mode": "secret"}, "mode"),
        ({"rank": 0}, "rank"),
        ({"rank": 1000}, "rank"),
        ({"begins": "08:00"}, "ends"),
        ({"ends": "08:00"}, "begins"),
        ({"begins": "25:00", "ends": "08:00"}, "begins"),
        ({"begins": "08:00", "ends": "08:00"}, "ends"),
        ({"valid_until": date(2020, 1, 1)}, "validUntil"),
        ({"valid_from": date(9999, 12, 31)}, "validFrom"),
        ({"valid_until": date(2199, 1, 1)}, "validUntil"),
    ],
)
async def test_what_will_not_do_is_told_at_its_field(
    desk: Desk, given: dict[str, Any], field: str
) -> None:
    for does in (actions.save_rule, actions.try_change):
        with pytest.raises(BadInput) as raised:
            await does(desk.place.admin, draft(desk, **given))
        assert raised.value.field == field
    assert not await Rule.exists()


@only("sqlite")
async def test_a_closed_unit_is_not_chosen(desk: Desk) -> None:
    await close(desk.far_unit)
    with pytest.raises(BadInput, match="没有这个单位"):
        await desk.rule(desk.far_unit)


@only("sqlite")
async def test_who_may_change_and_try_rules(desk: Desk) -> None:
    rule = await desk.rule()
    for name, viewer in desk.place.viewers.items():
        if name == "admin":
            continue
        for does in (
            actions.save_rule(viewer, draft(desk)),
            actions.save_rule(viewer, draft(desk), rule_id=rule.id),
            actions.end_rule(viewer, rule.id),
            actions.try_change(viewer, draft(desk)),
            actions.try_change(viewer, None, rule_id=rule.id),
        ):
            with pytest.raises(Forbidden):
                await does
    with pytest.raises(NotSignedIn):
        await actions.save_rule(None, draft(desk))


@only("sqlite")
async def test_an_administrator_of_a_street_rules_that_street_alone(desk: Desk) -> None:
    place = desk.place
    admin = await make_viewer("street_admin", "admin", area=place.street)
    whole = await desk.rule()
    far = await desk.rule(desk.far_unit, area_id=place.elsewhere.id)
    own = await actions.save_rule(admin, draft(desk, area_id=place.community.id))
    assert own.number == own.id
    for wrong in (draft(desk), draft(desk, area_id=place.district.id)):
        with pytest.raises(Forbidden, match="不归您管"):
            await actions.save_rule(admin, wrong)
    with pytest.raises(BadInput):  # a unit of another street
        await actions.save_rule(admin, draft(desk, unit_id=desk.far_unit.id))
    with pytest.raises(Forbidden):
        await actions.end_rule(admin, whole.id)
    with pytest.raises(NotFound):
        await actions.end_rule(admin, far.id)


async def test_the_dry_run_tells_what_the_rules_do_afterwards(desk: Desk) -> None:
    place = desk.place
    await desk.rule(class_code="01")
    street, night = days_ago(2).replace(hour=4), days_ago(3).replace(hour=15)  # 12:00 and 23:00
    made = [
        await desk.accepted(street),
        await desk.accepted(night),
        await desk.accepted(night, type_code="0505"),
        await desk.accepted(
            street,
            viewer=place.far_grid,
            dispatcher=place.far_dispatcher,
            area_id=place.elsewhere.id,
        ),
    ]
    await cases.dispatch_case(place.dispatcher, made[0].id, unit_id=place.other_unit.id)
    change = draft(
        desk,
        unit_id=place.other_unit.id,
        area_id=place.street.id,
        begins="20:00",
        ends="06:00",
        type_code="0102",
    )
    before = await actions.suggestions([case.id for case in made])
    trial = await actions.try_change(place.admin, change)
    counted = trial.tally
    assert trial.text == "0102 暴露垃圾 · 湖墅街道 · 每天 20:00–次日 06:00 → 综合执法中队（建议）"
    assert (counted.cases, counted.changed, trial.cut) == (4, 1, False)
    assert dict(counted.before) == {place.unit.id: 3, None: 1}
    assert dict(counted.after) == {place.unit.id: 2, place.other_unit.id: 1, None: 1}
    assert dict(counted.really) == {place.other_unit.id: 1, None: 3}
    assert [(one.case_id, one.before, one.after) for one in counted.shown] == [
        (made[1].id, place.unit.id, place.other_unit.id)
    ]
    assert await actions.suggestions([case.id for case in made]) == before  # nothing was written
    saved = await actions.save_rule(place.admin, change)
    after = await actions.suggestions([case.id for case in made])
    assert {id: rule.unit_id for id, rule in after.items()} == {
        made[1].id: place.other_unit.id,
        made[3].id: place.unit.id,
    }
    ended = await actions.try_change(place.admin, None, rule_id=saved.id)
    assert (ended.text, ended.tally.changed, dict(ended.tally.after)) == (
        "",
        1,
        dict(counted.before),
    )


@only("sqlite")
async def test_a_dry_run_looks_at_a_month_of_what_one_may_see(desk: Desk) -> None:
    place = desk.place
    await desk.accepted(days_ago(40))
    await desk.accepted(days_ago(1))
    await desk.accepted(
        days_ago(1), viewer=place.far_grid, dispatcher=place.far_dispatcher,
        area_id=place.elsewhere.id,
    )  # fmt: skip
    admin = await make_viewer("street_admin", "admin", area=place.street)
    given = draft(desk, area_id=place.street.id)
    assert (await actions.try_change(admin, given)).tally.cases == 1
    assert (await actions.try_change(place.admin, given)).tally.cases == 2


@only("sqlite")
async def test_a_dry_run_costs_the_same_for_one_case_and_for_three(
    desk: Desk, count_queries: Any
) -> None:
    await desk.rule()
    counts = []
    for more in (1, 2):
        for _ in range(more):
            await desk.accepted()
        with count_queries() as queries:
            await actions.try_change(desk.place.admin, draft(desk, type_code="0102"))
        counts.append(len(queries))
    assert counts[0] == counts[1], counts
