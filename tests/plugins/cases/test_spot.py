"""现场即办: put right at once by whoever met it, closed by somebody else."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core import house as running
from core.facts import FactRow
from liuhe import BadInput, Conflict, Forbidden, NotFound
from liuhe.testing import make_viewer
from plugins.cases import actions
from plugins.cases.actions import FLOWS, Flow, Move, Need, Stage
from plugins.cases.models import Case, Clock, Evidence, Step, flow_named
from plugins.cases.permissions import allowed, visible, waits_for
from plugins.cases.rules import OPEN
from tests.factories import only
from tests.plugins.cases.conftest import District, picture
from tests.plugins.cases.rated import MET, RATES, rated
from tests.plugins.cases.test_graphql import Asking, case_id
from tests.plugins.cases.test_pages import Browser
from tests.web.conftest import opened_shell

MONDAY = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)  # 9:00 in China
HOUR = timedelta(hours=1)


@pytest.fixture
async def browser(place: District) -> AsyncIterator[Browser]:
    async with opened_shell(place.kernel) as shell:
        yield Browser(shell)


@pytest.fixture
def asking(place: District) -> Asking:
    return Asking(place.kernel)


async def loaded(case: Case) -> Case:
    return await Case.get(id=case.id).select_related("area")


async def told(case: Case) -> list[tuple[str, str]]:
    steps = await Step.filter(case_id=case.id).order_by("seq")
    return [(step.action, step.to_stage.value) for step in steps]


async def running_clocks(case: Case) -> set[str]:
    return {clock.kind for clock in await Clock.filter(case_id=case.id, stopped_at=None)}


# ---------------------------------------------------------------------------------- the way of it


async def test_a_small_matter_is_reported_put_right_and_closed_by_another(place: District) -> None:
    case = await place.on_the_spot()
    assert (case.stage, case.flow, case.version) == ("fed_back", "on_the_spot", 2)
    assert case.handler_id == place.grid.person_id
    kinds = [one.kind for one in await Evidence.filter(case_id=case.id).order_by("id")]
    assert kinds == ["scene", "after"]
    assert await running_clocks(case) == {"close"}
    case = await actions.close_case(place.dispatcher, case.id, note="属实")
    assert (case.stage, case.due_at, case.closed_at is not None) == ("closed", None, True)
    assert await told(case) == [
        (OPEN, "reported"),
        ("handle_on_spot", "fed_back"),
        ("close", "closed"),
    ]
    facts = await FactRow.filter(name__in=["cases.opened", "cases.moved"]).order_by("id")
    assert [row.payload.get("action") for row in facts] == [None, "handle_on_spot", "close"]
    assert facts[0].payload["flow"] == "on_the_spot"


@only("sqlite")
async def test_whoever_handled_it_does_not_close_it(place: District) -> None:
    both = await make_viewer("both", "grid", area=place.community)
    dispatcher = await make_viewer("both2", "dispatcher", area=place.street)
    both = replace(both, grants=(*both.grants, *dispatcher.grants))
    case = await place.on_the_spot(viewer=both, file_ids=[await place.upload(both)], handled=None)
    after = [await place.upload(both)]
    case = await actions.move_case(both, case.id, "handle_on_spot", note="已归位", file_ids=after)
    with pytest.raises(Forbidden, match="由别人来做"):
        await actions.close_case(both, case.id)
    assert not await Case.filter(waits_for(both), id=case.id).exists()
    done = frozenset({"handle_on_spot"})
    assert "close" not in {m.action for m in allowed(both, await loaded(case), done)}
    await actions.close_case(place.dispatcher, case.id)


@only("sqlite")
@pytest.mark.parametrize(
    ("who", "outcome"),
    [
        ("grid", None),
        ("far_grid", Forbidden),
        ("dispatcher", Forbidden),
        ("resident", Forbidden),
        ("handler", Forbidden),
        ("admin", Forbidden),
        ("supervisor", Forbidden),
        ("auditor", Forbidden),
        ("security", Forbidden),
    ],
)
async def test_only_a_grid_member_of_the_place_reports_so(
    place: District, who: str, outcome: type[Exception] | None
) -> None:
    viewer = getattr(place, who)
    before = await place.upload(place.grid)
    given = {"viewer": viewer, "flow": "on_the_spot", "file_ids": [before]}
    if outcome is None:
        assert (await place.open(**given)).stage == "reported"
        return
    with pytest.raises(outcome):
        await place.open(**given)
    assert await Case.all().count() == 0


@only("sqlite")
async def test_who_may_do_what_with_it(place: District) -> None:
    may = {
        "handle_on_spot": ({"grid"}, "reported"),
        "refer": ({"grid"}, "reported"),
        "close": ({"dispatcher"}, "fed_back"),
        "rework": ({"dispatcher"}, "fed_back"),
    }
    for action, (names, stage) in may.items():
        case = await loaded(
            await place.on_the_spot(**({"handled": None} if stage == "reported" else {}))
        )
        assert case.stage == stage
        for name, viewer in place.viewers.items():
            done = frozenset({"handle_on_spot"}) if name == "grid" else frozenset[str]()
            mine = {m.action for m in allowed(viewer, case, done)}
            assert (action in mine) == (name in names), f"{name} {action}"


@only("sqlite")
async def test_each_refusal_names_the_field_to_mend(place: District) -> None:
    before, after = await place.upload(place.grid), await place.upload(place.grid)
    done = actions.Given(note="已归位", file_ids=[after])
    for given, field, reason in (
        ({"file_ids": []}, "fileIds", "required"),
        ({"handled": replace(done, note=" ")}, "handledNote", "required"),
        ({"handled": replace(done, file_ids=[])}, "afterFileIds", "required"),
        ({"handled": replace(done, note="x" * 1001)}, "handledNote", "too_long"),
        ({"handled": replace(done, file_ids=[after] * 10)}, "afterFileIds", "too_many"),
        ({"flow": "nowhere"}, "flow", "unknown"),
        ({"flow": "standard"}, "flow", "unfit"),
    ):
        with pytest.raises(BadInput) as caught:
            await place.on_the_spot(**{"file_ids": [before], "handled": done, **given})
        assert (caught.value.field, caught.value.reason) == (field, reason)
    assert await Case.all().count() == 0


@only("sqlite")
async def test_the_same_key_gives_the_same_case_and_other_words_are_a_conflict(
    place: District,
) -> None:
    files = [await place.upload(place.grid), await place.upload(place.grid)]

    async def report(note: str) -> Case:
        done = actions.Given(note=note, file_ids=files[1:])
        return await place.on_the_spot(file_ids=files[:1], handled=done, idempotency_key="k")

    first = await report("已归位")
    assert (await report("已归位")).id == first.id
    with pytest.raises(Conflict):
        await report("没归位")


# ------------------------------------------------------------------------------- and if it is more


async def test_what_cannot_be_done_on_the_spot_goes_on_as_an_ordinary_case(
    place: District,
) -> None:
    with actions.pretend(MONDAY):
        case = await place.on_the_spot(handled=None)
        assert await running_clocks(case) == {"handle"}
        case = await actions.move_case(place.grid, case.id, "refer", note="要吊车")
    assert (case.stage, case.flow) == ("accepted", "standard")
    assert await running_clocks(case) == {"dispatch"}
    with pytest.raises(Forbidden):  # it is not the grid's any more
        await actions.close_case(place.grid, case.id)
    with actions.pretend(MONDAY + HOUR):
        for stage in ("dispatched", "signed", "fed_back", "verified", "closed", "rated"):
            case = await place.go(case, stage)
    assert case.stage == "rated"
    assert not await running_clocks(case)
    found = await rated(MONDAY, MONDAY + 999 * HOUR, MONDAY + 999 * HOUR)
    assert found == {key: {place.unit.id: MET} for key in RATES}


@only("sqlite")
async def test_a_dispatcher_may_send_it_back_or_on(place: District) -> None:
    case = await place.on_the_spot()
    case = await actions.rework_case(place.dispatcher, case.id, reason="还有两辆")
    assert (case.stage, case.reworks, await running_clocks(case)) == ("reported", 1, {"handle"})
    after = [await place.upload(place.grid)]
    case = await actions.move_case(
        place.grid, case.id, "handle_on_spot", note="都归位了", file_ids=after
    )
    case = await actions.move_case(place.dispatcher, case.id, "refer", note="要划线")
    assert (case.stage, case.flow, await running_clocks(case)) == (
        "accepted",
        "standard",
        {"dispatch"},
    )
    # The grid member who handled it does not verify the unit's work either.
    for stage in ("dispatched", "signed", "fed_back"):
        case = await place.go(case, stage)
    with pytest.raises(Forbidden, match="由别人来做"):
        await actions.verify_case(place.grid, case.id)


@only("sqlite")
async def test_a_closed_one_is_taken_up_again_as_an_ordinary_case(place: District) -> None:
    case = await place.on_the_spot()
    await actions.close_case(place.dispatcher, case.id)
    case = await actions.reopen_case(place.grid, case.id, reason="又停满了")
    assert (case.stage, case.flow, case.handler_id) == ("accepted", "standard", None)
    assert await running_clocks(case) == {"dispatch"}


@only("sqlite")
async def test_one_that_was_put_right_is_in_no_units_figures(place: District) -> None:
    with actions.pretend(MONDAY):
        case = await place.on_the_spot()
        await actions.close_case(place.dispatcher, case.id)
    found = await rated(MONDAY, MONDAY + 999 * HOUR, MONDAY + 999 * HOUR)
    assert found == {key: {} for key in RATES}


# ------------------------------------------------------------------------ lists, pages and GraphQL


@only("sqlite")
async def test_it_waits_for_who_has_the_next_move_in_its_own_flow(place: District) -> None:
    to_do, to_close = await place.on_the_spot(handled=None), await place.on_the_spot()
    ordinary, verified = await place.open(), await place.at("verified")
    for who, mine in {
        "grid": {to_do.id},
        "dispatcher": {to_close.id, ordinary.id, verified.id},
        "handler": set(),
        "far_grid": set(),
        "far_dispatcher": set(),
        "supervisor": set(),
        "resident": set(),
    }.items():
        found = await Case.filter(waits_for(getattr(place, who))).values_list("id", flat=True)
        assert set(found) == mine, who
    for who in ("admin", "grid", "dispatcher", "supervisor"):
        assert await Case.filter(visible(getattr(place, who))).count() == 4, who


@only("sqlite")
async def test_by_plain_forms(place: District, browser: Browser) -> None:
    await browser.as_(place.grid)
    assert "我已现场处置" in (await browser.get("/admin/cases/new")).text
    report = {
        "title": "共享单车挡住盲道",
        "typeCode": "0506",
        "areaId": str(place.community.id),
        "source": "officer",
        "flow": "on_the_spot",
    }
    before, after = [
        (name, (f"{name}.png", picture(), "image/png")) for name in ("fileIds", "afterFileIds")
    ]
    answer = await browser.post("/admin/cases/new", report, files=[before])
    assert (answer.status_code, "请填写怎么处置的" in answer.text) == (422, True)
    assert "已传好 1 张" in answer.text
    report["handledNote"] = "已归位 6 辆"
    answer = await browser.post("/admin/cases/new", report, files=[before])
    assert (answer.status_code, "处置后的照片。" in answer.text) == (422, True)
    answer = await browser.post("/admin/cases/new", report, files=[before, after])
    assert answer.status_code == 303, answer.text
    path = answer.headers["location"]
    shown = (await browser.get(path)).text
    assert "等派单员核查结案" in shown
    assert "现场即办" in shown
    assert "现在请您" not in shown
    await browser.as_(place.dispatcher)
    home, listed = [(await browser.get(f"/admin/{at}")).text for at in ("", "cases/?tab=mine")]
    assert "待核查结案" in home
    assert "待核查结案" in listed
    assert "核查现场处置的结果" in (await browser.get(path)).text
    answer = await browser.post(f"{path}/close", {"note": "属实"})
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert "这件案件已经办完。" in (await browser.get(path)).text
    await browser.as_(place.grid)
    case = await place.on_the_spot(handled=None)
    answer = await browser.post(f"/admin/cases/{case.id}/refer", {"reason": "要吊车"})
    assert answer.status_code == 303
    assert "等派单员派遣" in (await browser.get(f"/admin/cases/{case.id}")).text
    assert (await browser.post(f"/admin/cases/{case.id}/absorb", {})).status_code == 404


@only("sqlite")
async def test_a_dispatcher_is_not_asked_how_it_goes(place: District, browser: Browser) -> None:
    await browser.as_(place.dispatcher)
    assert "我已现场处置" not in (await browser.get("/admin/cases/new")).text


FLOW = "query ($id: ID!) { case(id: $id) { flow flowLabel stateLabel steps { actionLabel } } }"


@only("sqlite")
async def test_by_graphql(place: District, asking: Asking) -> None:
    flows = "{ caseFlows { name label needs } }"
    spot = {"name": "on_the_spot", "label": "现场即办", "needs": ["SCENE_PICTURE"]}
    usual = {"name": "standard", "label": "普通案件", "needs": []}
    assert (await asking.ask(place.grid, flows))["caseFlows"] == [usual, spot]
    assert (await asking.ask(place.resident, flows))["caseFlows"] == [usual]
    assert (await asking.ask(place.handler, flows))["caseFlows"] == []
    from liuhe.graphql import global_id

    given: dict[str, Any] = {
        "title": "单车倒了一排",
        "typeCode": "0506",
        "areaId": global_id("Place", place.community.id),
        "flow": "on_the_spot",
        "fileIds": [await place.upload(place.grid)],
    }
    refused = await asking.do(place.grid, "openCase", **given, handledNote="已扶起")
    assert refused["errors"][0]["field"] == "afterFileIds"
    after = [await place.upload(place.grid)]
    done = await asking.do(
        place.grid, "openCase", **given, handledNote="已扶起", afterFileIds=after
    )
    assert (done["case"]["stage"], done["errors"]) == ("FED_BACK", [])
    shown = (await asking.ask(place.grid, FLOW, id=done["case"]["id"]))["case"]
    assert shown == {
        "flow": "on_the_spot",
        "flowLabel": "现场即办",
        "stateLabel": "待核查结案",
        "steps": [{"actionLabel": "上报"}, {"actionLabel": "现场处置"}],
    }
    sent_on = await asking.do(
        place.dispatcher, "moveCase", caseId=done["case"]["id"], action="refer", note="要划线"
    )
    assert sent_on["case"]["stage"] == "ACCEPTED"
    after_it = (await asking.ask(place.grid, FLOW, id=done["case"]["id"]))["case"]
    assert after_it["flow"] == "standard"
    assert [step["actionLabel"] for step in after_it["steps"]] == ["上报", "现场处置", "转普通案件"]


@only("sqlite")
async def test_a_move_with_a_door_of_its_own_is_not_made_by_its_name(
    place: District, asking: Asking
) -> None:
    case = await place.open()
    for action in ("absorb", "merge", "accept", "open", "nothing"):
        answer = await asking.do(
            place.dispatcher, "moveCase", caseId=case_id(case), action=action, note="x"
        )
        assert [error["field"] for error in answer["errors"]] == ["action"], action
    assert (await Case.get(id=case.id)).version == 1
    refused = await asking.run(
        place.far_grid,
        'mutation ($id: ID!) { moveCase(input: {caseId: $id, action: "refer"}) { case { id } } }',
        id=case_id(case),
    )
    assert refused.errors is not None
    assert refused.errors[0].extensions == {"code": "NOT_FOUND"}


# -------------------------------------------------------------------------- flows of other plugins

PATROL = Flow(
    "patrol",
    Stage.REPORTED,
    title="巡查记录",
    moves=(
        Move(
            action="look_again",
            label="复看",
            sources=(Stage.REPORTED,),
            to=Stage.CLOSED,
            permission="cases.verify",
            needs=(Need.REASON,),
            main=True,
            hint="第二天再看一次。",
        ),
    ),
)


def hang(flow: Flow | None) -> None:
    house = running.house()
    known = [one for one in house.offers[FLOWS] if one.name != "patrol"]
    offers = {**house.offers, FLOWS: (*known, flow) if flow else tuple(known)}
    running.enter(replace(house, offers=offers))


@only("sqlite")
async def test_a_flow_that_another_plugin_offers_works_from_its_data(
    place: District, browser: Browser, asking: Asking
) -> None:
    hang(PATROL)
    case = await place.open(flow="patrol")
    await browser.as_(place.grid)
    assert "其他待办" in (await browser.get("/admin/")).text
    assert "等办理“复看”" not in (await browser.get(f"/admin/cases/{case.id}")).text
    assert "第二天再看一次。" in (await browser.get(f"/admin/cases/{case.id}")).text
    answer = await browser.post(f"/admin/cases/{case.id}/look_again", {"reason": ""})
    assert answer.status_code == 422
    await browser.as_(place.supervisor)
    assert "等办理“复看”" in (await browser.get(f"/admin/cases/{case.id}")).text
    await browser.as_(place.grid)
    answer = await browser.post(f"/admin/cases/{case.id}/look_again", {"reason": "没有复发"})
    assert answer.status_code == 303
    shown = (await asking.ask(place.grid, FLOW, id=case_id(case)))["case"]
    assert (shown["stateLabel"], shown["flowLabel"]) == ("已结案", "巡查记录")


@only("sqlite")
async def test_while_its_plugin_is_off_a_case_rests_and_nothing_breaks(
    place: District, browser: Browser, asking: Asking
) -> None:
    hang(PATROL)
    case = await place.open(flow="patrol")
    hang(None)
    assert flow_named("patrol").moves == ()
    await browser.as_(place.grid)
    shown = await browser.get(f"/admin/cases/{case.id}")
    assert (shown.status_code, "启用声明这种流程的插件" in shown.text) == (200, True)
    for page in ("cases/?tab=all", "cases/?tab=mine", ""):
        assert (await browser.get(f"/admin/{page}")).status_code == 200
    answer = await browser.post(f"/admin/cases/{case.id}/look_again", {"reason": "x"})
    assert answer.status_code == 404
    assert not await Case.filter(waits_for(place.grid), id=case.id).exists()
    with pytest.raises(Conflict):
        await actions.accept_case(place.dispatcher, case.id)
    assert (await asking.ask(place.grid, FLOW, id=case_id(case)))["case"]["flow"] == "patrol"
    with pytest.raises(NotFound):
        await actions.move_case(place.grid, 999, "refer", note="x")


@only("sqlite")
async def test_a_list_costs_the_same_with_one_row_and_with_three(
    place: District, asking: Asking, count_queries: Callable[[], Any]
) -> None:
    text = (
        "{ cases(first: 20) { edges { node { flow flowLabel stateLabel nextActions { name } } } } }"
    )
    counts = []
    for more in (1, 2):
        for _ in range(more):
            await place.on_the_spot()
        with count_queries() as queries:
            await asking.ask(place.grid, text)
        counts.append(len(queries))
    assert counts[0] == counts[1]
