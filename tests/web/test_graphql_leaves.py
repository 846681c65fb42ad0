"""The shortcut for plain fields answers exactly as graphql-core would."""

# mypy: disallow-untyped-decorators=False

from collections.abc import AsyncIterator
from typing import Any

import pytest
import strawberry

from core.kernel import Kernel
from core.testing import make_area, make_viewer
from liuhe import Extension
from tests.web.garden import GARDEN, GROUND, Plot, plugin
from tests.web.stock import Stock, in_order
from web.graphql.building import build_schema
from web.graphql.context import Caller, Context
from web.hub import Hub


@strawberry.type(description="一物")
class Odd:
    fine: str = strawberry.field(description="好的")
    empty: str | None = strawberry.field(description="空的")
    owed: str = strawberry.field(description="不该空的")
    number: int = strawberry.field(description="不是数的数")

    @strawberry.field(description="出错的")
    def failing(self) -> str | None:
        raise RuntimeError("secret")

    @strawberry.field(description="算出来的")
    def computed(self) -> str:
        return self.fine * 2

    @strawberry.field(description="几个词")
    def words(self) -> list[str]:
        return [self.fine]


@strawberry.type
class OddQueries:
    @strawberry.field(description="怪物")
    def odd(self) -> Odd | None:
        return Odd(fine="a", empty=None, owed=None, number="x")  # type: ignore[arg-type]


QUERIES = [
    "{ plots(orderBy: [CODE]) { pageInfo { endCursor hasNextPage } edges { cursor node {"
    " b: code teams { name } a: name id __typename parent { name code } validTo } } } }",
    "{ odd { fine computed words empty f: fine } }",
    "{ odd { fine owed } }",
    "{ odd { number fine } }",
    "{ odd { fine failing computed } }",
    "query($no: Boolean = false) { odd { fine computed @include(if: $no) empty } }",
]


@pytest.fixture
def engine() -> str:
    return "sqlite"


@pytest.fixture
async def house(kernel_on: Any) -> AsyncIterator[Kernel]:
    odd = plugin("odd", Extension("Query", OddQueries))
    async with kernel_on(found=[GROUND, GARDEN, odd]) as kernel:
        yield kernel


@pytest.mark.parametrize("query", QUERIES)
async def test_answers_are_the_same_with_and_without(house: Kernel, query: str) -> None:
    top = await make_area("100", "拱墅区")
    await make_area("101", "街道", "street", top)
    viewer = await make_viewer("zhang", "admin")
    schema = build_schema(house)

    async def answer() -> Any:
        context = Context(kernel=house, hub=Hub(), caller=Caller(viewer), request_id="r")
        result = await schema.execute(query, context_value=context)
        return in_order(result.data), [error.formatted for error in result.errors or ()]

    short = await answer()
    schema.execution_context_class = Stock
    assert short == await answer()


def test_a_node_reads_its_row() -> None:
    class Row:
        pk, name = 7, "山"

    plot = Plot.of(Row())
    assert (plot.name, plot.id()) == ("山", "UGxvdDo3")
    with pytest.raises(AttributeError):
        plot.nothing  # noqa: B018
