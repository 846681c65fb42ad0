"""Work orders over GraphQL: what the pages show, to whom the pages show it."""

from collections.abc import Callable
from typing import Any

import pytest

from liuhe.graphql import global_id
from plugins.hotline.models import TypeRule, WorkOrder
from tests.factories import only
from tests.plugins.cases.conftest import District
from tests.plugins.cases.test_graphql import Asking
from tests.plugins.hotline.test_hotline import brought, mapped, order

pytestmark = only("sqlite")

ORDERS = """query ($first: Int, $after: String, $filter: WorkOrderFilter) {
  workOrders(first: $first, after: $after, filter: $filter) { totalCount
    pageInfo { hasNextPage endCursor }
    edges { node { id taskNum recType recTypeLabel mainType subType eventDesc address toldAt
      state stateLabel result returnBasis area { name } case { number workOrders { taskNum } } } }
  } }"""
TYPES = """{ workOrderTypes(first: 10) { totalCount edges { node { mainType subType thirdType
    typeCode caseType { name } } } }
  waitingWorkOrderKinds { mainType subType thirdType count } }"""
ONE = "query ($id: ID!) { workOrder(id: $id) { taskNum eventDesc } node(id: $id) { id } }"


@pytest.fixture
def asking(place: District) -> Asking:
    return Asking(place.kernel)


async def test_an_order_and_its_case_name_each_other_without_who_called(
    place: District, asking: Asking
) -> None:
    await mapped(place)
    await brought(place, order(1))
    edges = (await asking.ask(place.dispatcher, ORDERS))["workOrders"]["edges"]
    (found,) = [edge["node"] for edge in edges]
    assert (found["taskNum"], found["recTypeLabel"]) == ("GD0001", "投诉")
    assert (found["state"], found["stateLabel"]) == ("OPEN", "已转案件")
    assert (found["eventDesc"], found["area"]["name"]) == ("路口的垃圾三天没人收", "仓基社区")
    assert found["case"]["workOrders"] == [{"taskNum": "GD0001"}]
    text = str(edges) + asking.schema.as_str()
    assert "王某" not in text
    assert "contactId" not in text


async def test_what_one_may_not_see_is_not_there(place: District, asking: Asking) -> None:
    await mapped(place)
    await brought(place, order(1))
    id = global_id("WorkOrder", (await WorkOrder.get()).id)
    assert (await asking.ask(place.supervisor, ONE, id=id))["workOrder"]["taskNum"] == "GD0001"
    nothing = {"totalCount": 0, "pageInfo": {"hasNextPage": False, "endCursor": None}, "edges": []}
    for viewer in (place.far_dispatcher, place.grid, place.handler, place.resident, place.auditor):
        assert (await asking.ask(viewer, ORDERS))["workOrders"] == nothing, viewer.username
        assert (await asking.ask(viewer, ONE, id=id)) == {"workOrder": None, "node": None}
    cases = "{ cases(first: 5) { edges { node { title workOrders { taskNum } } } } }"
    (edge,) = (await asking.ask(place.grid, cases))["cases"]["edges"]
    assert edge["node"]["workOrders"] == [], "the case is seen, the order is not"


async def test_pages_follow_one_another_under_a_filter_and_a_search(
    place: District, asking: Asking
) -> None:
    await mapped(place)
    other = {"一级类型": "道路", "二级类型": ""}
    await brought(place, *[order(n) for n in range(1, 4)], *[order(n, **other) for n in (4, 5)])
    seen: list[str] = []
    after = None
    while True:
        given = {"first": 2, "after": after, "filter": {"state": "OPEN"}}
        page = (await asking.ask(place.dispatcher, ORDERS, **given))["workOrders"]
        assert page["totalCount"] == 3
        seen += [edge["node"]["taskNum"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == ["GD0003", "GD0002", "GD0001"]
    searched = await asking.ask(place.dispatcher, ORDERS, filter={"search": "gd0005"})
    (edge,) = searched["workOrders"]["edges"]
    assert edge["node"]["state"] == "UNMAPPED"


async def test_the_mapping_is_for_who_keeps_it_for_the_whole_district(
    place: District, asking: Asking
) -> None:
    await mapped(place)
    other = {"一级类型": "道路", "二级类型": "积水"}
    await brought(place, order(1), *[order(n, **other) for n in (2, 3)])
    for viewer in (place.admin, place.chief):
        found = await asking.ask(viewer, TYPES)
        (edge,) = found["workOrderTypes"]["edges"]
        assert (edge["node"]["mainType"], edge["node"]["typeCode"]) == ("市容环境", "0102")
        assert edge["node"]["caseType"]["name"] == "暴露垃圾"
        assert found["waitingWorkOrderKinds"] == [
            {"mainType": "道路", "subType": "积水", "thirdType": "", "count": 2}
        ]
    for viewer in (place.dispatcher, place.supervisor, place.grid):
        found = await asking.ask(viewer, TYPES)
        assert found["workOrderTypes"] == {"totalCount": 0, "edges": []}, viewer.username
        assert found["waitingWorkOrderKinds"] == []


async def test_lists_cost_the_same_with_one_row_and_with_three(
    place: District, asking: Asking, count_queries: Callable[[], Any]
) -> None:
    await mapped(place)
    counts: list[tuple[int, int]] = []
    for numbers in ((1,), (2, 3)):
        await brought(place, *[order(n) for n in numbers])
        for number in numbers:
            await TypeRule.create(main_type=f"类型 {number}", type_code="0505")
        with count_queries() as orders:
            await asking.ask(place.chief, ORDERS)
        with count_queries() as types:
            await asking.ask(place.chief, TYPES)
        counts.append((len(orders), len(types)))
    assert counts[0] == counts[1], counts
