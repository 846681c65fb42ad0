"""Rules, dry-runs, rosters and suggestions as an outside program sees them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from liuhe.graphql import global_id
from plugins.dispatch import actions
from tests.factories import only
from tests.plugins.cases.test_graphql import Asking
from tests.plugins.dispatch.conftest import Desk

pytestmark = only("sqlite")

RULES = """{ dispatchRules(first: 10) { totalCount edges { node { id number version text mode days
  begins ends classCode typeCode rank validUntil madeBy area { name } unit { name } } } } }"""
SUGGESTED = """{ cases(first: 20) { edges { node { id suggestedUnit { unit { name }
  rule { number text } } } } } }"""
UNMATCHED = "{ unmatchedCases(first: 10) { totalCount edges { node { id title } } } }"
SAVE = """mutation ($input: SaveDispatchRuleInput!) { saveDispatchRule(input: $input) {
  rule { id number version text } errors { field message } } }"""
TRY = """mutation ($input: TryDispatchRuleInput!) { tryDispatchRule(input: $input) {
  trial { text cases changed cut units { unit { name } before after really }
    changes { case { id } before { name } after { name } really { name } } }
  errors { field message } } }"""
END = """mutation ($input: EndDispatchRuleInput!) { endDispatchRule(input: $input) {
  rule { validUntil } errors { field } } }"""
ROSTER = """query ($unit: ID!, $days: Int! = 7) { dutyRoster(unitId: $unit, days: $days) {
  unit { name } gaps shifts { id day beginsAt endsAt personName unit { name } }
  people { id name } } }"""
SHIFT = """mutation ($input: SaveDutyShiftInput!) { saveDutyShift(input: $input) {
  shift { id personName } errors { field message } } }"""
REMOVE = """mutation ($input: RemoveDutyShiftInput!) { removeDutyShift(input: $input) {
  errors { field } } }"""


@pytest.fixture
def asking(desk: Desk) -> Asking:
    return Asking(desk.place.kernel)


def wanted(desk: Desk, **more: Any) -> dict[str, Any]:
    return {"unitId": global_id("Unit", desk.place.unit.id), "typeCode": "0102", **more}


async def test_a_rule_is_tried_saved_changed_and_ended(desk: Desk, asking: Asking) -> None:
    admin = desk.place.admin
    case = await desk.accepted()
    tried = await asking.ask(admin, TRY, input={"rule": wanted(desk)})
    assert tried["tryDispatchRule"]["trial"] == {
        "text": "0102 暴露垃圾 · 所有区域 · 不限时间 → 湖墅环卫所（建议）",
        "cases": 1,
        "changed": 1,
        "cut": False,
        "units": [
            {"unit": {"name": "湖墅环卫所"}, "before": 0, "after": 1, "really": 0},
            {"unit": None, "before": 1, "after": 0, "really": 1},
        ],
        "changes": [
            {
                "case": {"id": global_id("Case", case.id)},
                "before": None,
                "after": {"name": "湖墅环卫所"},
                "really": None,
            }
        ],
    }
    saved = await asking.ask(admin, SAVE, input={"rule": wanted(desk), "idempotencyKey": "k"})
    rule = saved["saveDispatchRule"]["rule"]
    night = wanted(desk, begins="20:00", ends="08:00", days="REST", mode="AUTO", rank=7)
    area = global_id("Place", desk.place.street.id)
    given = {"rule": {**night, "areaId": area}, "id": rule["id"]}
    changed = (await asking.ask(admin, SAVE, input=given))["saveDispatchRule"]["rule"]
    assert (changed["number"], changed["version"]) == (rule["number"], 2)
    assert (
        changed["text"] == "0102 暴露垃圾 · 湖墅街道 · 休息日 20:00–次日 08:00 → 湖墅环卫所（自动）"
    )
    listed = (await asking.ask(admin, RULES))["dispatchRules"]
    assert listed["totalCount"] == 1
    assert listed["edges"][0]["node"] == {
        **changed,
        "mode": "AUTO",
        "days": "REST",
        "begins": "20:00",
        "ends": "08:00",
        "classCode": "01",
        "typeCode": "0102",
        "rank": 7,
        "validUntil": None,
        "madeBy": "admin",
        "area": {"name": "湖墅街道"},
        "unit": {"name": "湖墅环卫所"},
    }
    ended = await asking.ask(admin, END, input={"id": changed["id"]})
    assert ended["endDispatchRule"]["rule"]["validUntil"] is not None
    assert (await asking.ask(admin, RULES))["dispatchRules"]["totalCount"] == 0
    old = await asking.ask(
        admin, RULES.replace("first: 10", 'first: 10, ended: true, search: "夜"')
    )
    assert old["dispatchRules"]["totalCount"] == 0


async def test_bad_input_is_told_at_its_field(desk: Desk, asking: Asking) -> None:
    for more, field in (
        ({"typeCode": "x"}, "typeCode"),
        ({"begins": "8"}, "ends"),
        ({"rank": 0}, "rank"),
        ({"unitId": global_id("Case", 1)}, "unitId"),
    ):
        for text, name in ((SAVE, "saveDispatchRule"), (TRY, "tryDispatchRule")):
            answer = await asking.ask(desk.place.admin, text, input={"rule": wanted(desk, **more)})
            assert [one["field"] for one in answer[name]["errors"]] == [field]


async def test_nobody_else_tries_saves_or_ends(desk: Desk, asking: Asking) -> None:
    rule = await desk.rule()
    id = global_id("DispatchRule", rule.id)
    for name, viewer in desk.place.viewers.items():
        if name == "admin":
            continue
        for text, given in (
            (SAVE, {"rule": wanted(desk)}),
            (TRY, {"rule": wanted(desk)}),
            (TRY, {"id": id}),
            (END, {"id": id}),
        ):
            result = await asking.run(viewer, text, input=given)
            assert result.errors, name
            assert not any((result.data or {}).values()), name
    assert await type(rule).all().count() == 1


async def test_each_sees_the_rules_that_hold_where_one_works(desk: Desk, asking: Asking) -> None:
    place = desk.place
    street = await desk.rule(type_code="0102", area_id=place.street.id)
    await desk.rule(type_code="0505", area_id=place.community.id)
    await desk.rule(class_code="04")
    numbers = {}
    for name, viewer in place.viewers.items():
        edges = (await asking.ask(viewer, RULES))["dispatchRules"]["edges"]
        numbers[name] = [edge["node"]["number"] for edge in edges]
    first, second, third = street.number, street.number + 1, street.number + 2
    everything = [second, first, third]  # the order in which they are tried
    assert {name: seen for name, seen in numbers.items() if seen} == {
        "admin": everything,
        "supervisor": everything,
        "dispatcher": everything,
        "far_dispatcher": [third],
    }
    text = "query ($id: ID!) { dispatchRule(id: $id) { text } node(id: $id) { id } }"
    id = global_id("DispatchRule", street.id)
    answer = await asking.ask(place.far_dispatcher, text, id=id)
    assert answer == {"dispatchRule": None, "node": None}


async def test_suggestions_and_the_queue(desk: Desk, asking: Asking) -> None:
    place = desk.place
    rule = await desk.rule(type_code="0102")
    fits = await desk.accepted()
    left = await desk.accepted(type_code="0505")
    suggested = {
        edge["node"]["id"]: edge["node"]["suggestedUnit"]
        for edge in (await asking.ask(place.dispatcher, SUGGESTED))["cases"]["edges"]
    }
    assert suggested == {
        global_id("Case", fits.id): {
            "unit": {"name": "湖墅环卫所"},
            "rule": {"number": rule.number, "text": rule.text},
        },
        global_id("Case", left.id): None,
    }
    unmatched = (await asking.ask(place.dispatcher, UNMATCHED))["unmatchedCases"]
    assert [edge["node"]["id"] for edge in unmatched["edges"]] == [global_id("Case", left.id)]
    for viewer in (place.grid, place.handler, place.far_dispatcher, place.resident, place.auditor):
        seen = (await asking.ask(viewer, SUGGESTED))["cases"]["edges"]
        assert not any(edge["node"]["suggestedUnit"] for edge in seen)
        assert (await asking.ask(viewer, UNMATCHED))["unmatchedCases"]["totalCount"] == 0


async def test_suggestions_for_three_cases_cost_as_much_as_for_one(
    desk: Desk, asking: Asking, count_queries: Callable[[], Any]
) -> None:
    await desk.rule(type_code="0102")
    counts = []
    for more in (1, 2):
        for _ in range(more):
            await desk.accepted()
        with count_queries() as queries:
            await asking.ask(desk.place.dispatcher, SUGGESTED)
        counts.append(len(queries))
    assert counts[0] == counts[1], counts


async def test_a_roster_by_api(desk: Desk, asking: Asking) -> None:
    place = desk.place
    unit = global_id("Unit", place.unit.id)
    today = datetime.now(actions.zone()).date()
    given = {
        "unitId": unit,
        "personId": place.handler.person_id,
        "day": today.isoformat(),
        "begins": "17:30",
        "ends": "09:00",
        "idempotencyKey": "k",
    }
    made = [(await asking.ask(place.handler, SHIFT, input=given))["saveDutyShift"] for _ in "ab"]
    assert made[0] == made[1]
    assert made[0]["shift"]["personName"] == "handler"
    found = (await asking.ask(place.handler2, ROSTER, unit=unit))["dutyRoster"]
    assert (len(found["shifts"]), len(found["gaps"])) == (1, 6)
    assert {one["name"] for one in found["people"]} == {"handler", "handler2"}
    seen = (await asking.ask(place.supervisor, ROSTER, unit=unit))["dutyRoster"]
    assert (len(seen["shifts"]), seen["people"]) == (1, [])
    outsiders = (place.other_handler, place.far_dispatcher, place.grid, place.resident)
    for viewer in (*outsiders, place.auditor, place.security):
        result = await asking.run(viewer, ROSTER, unit=unit)
        assert result.errors
        assert not result.data
        result = await asking.run(viewer, SHIFT, input={**given, "idempotencyKey": None})
        assert result.errors
        shift = {"id": made[0]["shift"]["id"]}
        assert (await asking.run(viewer, REMOVE, input=shift)).errors
        node = "query ($id: ID!) { node(id: $id) { id } }"
        assert (await asking.ask(viewer, node, id=shift["id"]))["node"] is None
    for days in (0, 32):
        assert (await asking.run(place.handler, ROSTER, unit=unit, days=days)).errors
    assert (await asking.ask(place.handler, REMOVE, input={"id": made[0]["shift"]["id"]}))[
        "removeDutyShift"
    ] == {"errors": []}
