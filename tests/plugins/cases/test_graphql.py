"""The whole loop and its edges as an outside program sees them."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from strawberry.types.execution import ExecutionResult

from core.kernel import Kernel
from liuhe import Viewer
from liuhe.graphql import global_id
from plugins.cases import actions
from tests.plugins.cases.conftest import District
from web.graphql.building import build_schema
from web.graphql.context import Caller, Context
from web.hub import Hub

LIST = """
query ($filter: CaseFilter, $orderBy: [CaseOrder!], $first: Int) {
  cases(filter: $filter, orderBy: $orderBy, first: $first) {
    totalCount
    edges { node {
      id number title description stage stageLabel source sourceLabel sourceRef
      type { code name classCode className limitText }
      area { id code name level levelLabel } areaNames
      address longitude latitude unit { id name } reporterName openedAt dueAt overdue closedAt
      returns reworks rating ratingNote version
      steps { seq at actor action actionLabel fromStage toStage note unit { name }
        proposedUnitName }
      evidence { id kind kindLabel caption url state stateLabel takenBlurred }
      nextActions { name label needs takes main }
    } }
  }
}
"""


class Asking:
    """Runs operations for a viewer against one schema."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel, self.schema = kernel, build_schema(kernel)

    def context(self, viewer: Viewer) -> Context:
        return Context(kernel=self.kernel, hub=Hub(), caller=Caller(viewer))

    async def run(self, viewer: Viewer, text: str, **variables: Any) -> ExecutionResult:
        return await self.schema.execute(text, variables, self.context(viewer))

    async def ask(self, viewer: Viewer, text: str, **variables: Any) -> Any:
        result = await self.run(viewer, text, **variables)
        assert result.errors is None, result.errors
        return result.data

    async def do(self, viewer: Viewer, name: str, **given: Any) -> Any:
        kind = name[0].upper() + name[1:] + "Input"
        text = f"""mutation ($input: {kind}!) {{ {name}(input: $input) {{
            case {{ id stage version nextActions {{ name }} }}
            errors {{ field code message }} }} }}"""
        return (await self.ask(viewer, text, input=given))[name]


@pytest.fixture
def asking(place: District) -> Asking:
    return Asking(place.kernel)


def case_id(case: Any) -> str:
    return str(global_id("Case", case.id))


async def test_the_whole_loop(place: District, asking: Asking) -> None:
    opened = await asking.do(
        place.resident,
        "openCase",
        title="单元门口堆了旧沙发",
        typeCode="0108",
        areaId=global_id("Place", place.community.id),
        address="仓基新村 3 幢",
        fileIds=[await place.upload(place.resident)],
    )
    assert opened["errors"] == []
    case = opened["case"]["id"]
    unit = global_id("Unit", place.unit.id)
    steps: list[tuple[Viewer, str, dict[str, Any], str]] = [
        (place.dispatcher, "acceptCase", {}, "ACCEPTED"),
        (place.dispatcher, "dispatchCase", {"unitId": unit, "note": "请当天清走"}, "DISPATCHED"),
        (place.handler, "returnCase", {"reason": "属于物业"}, "ACCEPTED"),
        (place.dispatcher, "dispatchCase", {"unitId": unit}, "DISPATCHED"),
        (place.handler, "signCase", {}, "SIGNED"),
        (place.handler, "submitHandling", {"note": "已运走"}, "FED_BACK"),
        (place.grid, "reworkCase", {"reason": "还剩一块板"}, "SIGNED"),
        (place.handler, "submitHandling", {"note": "都运走了"}, "FED_BACK"),
        (place.grid, "verifyCase", {}, "VERIFIED"),
        (place.dispatcher, "closeCase", {"note": "办结"}, "CLOSED"),
        (place.resident, "rateCase", {"rating": 4, "note": "挺快"}, "RATED"),
    ]
    for viewer, name, given, stage in steps:
        if name == "submitHandling":
            given["fileIds"] = [await place.upload(viewer)]
        answer = await asking.do(viewer, name, caseId=case, **given)
        assert answer["errors"] == []
        assert answer["case"]["stage"] == stage
    found = (await asking.ask(place.resident, LIST))["cases"]["edges"][0]["node"]
    assert (found["returns"], found["reworks"], found["rating"]) == (1, 1, 4)
    assert [one["kind"] for one in found["evidence"]] == ["SCENE", "AFTER", "AFTER"]
    assert len(found["steps"]) == 12
    assert found["areaNames"] == ["拱墅区", "湖墅街道", "仓基社区"]


async def test_a_list_costs_the_same_with_one_row_and_with_three(
    place: District, asking: Asking, count_queries: Callable[[], Any]
) -> None:
    await place.at("verified")
    counts = []
    for more in (0, 2):
        for _ in range(more):
            await place.at("verified")
        with count_queries() as queries:
            answer = await asking.ask(place.dispatcher, LIST)
        assert len(answer["cases"]["edges"]) == 1 + more
        counts.append(len(queries))
    assert counts[0] == counts[1], counts
    assert counts[0] <= 12, counts


async def test_what_can_be_mended_comes_back_as_errors(place: District, asking: Asking) -> None:
    case = await place.at("accepted")
    unit = global_id("Unit", 999)
    answer = await asking.do(place.dispatcher, "dispatchCase", caseId=case_id(case), unitId=unit)
    assert answer["case"] is None
    assert [(one["field"], one["code"]) for one in answer["errors"]] == [("unitId", "unknown")]


async def test_nobody_outside_takes_a_number_of_which_a_plugin_vouches(
    place: District, asking: Asking
) -> None:
    answer = await asking.do(
        place.dispatcher,
        "openCase",
        title="冒名",
        typeCode="0505",
        areaId=global_id("Place", place.community.id),
        source="CAMERA",
        sourceRef="city_eye:7",
    )
    assert answer["case"] is None
    assert [(one["field"], one["code"]) for one in answer["errors"]] == [("sourceRef", "reserved")]


@pytest.mark.parametrize(
    ("who", "code"),
    [("grid", "FORBIDDEN"), ("far_dispatcher", "NOT_FOUND"), ("neighbour", "NOT_FOUND")],
)
async def test_others_are_refused_with_a_code(
    place: District, asking: Asking, who: str, code: str
) -> None:
    case = await place.open()
    text = "mutation ($input: AcceptCaseInput!) { acceptCase(input: $input) { case { id } } }"
    result = await asking.run(getattr(place, who), text, input={"caseId": case_id(case)})
    assert result.errors is not None
    assert result.errors[0].extensions == {"code": code}


async def test_a_case_out_of_sight_is_null_everywhere(place: District, asking: Asking) -> None:
    case = await place.at("signed")
    text = """query ($id: ID!) { case(id: $id) { title } node(id: $id) { id }
        cases { totalCount edges { node { id } } } }"""
    seen = await asking.ask(place.grid, text, id=case_id(case))
    assert seen["case"] == {"title": "人行道上有垃圾"}
    unseen = await asking.ask(place.far_grid, text, id=case_id(case))
    assert unseen == {"case": None, "node": None, "cases": {"totalCount": 0, "edges": []}}


async def test_a_resident_who_reports_is_named_only_to_those_who_need_it(
    place: District, asking: Asking
) -> None:
    case = await place.open(viewer=place.resident)
    await place.go(case, "accepted")
    await place.go(case, "dispatched")
    text = "query ($id: ID!) { case(id: $id) { reporterName steps { actor } } }"
    for who, name in (
        ("dispatcher", "resident"),
        ("grid", "resident"),
        ("resident", "resident"),
        ("handler", "上报居民"),
    ):
        found = (await asking.ask(getattr(place, who), text, id=case_id(case)))["case"]
        assert (found["reporterName"], found["steps"][0]["actor"]) == (name, name), who


async def test_lists_are_narrowed_and_ordered(place: District, asking: Asking) -> None:
    first = await place.open(title="100%满溢", type_code="2103")
    second = await place.at("dispatched")
    far = await place.open(viewer=place.far_grid, area_id=place.elsewhere.id, type_code="0505")
    everything = {first.id, second.id, far.id}
    for given, expected in (
        ({"stage": ["DISPATCHED"]}, {second.id}),
        ({"typeCode": "0505"}, {far.id}),
        ({"classCode": "01"}, {second.id}),
        ({"areaId": global_id("Place", place.street.id)}, {first.id, second.id}),
        ({"areaId": global_id("Place", 999)}, set()),
        ({"unitId": global_id("Unit", place.unit.id)}, {second.id}),
        ({"source": "OFFICER"}, everything),
        ({"overdue": True}, set()),
        ({"overdue": False}, everything),
        ({"search": "0%"}, {first.id}),
        ({"search": "%"}, {first.id}),
        ({"search": "_"}, set()),
        ({"search": second.number}, {second.id}),
        ({"openedFrom": "2200-01-01T00:00:00+08:00"}, set()),
        ({"waitingForMe": True}, set()),
        ({}, everything),
    ):
        answer = await asking.ask(place.supervisor, LIST, filter=given)
        found = {one["node"]["number"] for one in answer["cases"]["edges"]}
        numbers = {one.number for one in (first, second, far) if one.id in expected}
        assert found == numbers, given
        assert answer["cases"]["totalCount"] == len(expected)
    for order, numbers in (
        ([], [far, second, first]),
        ([{"field": "NUMBER"}], [first, second, far]),
        ([{"field": "OPENED_AT", "direction": "ASC"}], [first, second, far]),
    ):
        answer = await asking.ask(place.supervisor, LIST, orderBy=order)
        found_in_order = [one["node"]["number"] for one in answer["cases"]["edges"]]
        assert found_in_order == [one.number for one in numbers]


async def test_types_and_units_can_be_chosen_from(place: District, asking: Asking) -> None:
    text = """{ caseTypes(classCode: "05") { code name }
        units(search: "环卫", dispatchable: true) { edges { node { name } } } }"""
    answer = await asking.ask(place.dispatcher, text)
    assert len(answer["caseTypes"]) == 14
    assert answer["units"]["edges"] == [{"node": {"name": "湖墅环卫所"}}]
    assert (await asking.ask(place.handler, text))["units"]["edges"] == []


async def test_changes_are_told_to_those_who_may_see_the_case_then(
    place: District, asking: Asking
) -> None:
    case = await place.at("accepted")
    text = "subscription { caseChanged { stage } }"

    async def first(viewer: Viewer) -> Any:
        context = asking.context(viewer)
        stream = await asking.schema.subscribe(text, context_value=context)
        try:
            async with asyncio.timeout(8):
                return (await anext(stream)).data["caseChanged"]["stage"]
        finally:
            await context.hub.close()

    heard = [asyncio.create_task(first(one)) for one in (place.grid, place.handler)]
    deaf = asyncio.create_task(first(place.far_grid))
    await asyncio.sleep(0.5)
    await place.go(case, "dispatched")
    assert await asyncio.gather(*heard) == ["DISPATCHED", "DISPATCHED"]
    deaf.cancel()


async def test_every_name_has_a_description(place: District, asking: Asking) -> None:
    bare = []
    for name, kind in asking.schema._schema.type_map.items():
        if not name.startswith(("Case", "Evidence", "Unit")) and not name.endswith("CaseInput"):
            continue
        if not kind.description:
            bare.append(name)
        for field, one in getattr(kind, "fields", {}).items():
            if not one.description:
                bare.append(f"{name}.{field}")
        for value, one in getattr(kind, "values", {}).items():
            if not one.description:
                bare.append(f"{name}.{value}")
    assert bare == []


@pytest.mark.parametrize("text", ["x" * 200, "a\0b"])
async def test_a_filter_that_no_column_can_hold_is_the_callers_fault(
    place: District, asking: Asking, text: str
) -> None:
    for query in (
        "query ($code: String!) { cases(filter: {typeCode: $code}) { totalCount } }",
        "query ($code: String!) { caseTypes(classCode: $code) { code } }",
    ):
        result = await asking.run(place.dispatcher, query, code=text)
        assert [error.extensions["code"] for error in result.errors or ()] == ["BAD_USER_INPUT"]


async def test_the_side_exits_have_a_mutation_each(place: District, asking: Asking) -> None:
    case, double = case_id(await place.at("signed")), case_id(await place.open())
    other = global_id("Unit", place.other_unit.id)
    until = (datetime.now(UTC) + timedelta(days=60)).isoformat()
    steps: list[tuple[Viewer, str, dict[str, Any], str]] = [
        (place.handler, "requestExtension", {"until": until, "reason": "缺料"}, "SIGNED"),
        (place.dispatcher, "decideExtension", {"granted": True}, "SIGNED"),
        (place.dispatcher, "suspendCase", {"reason": "等天晴"}, "SIGNED"),
        (place.dispatcher, "resumeCase", {}, "SIGNED"),
        (place.supervisor, "superviseCase", {"note": "请抓紧"}, "SIGNED"),
        (place.dispatcher, "transferCase", {"unitId": other, "reason": "归执法"}, "DISPATCHED"),
        (place.dispatcher, "mergeCase", {"mainCaseId": case, "reason": "同一件"}, "MERGED"),
        (place.dispatcher, "withdrawCase", {"reason": "查无此事"}, "WITHDRAWN"),
    ]
    for viewer, name, given, stage in steps:
        about = double if name == "mergeCase" else case
        answer = await asking.do(viewer, name, caseId=about, **given)
        assert answer["errors"] == [], name
        assert answer["case"]["stage"] == stage, name
    closed = case_id(await place.at("closed"))
    answer = await asking.do(place.grid, "reopenCase", caseId=closed, reason="又来了")
    assert answer["case"]["stage"] == "ACCEPTED"


async def test_a_case_tells_how_it_stands_and_its_clocks(place: District, asking: Asking) -> None:
    case = await place.at("signed")
    await actions.suspend_case(place.dispatcher, case.id, reason="等天晴")
    text = """query ($id: ID!) { case(id: $id) { stateLabel suspendedAt extensionUntil escalatedAt
        supervisedAt mergedInto { id } dueAt
        clocks { kind kindLabel startedAt dueAt stoppedAt pausedAt rule late } } }"""
    found = (await asking.ask(place.dispatcher, text, id=case_id(case)))["case"]
    assert (found["stateLabel"], found["dueAt"]) == ("已挂起", None)
    assert found["suspendedAt"] is not None
    clocks = {one["kind"]: one for one in found["clocks"]}
    assert list(clocks) == ["accept", "dispatch", "sign", "handle", "feedback"]
    assert (clocks["handle"]["kindLabel"], clocks["handle"]["late"]) == ("处置", False)
    assert clocks["handle"]["pausedAt"] is not None
    assert clocks["sign"]["stoppedAt"] is not None
    assert "4 工作时" in clocks["handle"]["rule"]
