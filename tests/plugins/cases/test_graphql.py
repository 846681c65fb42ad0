"""The whole loop and its edges as an outside program sees them."""

from collections.abc import Callable
from typing import Any

import pytest
from strawberry.types.execution import ExecutionResult

from core.kernel import Kernel
from liuhe import Viewer
from liuhe.graphql import global_id
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
