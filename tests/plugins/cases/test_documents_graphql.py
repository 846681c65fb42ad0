"""Documents over GraphQL: listed for who works on the case, and for nobody else."""

from collections.abc import Callable
from typing import Any

from plugins.cases.actions.documents import add_document
from tests.core.test_documents import PDF
from tests.factories import only
from tests.plugins.cases.conftest import District
from tests.plugins.cases.test_graphql import Asking

pytestmark = only("sqlite")

LIST = """{ cases(first: 20) { edges { node { number
  documents { id name size addedAt addedBy url } } } } }"""


async def listed(asking: Asking, viewer: Any) -> list[dict[str, Any]]:
    edges = (await asking.ask(viewer, LIST))["cases"]["edges"]
    return [one for edge in edges for one in edge["node"]["documents"]]


async def test_documents_are_listed_for_who_works_on_the_case_and_for_nobody_else(
    place: District,
) -> None:
    asking = Asking(place.kernel)
    case = await place.at("signed")
    first = await add_document(place.handler, case.id, PDF, "许可证.pdf")
    await add_document(place.handler, case.id, PDF, "第二份.pdf")
    for viewer in (place.handler, place.dispatcher, place.grid, place.supervisor):
        found = await listed(asking, viewer)
        assert [one["name"] for one in found] == ["许可证.pdf", "第二份.pdf"], viewer.username
        assert found[0] == {
            "id": str(first.id),
            "name": "许可证.pdf",
            "size": len(PDF),
            "addedAt": first.created_at.isoformat(),
            "addedBy": place.handler.name,
            "url": f"/files/{first.id}",
        }
    for viewer in (place.admin, place.resident, place.other_handler, place.far_dispatcher):
        answer = await asking.ask(viewer, LIST)
        assert "许可证" not in str(answer), viewer.username
        assert str(first.id) not in str(answer), viewer.username


async def test_documents_of_one_case_and_of_three_cost_the_same(
    place: District, count_queries: Callable[[], Any]
) -> None:
    asking, counts = Asking(place.kernel), []
    for more in (1, 2):
        for _ in range(more):
            case = await place.at("signed")
            for number in range(more):
                await add_document(place.handler, case.id, PDF, f"{number}.pdf")
        with count_queries() as queries:
            found = await listed(asking, place.dispatcher)
        assert len(found) == (1 if more == 1 else 5)
        counts.append(len(queries))
    assert counts[0] == counts[1], counts
