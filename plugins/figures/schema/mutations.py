"""Objections, errata and closing."""

# mypy: disallow-untyped-decorators=False

from typing import Annotated, Any, TypeVar

import strawberry

from liuhe import BadInput
from liuhe.graphql import Info, Payload, mutation
from plugins.figures import actions
from plugins.figures.models import Objection
from plugins.figures.rules import Pair
from plugins.figures.schema.queries import month_from, view_of
from plugins.figures.schema.types import FigureBy, FigureObjection, FigureTable, FigureView

T = TypeVar("T")
Input = Annotated[T, strawberry.argument(description="办理的内容 · what to do")]
KEY = "重试时不变的键，同键同内容只办一次 · idempotency key"


@strawberry.input(description="哪一个数 · which figure")
class FigureInput:
    code: str = strawberry.field(description="指标的代号 · code of the indicator")
    month: str = strawberry.field(description="月份，如 2026-11 · the month")
    by: FigureBy = strawberry.field(default=FigureBy.ALL, description="怎样细分 · broken down by")
    key: str = strawberry.field(default="", description="哪一项；合计为空 · which one")

    def where(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "month": month_from(self.month),
            "by": str(self.by.value),
            "key": self.key,
        }


@strawberry.input(description="更正后的数 · the right figure")
class FigurePairInput:
    numerator: int = strawberry.field(description="分子的件数 · numerator")
    denominator: int = strawberry.field(description="分母的件数 · denominator")

    def pair(self) -> Pair:
        return Pair(self.numerator, self.denominator)


@strawberry.input(description="提出异议 · object to a figure")
class FileFigureObjectionInput:
    figure: FigureInput = strawberry.field(description="对哪个数 · which figure")
    text: str = strawberry.field(description="哪里不对，依据是什么 · what is wrong, and why")
    view: FigureView | None = strawberry.field(
        default=None, description="看的是哪些 · in which view it was seen"
    )
    idempotency_key: strawberry.ID | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="答复异议 · answer an objection")
class AnswerFigureObjectionInput:
    id: strawberry.ID = strawberry.field(description="哪一条 · which one")
    upheld: bool = strawberry.field(description="支持还是不支持 · whether it is right")
    answer: str = strawberry.field(description="理由 · the reason")
    corrected: FigurePairInput | None = strawberry.field(
        default=None, description="更正后的数；支持、而且已经封账时要填 · the right figure"
    )


@strawberry.input(description="发布勘误 · publish a correction")
class PublishFigureErratumInput:
    figure: FigureInput = strawberry.field(description="哪个数 · which figure")
    corrected: FigurePairInput = strawberry.field(description="应为 · the right figure")
    reason: str = strawberry.field(description="为什么 · why")
    idempotency_key: strawberry.ID | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="封账 · close a month")
class CloseFigureMonthInput:
    month: str = strawberry.field(description="月份，如 2026-10 · the month")


@strawberry.type(description="提出或答复异议的结果 · what came of it")
class FigureObjectionPayload(Payload):
    objection: FigureObjection | None = strawberry.field(
        default=None, description="这条异议 · the objection"
    )


@strawberry.type(description="发布勘误的结果 · what came of it")
class FigureErratumPayload(Payload):
    table: FigureTable | None = strawberry.field(
        default=None, description="那一个月，连同勘误 · the month with its corrections"
    )


@strawberry.type(description="封账的结果 · what came of it")
class CloseFigureMonthPayload(Payload):
    month: str | None = strawberry.field(default=None, description="封了账的月份 · the month")


async def _objection(row: Objection) -> FigureObjection:
    return FigureObjection.of(await Objection.get(id=row.id).select_related("sheet"))


@strawberry.type
class FigureMutations:
    @mutation(description="对一个数提出异议，最多 15 天内答复 · object to a figure")
    async def file_figure_objection(
        self, info: Info, input: Input[FileFigureObjectionInput]
    ) -> FigureObjectionPayload:
        row = await actions.file_objection(
            info.context.viewer,
            text=input.text,
            view=view_of(input.view),
            idempotency_key=input.idempotency_key,
            **input.figure.where(),
        )
        return FigureObjectionPayload(objection=await _objection(row))

    @mutation(description="答复一条异议；支持的，封了账的数旁边写勘误 · answer an objection")
    async def answer_figure_objection(
        self, info: Info, input: Input[AnswerFigureObjectionInput]
    ) -> FigureObjectionPayload:
        row = await actions.answer_objection(
            info.context.viewer,
            FigureObjection.key(input.id),
            upheld=input.upheld,
            answer=input.answer,
            corrected=input.corrected.pair() if input.corrected else None,
        )
        return FigureObjectionPayload(objection=await _objection(row))

    @mutation(description="在封了账的数旁边发布勘误 · publish a correction beside a closed figure")
    async def publish_figure_erratum(
        self, info: Info, input: Input[PublishFigureErratumInput]
    ) -> FigureErratumPayload:
        where = input.figure.where()
        await actions.publish_erratum(
            info.context.viewer,
            corrected=input.corrected.pair(),
            reason=input.reason,
            idempotency_key=input.idempotency_key,
            **where,
        )
        found = await actions.board(
            info.context.viewer, where["code"], where["month"], where["by"], "whole"
        )
        if found is None:
            raise BadInput("这个月没有这个数。", field="month", reason="unknown")
        return FigureErratumPayload(table=FigureTable(board=found))

    @mutation(description="封账：这个月的数以后不再改动 · close a month for good")
    async def close_figure_month(
        self, info: Info, input: Input[CloseFigureMonthInput]
    ) -> CloseFigureMonthPayload:
        month = month_from(input.month)
        await actions.close_month(info.context.viewer, month)
        return CloseFigureMonthPayload(month=input.month)
