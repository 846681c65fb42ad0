"""Reading figures."""

# mypy: disallow-untyped-decorators=False

from datetime import date
from typing import Annotated

import strawberry

from liuhe import BadInput
from liuhe.graphql import After, Before, Connection, First, Info, Last, connection
from plugins.figures import actions
from plugins.figures.rules import read_month
from plugins.figures.schema.types import (
    FigureBy,
    FigureObjection,
    FigureRow,
    FigureTable,
    FigureView,
    Indicator,
    WhyThis,
)

Code = Annotated[str, strawberry.argument(description="指标的代号，如 cases.signed · its code")]
MonthText = Annotated[str, strawberry.argument(description="月份，如 2026-11 · the month")]
By = Annotated[FigureBy, strawberry.argument(description="怎样细分 · how to break it down")]
Key = Annotated[str, strawberry.argument(description="哪一项，见 figures.key · which one")]
View = Annotated[
    FigureView | None,
    strawberry.argument(description="看哪些，默认最全的 · the fullest by default"),
]


def month_from(text: str, field: str = "month") -> date:
    month = read_month(text)
    if month is None:
        raise BadInput("月份要写成 2026-11 这样。", field=field, reason="malformed")
    return month


def view_of(view: FigureView | None) -> str | None:
    return str(view.value) if view else None


@strawberry.type
class FigureQueries:
    @strawberry.field(description="看得到的指标 · the indicators that the viewer may see")
    async def indicators(self, info: Info) -> list[Indicator]:
        seen = actions.seen_indicators(info.context.viewer)
        return [Indicator(card=actions.card_of(one)) for one in seen]

    @strawberry.field(
        description="一个指标的一个月；还没有数、没有公布为空 · one indicator in one month"
    )
    async def figures(
        self, info: Info, code: Code, month: MonthText, by: By = FigureBy.ALL, view: View = None
    ) -> FigureTable | None:
        found = await actions.board(
            info.context.viewer, code, month_from(month), str(by.value), view_of(view)
        )
        return FigureTable(board=found) if found else None

    @strawberry.field(
        description="一个数背后看得到的事情 · the things behind a figure that the viewer may see"
    )
    async def figure_rows(
        self,
        info: Info,
        code: Code,
        month: MonthText,
        by: By = FigureBy.ALL,
        key: Key = "",
        view: View = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[FigureRow]:
        found = await actions.behind(
            info.context.viewer, code, month_from(month), str(by.value), key, view_of(view)
        )
        card = found.board.indicator
        return await connection(
            found.rows,
            lambda row: FigureRow(row=row, card=card),
            order=["thing_id"],
            first=first,
            after=after,
            last=last,
            before=before,
        )

    @strawberry.field(description="为什么是这个数、颜色、名次 · why a figure is what it is")
    async def why_this(
        self,
        info: Info,
        code: Code,
        month: MonthText,
        by: By = FigureBy.ALL,
        key: Key = "",
        view: View = None,
    ) -> WhyThis:
        board, cell = await actions.cell_of(
            info.context.viewer, code, month_from(month), str(by.value), key, view_of(view)
        )
        return WhyThis(why=actions.why(board, cell))

    @strawberry.field(description="看得到的异议，早到期的在前 · objections, the first due first")
    async def figure_objections(
        self,
        info: Info,
        answered: Annotated[
            bool, strawberry.argument(description="要答复过的 · those that were answered")
        ] = False,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[FigureObjection]:
        return await connection(
            FigureObjection.seen_by(info.context.viewer).filter(answered_at__isnull=not answered),
            FigureObjection.of,
            order=["due_at"],
            first=first,
            after=after,
            last=last,
            before=before,
        )
