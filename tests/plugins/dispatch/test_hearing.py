"""What happens after a case was accepted: an automatic dispatch, a suggestion, or nothing."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from liuhe.testing import make_area, make_unit
from plugins.cases import actions as cases
from plugins.cases.facts import CaseMoved
from plugins.cases.models import CalendarDay, Case, Clock, Step
from plugins.cases.permissions import shown_actor
from plugins.dispatch import actions
from plugins.dispatch.models import Assignment, Rule
from tests.factories import only
from tests.plugins.dispatch.conftest import WEDNESDAY, Desk, close


async def test_an_automatic_rule_sends_what_a_person_has_accepted(desk: Desk) -> None:
    rule = await desk.rule(type_code="0102", mode="auto")
    case = await desk.accepted()
    assert case.stage == "accepted"
    await desk.hear()
    case = await Case.get(id=case.id)
    assert (case.stage, case.unit_id, case.version) == ("dispatched", desk.place.unit.id, 3)
    step = await Step.get(case_id=case.id, seq=3)
    assert (step.action, step.actor, step.person_id) == ("dispatch", "派遣规则", None)
    assert step.details["rule"] == {"id": rule.id, "number": rule.number, "version": 1}
    assert step.details["unit"]["id"] == desk.place.unit.id
    assert (
        step.note
        == f"派遣规则 {rule.number}：0102 暴露垃圾 · 所有区域 · 不限时间 → 湖墅环卫所（自动）"
    )
    running = Clock.filter(case_id=case.id, stopped_at=None).order_by("kind")
    assert await running.values_list("kind", flat=True) == ["feedback", "handle", "sign"]
    kept = await Assignment.get(case_id=case.id)
    assert (kept.rule_id, kept.text, kept.sent) == (rule.id, rule.text, True)


async def test_told_twice_it_is_sent_once(desk: Desk) -> None:
    await desk.rule(type_code="0102", mode="auto")
    case = await desk.accepted()
    await desk.hear()
    fact = moved(case)
    for _ in range(2):
        await actions.judge_accepted(fact)
    again = await cases.dispatch_by_rule(
        case.id, unit_id=desk.place.other_unit.id, rule={}, text="again"
    )
    assert again is None
    case = await Case.get(id=case.id)
    assert (case.version, case.unit_id) == (3, desk.place.unit.id)
    assert await Assignment.filter(case_id=case.id).count() == 1


def moved(case: Case, **more: object) -> CaseMoved:
    known = CaseMoved(
        case_id=case.id,
        action="accept",
        from_stage="reported",
        to_stage="accepted",
        unit_id=None,
        person_id=1,
    )
    return replace(known, **more)  # type: ignore[arg-type]


async def test_a_dispatcher_who_was_quicker_is_not_overruled(desk: Desk) -> None:
    await desk.rule(type_code="0102", mode="auto")
    case = await desk.accepted()
    other = desk.place.other_unit
    await cases.dispatch_case(desk.place.dispatcher, case.id, unit_id=other.id)
    await desk.hear()
    case = await Case.get(id=case.id)
    assert (case.version, case.unit_id) == (3, other.id)
    assert not await Assignment.exists()


async def test_what_no_named_person_has_accepted_is_never_sent(desk: Desk) -> None:
    """红线: machines notice, people verify, and only then is somebody sent."""
    await desk.rule(mode="auto")
    reported = await desk.place.open()
    await actions.judge_accepted(moved(reported))
    case = await desk.accepted()
    await actions.judge_accepted(moved(case, person_id=None))
    await Step.filter(case_id=case.id, action="accept").update(person_id=None)
    await desk.hear()
    stages = [row.stage for row in await Case.all().order_by("id")]
    assert stages == ["reported", "accepted"]


async def test_what_was_handed_back_or_taken_up_again_is_for_people(desk: Desk) -> None:
    await desk.rule(type_code="0102", mode="auto")
    case = await desk.accepted()
    await desk.hear()
    await cases.return_case(desk.place.handler, case.id, reason="不归本单位")
    await desk.hear()
    case = await Case.get(id=case.id)
    assert (case.stage, case.unit_id) == ("accepted", None)
    assert await actions.suggestions([case.id]) == {}
    assert await actions.unmatched_ids(desk.place.dispatcher) == []


async def test_a_suspended_case_is_left_alone(desk: Desk) -> None:
    await desk.rule(mode="auto")
    case = await desk.accepted()
    await cases.suspend_case(desk.place.dispatcher, case.id, reason="等天气")
    await desk.hear()
    assert (await Case.get(id=case.id)).stage == "accepted"


async def test_a_suggestion_is_kept_with_the_case_and_sends_nothing(desk: Desk) -> None:
    rule = await desk.rule(class_code="01", area_id=desk.place.street.id)
    case = await desk.accepted()
    await desk.hear()
    kept = await Assignment.get(case_id=case.id)
    assert (kept.rule_id, kept.sent, kept.text) == (rule.id, False, rule.text)
    assert (await Case.get(id=case.id)).stage == "accepted"
    advice = await actions.advise(case.id)
    assert advice is not None
    assert (advice.unit_id, advice.why) == (desk.place.unit.id, f"派遣规则 {rule.number}")


async def test_without_a_rule_or_with_a_unit_that_is_gone_people_decide(desk: Desk) -> None:
    await desk.rule(desk.place.other_unit, type_code="0102", mode="auto")
    await desk.rule(class_code="01", mode="auto")
    await close(desk.place.other_unit)
    case = await desk.accepted()
    await desk.hear()
    kept = await Assignment.get(case_id=case.id)
    assert (kept.rule_id, kept.sent) == (None, False)
    assert await actions.unmatched_ids(desk.place.dispatcher) == [case.id]
    assert await actions.unmatched_ids(desk.place.far_dispatcher) == []


async def test_a_unit_of_another_district_gets_nothing_by_a_rule(desk: Desk) -> None:
    other = await make_area("330106", "西湖区")
    far = await make_unit("W1", "西湖环卫所", other)
    case = await desk.accepted()
    assert await cases.dispatch_by_rule(case.id, unit_id=far.id, rule={}, text="x") is None
    assert await cases.dispatch_by_rule(0, unit_id=far.id, rule={}, text="x") is None


@pytest.mark.parametrize(("hour", "night"), [(10, False), (21, True), (3, True), (8, False)])
async def test_the_hour_of_acceptance_decides_however_late_one_asks(
    desk: Desk, hour: int, night: bool
) -> None:
    other = desk.place.other_unit
    await desk.rule(type_code="0102")
    await desk.rule(other, type_code="0102", begins="20:00", ends="08:00")
    case = await desk.accepted(WEDNESDAY.replace(hour=(hour - 8) % 24))
    found = (await actions.suggestions([case.id]))[case.id]
    assert found.unit_id == (other.id if night else desk.place.unit.id)


@only("sqlite")
async def test_corrections_of_the_calendar_count(desk: Desk) -> None:
    await desk.rule(type_code="0102", days="work")
    case = await desk.accepted(WEDNESDAY)
    assert case.id in await actions.suggestions([case.id])
    await CalendarDay.create(
        day=WEDNESDAY.date(),
        works=False,
        note="台风",
        entered_at=datetime.now(UTC),
        person_id=desk.place.admin.person_id,
        actor="admin",
    )
    assert await actions.suggestions([case.id]) == {}


@only("sqlite")
async def test_a_resident_does_not_take_the_rule_for_oneself(desk: Desk) -> None:
    """The rule's step has no person; nor has a case whose reporter is unknown."""
    await desk.rule(type_code="0102", mode="auto")
    case = await desk.accepted(viewer=desk.place.resident)
    await desk.hear()
    case = await Case.get(id=case.id).select_related("area")
    step = await Step.get(case_id=case.id, seq=3)
    case.reporter_id = None
    assert shown_actor(desk.place.handler, case, step) == "派遣规则"


@only("sqlite")
async def test_rules_of_later_and_of_before_send_nothing(desk: Desk) -> None:
    rule = await desk.rule(type_code="0102")
    case = await desk.accepted()
    await Rule.filter(id=rule.id).update(valid_until=datetime.now(UTC))
    assert await actions.suggestions([case.id]) == {}
    await Rule.filter(id=rule.id).update(
        valid_until=None, valid_from=datetime(2100, 1, 1, tzinfo=UTC)
    )
    assert await actions.suggestions([case.id]) == {}
