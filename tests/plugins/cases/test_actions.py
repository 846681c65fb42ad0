"""The verbs, on both engines."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tortoise.exceptions import IntegrityError

from core.facts import FactRow
from core.receipts import Receipt
from liuhe import BadInput, Conflict, File, Forbidden, NotFound, NotSignedIn, store_upload
from plugins.cases import actions
from plugins.cases.models import Case, CaseType, Clock, Evidence, Step
from plugins.cases.permissions import may_see_file
from plugins.cases.rules import STANDARD
from tests.factories import only
from tests.plugins.cases.conftest import District, blurred, picture


async def test_the_whole_way_leaves_a_timeline_that_replays(place: District) -> None:
    case = await place.at("rated")
    steps = await Step.filter(case_id=case.id).order_by("seq")
    expected = ["open", "accept", "dispatch", "sign", "submit_handling", "verify", "close", "rate"]
    assert [step.action for step in steps] == expected
    assert [step.seq for step in steps] == list(range(1, 9))
    stored = await Case.get(id=case.id)
    assert STANDARD.replay(step.action for step in steps) == stored.stage == "rated"
    assert stored.version == 8
    assert (stored.rating, stored.due_at, stored.closed_at is not None) == (5, None, True)
    assert await Clock.filter(case_id=case.id, stopped_at=None).count() == 0
    names = await FactRow.filter(name__startswith="cases.").order_by("id").values_list("name")
    assert [name for (name,) in names] == ["cases.opened", *["cases.moved"] * 7]


@only("sqlite")
async def test_the_event_table_is_there_without_demo_data(place: District) -> None:
    found = await CaseType.get(code="0505")
    assert (found.name, found.class_name, found.limit.text) == (
        "机动车乱停放",
        "街面秩序",
        "3 紧急工作时",
    )
    classes = {code for (code,) in await CaseType.all().values_list("class_code")}
    assert classes == {"01", "02", "03", "04", "05", "21"}
    assert await CaseType.filter(class_code__lt="21").count() == 54


@only("sqlite")
async def test_the_number_begins_with_the_local_day(place: District) -> None:
    with actions.pretend(datetime(2026, 11, 22, 16, 30, tzinfo=UTC)):  # past midnight in China
        case = await place.open()
    assert case.number == f"20261123{case.id:05d}"


@only("sqlite")
async def test_a_returned_case_keeps_its_handling_clock(place: District) -> None:
    start = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
    with actions.pretend(start):
        case = await place.open()
    for minutes, work in (
        (10, lambda: actions.accept_case(place.dispatcher, case.id)),
        (20, lambda: actions.dispatch_case(place.dispatcher, case.id, unit_id=place.unit.id)),
        (
            60,
            lambda: actions.return_case(
                place.handler, case.id, reason="不归我们", proposed_unit_id=place.other_unit.id
            ),
        ),
        (
            80,
            lambda: actions.dispatch_case(place.dispatcher, case.id, unit_id=place.other_unit.id),
        ),
    ):
        with actions.pretend(start + timedelta(minutes=minutes)):
            await work()
    clock = await Clock.get(case_id=case.id, kind="handle")
    assert clock.started_at == start + timedelta(minutes=20)
    # 0102: 4 工作时, from 9:20 on a Monday, over lunch.
    assert clock.due_at == start + timedelta(minutes=20, hours=5.5)
    assert "4 工作时" in clock.rule
    case = await Case.get(id=case.id)
    assert (case.returns, case.due_at, case.unit_id) == (1, clock.due_at, place.other_unit.id)
    step = await Step.get(case_id=case.id, action="return")
    assert step.details["proposed_unit"]["name"] == "综合执法中队"


@only("sqlite")
async def test_signing_one_second_after_a_day_is_late(place: District) -> None:
    case = await place.at("dispatched")
    clock = await Clock.get(case_id=case.id, kind="sign")
    with actions.pretend(clock.started_at + timedelta(hours=24, seconds=1)):
        await actions.sign_case(place.handler, case.id)
    assert (await Clock.get(id=clock.id)).late(datetime.now(UTC))


@only("sqlite")
async def test_rework_is_counted_and_starts_the_handling_clock_again(place: District) -> None:
    case = await place.at("fed_back")
    case = await actions.rework_case(place.grid, case.id, reason="没清干净")
    assert (case.stage, case.reworks) == ("signed", 1)
    assert await Clock.filter(case_id=case.id, kind="handle").count() == 2
    case = await place.go(case, "fed_back")
    case = await place.go(case, "verified")
    case = await actions.rework_case(place.dispatcher, case.id, reason="照片对不上")
    assert (case.stage, case.reworks) == ("signed", 2)


@only("sqlite")
@pytest.mark.parametrize(
    ("stage", "work", "field"),
    [
        ("reported", lambda d, c: actions.reject_case(d.dispatcher, c, reason=" "), "reason"),
        ("accepted", lambda d, c: actions.dispatch_case(d.dispatcher, c, unit_id=None), "unitId"),
        ("accepted", lambda d, c: actions.dispatch_case(d.dispatcher, c, unit_id=999), "unitId"),
        ("signed", lambda d, c: actions.return_case(d.handler, c, reason=""), "reason"),
        ("signed", lambda d, c: actions.submit_handling(d.handler, c, note="好了"), "fileIds"),
        (
            "signed",
            lambda d, c: actions.submit_handling(d.handler, c, note="", file_ids=["x"]),
            "note",
        ),
        (
            "signed",
            lambda d, c: actions.submit_handling(d.handler, c, note="好了", file_ids=["x"]),
            "fileIds",
        ),
        ("closed", lambda d, c: actions.rate_case(d.grid, c, rating=None), "rating"),
        ("closed", lambda d, c: actions.rate_case(d.grid, c, rating=6), "rating"),
        ("closed", lambda d, c: actions.rate_case(d.grid, c, rating=1, note="长" * 1001), "note"),
    ],
)
async def test_what_is_missing_is_asked_for_at_its_field(
    place: District, stage: str, work: Any, field: str
) -> None:
    case = await place.at(stage)
    with pytest.raises(BadInput) as caught:
        await work(place, case.id)
    assert caught.value.field == field
    assert (await Case.get(id=case.id)).version == case.version


@only("sqlite")
@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "长" * 121}, "title"),
        ({"type_code": "9999"}, "typeCode"),
        ({"area_id": None}, "areaId"),
        ({"longitude": 120.1}, "longitude"),
        ({"longitude": 120.1, "latitude": 91.0}, "latitude"),
        ({"source": "rumour"}, "source"),
        ({"source": "camera"}, "sourceRef"),
        ({"file_ids": ["nothing"]}, "fileIds"),
    ],
)
async def test_a_report_that_makes_no_sense_is_sent_back(
    place: District, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadInput) as caught:
        await place.open(**given)
    assert caught.value.field == field
    assert await Case.all().count() == 0


@only("sqlite")
async def test_a_resident_always_reports_as_a_resident(place: District) -> None:
    case = await place.open(viewer=place.resident, source="camera", source_ref="7")
    assert case.source == "resident"


async def test_the_same_source_ref_never_makes_a_second_case(place: District) -> None:
    first = await place.open(source="camera", source_ref="finding-7")
    second = await place.open(source="camera", source_ref="finding-7", title="另一个标题")
    assert first.id == second.id
    assert await Case.all().count() == await Step.all().count() == 1
    with pytest.raises(Conflict):
        await place.open(
            viewer=place.far_grid,
            area_id=place.elsewhere.id,
            source="camera",
            source_ref="finding-7",
        )


async def test_a_source_that_repeats_itself_after_receipts_are_forgotten_gets_its_case(
    place: District,
) -> None:
    first = await place.open(source="camera", source_ref="finding-7")
    await Receipt.all().delete()
    second = await place.open(source="camera", source_ref="finding-7")
    assert (second.id, await Case.all().count()) == (first.id, 1)


async def test_two_who_confirm_the_same_finding_at_once_open_one_case(place: District) -> None:
    both = (
        place.open(viewer=who, source="camera", source_ref="finding-8", title=who.name)
        for who in (place.grid, place.dispatcher)
    )
    first, second = await asyncio.gather(*both)
    assert first.id == second.id
    assert await Case.all().count() == 1


async def test_the_same_key_gives_the_same_case_and_other_input_is_a_conflict(
    place: District,
) -> None:
    first = await place.open(idempotency_key="k1")
    again = await place.open(idempotency_key="k1")
    assert (first.id, await Case.all().count()) == (again.id, 1)
    with pytest.raises(Conflict):
        await place.open(idempotency_key="k1", title="别的事")


async def test_feedback_sent_twice_with_its_key_counts_once(place: District) -> None:
    case = await place.at("signed")
    after = [await place.upload(place.handler)]
    for _ in range(2):
        case = await actions.submit_handling(
            place.handler, case.id, note="好了", file_ids=after, idempotency_key="k"
        )
    assert (case.stage, case.version) == ("fed_back", 5)
    assert await Evidence.filter(case_id=case.id).count() == 1


async def test_of_two_who_sign_at_once_one_wins_and_the_other_hears_who(place: District) -> None:
    case = await place.at("dispatched")
    results = await asyncio.gather(
        actions.sign_case(place.handler, case.id),
        actions.sign_case(place.handler2, case.id),
        return_exceptions=True,
    )
    won = [one for one in results if isinstance(one, Case)]
    lost = [one for one in results if isinstance(one, Conflict)]
    assert (len(won), len(lost)) == (1, 1)
    winner = "handler" if won[0].handler_id == place.handler.person_id else "handler2"
    assert lost[0].message.startswith(f"{winner}已在 ")
    assert "“签收”" in lost[0].message
    assert await Step.filter(case_id=case.id, action="sign").count() == 1


async def test_a_second_click_on_return_says_that_it_was_returned(place: District) -> None:
    case = await place.at("dispatched")
    await actions.return_case(place.handler, case.id, reason="不归我们")
    with pytest.raises(Conflict, match="退回"):
        await actions.return_case(place.handler, case.id, reason="不归我们")


@only("sqlite")
async def test_an_old_page_cannot_move_a_case_that_went_round_meanwhile(place: District) -> None:
    case = await place.at("accepted")
    seen = case.version
    await place.go(case, "dispatched")
    await actions.return_case(place.handler, case.id, reason="不归我们")
    with pytest.raises(Conflict, match="handler已在"):
        await actions.dispatch_case(place.dispatcher, case.id, unit_id=place.unit.id, version=seen)


@only("sqlite")
async def test_whoever_handled_a_case_cannot_verify_it(place: District) -> None:
    from liuhe.testing import make_viewer

    both = await make_viewer("both", "handler", unit=place.unit)
    case = await place.at("dispatched")
    await actions.sign_case(both, case.id)
    case = await place.go(case, "fed_back")
    grant = next(iter(place.grid.grants))
    also_grid = type(both)(
        person_id=both.person_id, username="both", name="both", grants=(*both.grants, grant)
    )
    with pytest.raises(Forbidden, match="别人"):
        await actions.verify_case(also_grid, case.id)
    await actions.verify_case(place.grid, case.id)


async def test_a_step_number_is_taken_once(place: District) -> None:
    case = await place.open()
    with pytest.raises(IntegrityError):
        await Step.create(
            case_id=case.id, seq=1, at=case.opened_at, actor="x", action="open", to_stage="reported"
        )


@only("sqlite")
async def test_nobody_signed_in_does_nothing(place: District) -> None:
    case = await place.open()
    with pytest.raises(NotSignedIn):
        await actions.accept_case(None, case.id)
    with pytest.raises(NotSignedIn):
        await place.open(viewer=None)


@only("sqlite")
async def test_pictures_that_came_blurred_become_the_cases_own(place: District) -> None:
    file = await blurred()
    case = await place.open(source="camera", source_ref="1", evidence=[file])
    kept = await File.get(id=file.id)
    assert (kept.keeper, kept.subject) == ("cases", str(case.id))
    assert (await Evidence.get(file_id=file.id)).taken_blurred
    assert await may_see_file(place.dispatcher, kept)
    assert not await may_see_file(place.handler, kept)
    assert not await may_see_file(place.far_grid, kept)
    raw = await store_upload(picture(), place.grid)
    with pytest.raises(ValueError, match="not blurred"):
        await place.open(source="camera", source_ref="2", evidence=[raw])
    assert await Case.all().count() == 1


@only("sqlite")
async def test_a_unit_elsewhere_cannot_be_dispatched_to(place: District) -> None:
    from liuhe.testing import make_unit

    far = await make_unit("U9", "小河环卫", place.elsewhere)
    above = await make_unit("U8", "区市政", place.district)
    case = await place.at("accepted")
    with pytest.raises(BadInput, match="没有这个单位"):
        await actions.dispatch_case(place.dispatcher, case.id, unit_id=far.id)
    assert (await actions.dispatch_case(place.dispatcher, case.id, unit_id=above.id)).unit == above


@only("sqlite")
async def test_what_one_may_not_see_is_not_there(place: District) -> None:
    case = await place.open()
    for stranger in (place.neighbour, place.far_dispatcher, place.handler, place.security):
        with pytest.raises(NotFound):
            await actions.accept_case(stranger, case.id)
