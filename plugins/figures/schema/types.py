"""`Indicator`: what is counted. `FigureTable`, `Figure`: how it came out. `FigureRow`: of what."""

# mypy: disallow-untyped-decorators=False
# (strawberry.field, used with brackets, is published without a type)

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry
from tortoise.queryset import QuerySet

from liuhe import Indicator as Declared
from liuhe import Viewer, indicators
from liuhe.graphql import Info, Node
from plugins.figures import actions, models
from plugins.figures.actions import Board, Cell, Why
from plugins.figures.permissions import seen_objections
from plugins.figures.rules import Card, month_text, percent, percent_text


@strawberry.enum(description="怎样细分 · how a figure is broken down; never by person")
class FigureBy(Enum):
    ALL = strawberry.enum_value("all", description="合计 · the total")
    UNIT = strawberry.enum_value("unit", description="按单位 · by unit")
    STREET = strawberry.enum_value("street", description="按街道 · by street")
    COMMUNITY = strawberry.enum_value("community", description="按社区 · by community")
    TYPE = strawberry.enum_value("type", description="按类型 · by type of matter")


@strawberry.enum(description="看哪些 · which figures")
class FigureView(Enum):
    WHOLE = strawberry.enum_value("whole", description="全区，不隐去 · the whole district, exactly")
    PART = strawberry.enum_value(
        "part", description="自己看得到的部分，不隐去 · the part that one may see, exactly"
    )
    PUBLISHED = strawberry.enum_value(
        "published", description="封了账公布的，少量的隐去 · closed months, small cells hidden"
    )


@strawberry.enum(description="这个数是什么 · what a number is")
class FigureKind(Enum):
    ACHIEVED = strawberry.enum_value("achieved", description="做到的 · reached")
    TARGET = strawberry.enum_value("target", description="目标 · aimed at")
    BASELINE = strawberry.enum_value("baseline", description="拿来比的，上个月 · the month before")
    DELTA = strawberry.enum_value(
        "delta", description="相差的百分点 · difference in percentage points"
    )


@strawberry.type(description="一个百分数，写明是什么 · a percentage, and of what kind")
class FigureValue:
    kind: FigureKind = strawberry.field(description="是什么 · kind")
    percent: float = strawberry.field(description="百分数；相差的是百分点 · per cent, or points")


@strawberry.type(description="指标的口径 · what an indicator counts")
class Indicator:
    card: strawberry.Private[Card]

    @strawberry.field(description="代号，如 cases.signed · code")
    def code(self) -> str:
        return self.card.code

    @strawberry.field(description="名称 · title")
    def title(self) -> str:
        return self.card.title

    @strawberry.field(description="公式 · formula in words")
    def formula(self) -> str:
        return self.card.formula

    @strawberry.field(description="单位，如 % · unit of measure")
    def unit(self) -> str:
        return self.card.unit

    @strawberry.field(description="分子 · numerator")
    def numerator(self) -> str:
        return self.card.numerator

    @strawberry.field(description="分子怎么数 · how the numerator is counted")
    def numerator_how(self) -> str:
        return self.card.numerator_how

    @strawberry.field(description="分母 · denominator")
    def denominator(self) -> str:
        return self.card.denominator

    @strawberry.field(description="分母怎么数 · how the denominator is counted")
    def denominator_how(self) -> str:
        return self.card.denominator_how

    @strawberry.field(description="可以怎样细分 · ways to break it down")
    def by(self) -> list[FigureBy]:
        return [FigureBy(one) for one in actions.bys_of(self.card.dimensions)]

    @strawberry.field(description="口径的版本 · version of the formula")
    def version(self) -> int:
        return self.card.version

    @strawberry.field(description="当月多少秒更新一次 · seconds between two countings")
    def refresh_seconds(self) -> int:
        return self.card.refresh_seconds

    @strawberry.field(description="少于多少件不公布 · cells of fewer are not published")
    def floor(self) -> int:
        return self.card.floor

    @strawberry.field(description="由哪个插件声明 · the plugin that declares it")
    def plugin(self) -> str:
        return self.card.code.partition(".")[0]

    @strawberry.field(description="目标，百分数；没有为空 · target in per cent")
    def target(self) -> int | None:
        return self.card.target

    @strawberry.field(description="高好还是低好：high、low、none · which way is better")
    def better(self) -> str:
        return self.card.better

    @strawberry.field(description="总是一起显示的指标 · the indicator shown beside it")
    def beside(self) -> str | None:
        return self.card.beside or None


@strawberry.type(description="勘误：封了账的数旁边的更正 · a correction beside a closed figure")
class FigureErratum:
    row: strawberry.Private[models.Erratum]

    @strawberry.field(description="原来，分子/分母 · what it was")
    def was(self) -> str:
        return f"{self.row.old_numerator}/{self.row.old_denominator}"

    @strawberry.field(description="应为，分子/分母 · what is right")
    def right(self) -> str:
        return f"{self.row.numerator}/{self.row.denominator}"

    @strawberry.field(
        description="公布的里面看不看得到；件数太少的看不到 · whether it is published"
    )
    def published(self) -> bool:
        return self.row.told

    @strawberry.field(description="为什么 · why")
    def reason(self) -> str:
        return self.row.reason

    @strawberry.field(description="什么时候 · when")
    def made_at(self) -> datetime:
        return self.row.made_at

    @strawberry.field(description="谁 · by whom")
    def made_by(self) -> str:
        return self.row.made_by.name


@strawberry.type(description="一个数；隐去的只有名称 · one figure; a hidden one has but its name")
class Figure:
    board: strawberry.Private[Board]
    cell: strawberry.Private[Cell]

    @strawberry.field(description="哪一项；合计为空 · which one; empty for the total")
    def key(self) -> str:
        return self.cell.key

    @strawberry.field(description="名称 · label")
    def label(self) -> str:
        return self.cell.label

    @strawberry.field(description="是不是不公布 · whether it is not published")
    def hidden(self) -> bool:
        return self.cell.pair is None

    @strawberry.field(description="分子的件数 · numerator")
    def numerator(self) -> int | None:
        return self.cell.pair.numerator if self.cell.pair else None

    @strawberry.field(description="分母的件数 · denominator")
    def denominator(self) -> int | None:
        return self.cell.pair.denominator if self.cell.pair else None

    @strawberry.field(description="百分数，一位小数；分母为零为空 · per cent")
    def percent(self) -> float | None:
        value = percent(self.cell.pair) if self.cell.pair else None
        return None if value is None else float(value)

    @strawberry.field(description="百分数的写法，如 97.4% · per cent in words")
    def percent_text(self) -> str:
        return percent_text(self.cell.pair) if self.cell.pair else "不公布"

    @strawberry.field(description="颜色；没有色标为空 · colour by the scale of this indicator")
    def colour(self) -> str | None:
        band = self.cell.band(self.board.card)
        return band[0] if band else None

    @strawberry.field(description="名次；只看得到一部分时、件数太少时没有 · place, if it has one")
    def rank(self) -> int | None:
        return self.cell.rank

    @strawberry.field(description="登记完整率，一起显示 · completeness of registration, %")
    def completeness(self) -> float | None:
        value = percent(self.cell.beside) if self.cell.beside else None
        return None if value is None else float(value)

    @strawberry.field(description="登记的件数 · how many were registered")
    def registered(self) -> int | None:
        return self.cell.beside.denominator if self.cell.beside else None

    @strawberry.field(description="勘误，先发布的在前 · corrections")
    def errata(self) -> list[FigureErratum]:
        return [FigureErratum(row=one) for one in self.cell.errata]


@strawberry.type(description="一个指标的一个月 · one indicator in one month")
class FigureTable:
    board: strawberry.Private[Board]

    @strawberry.field(description="月份，如 2026-11 · month")
    def month(self) -> str:
        return month_text(self.board.sheet.month)

    @strawberry.field(description="口径，像数的时候那样 · the indicator, as it was counted")
    def indicator(self) -> Indicator:
        return Indicator(card=self.board.card)

    @strawberry.field(description="口径的版本，按当时的 · its version, as it was counted")
    def version(self) -> int:
        return self.board.sheet.version

    @strawberry.field(description="看的是哪些 · which figures these are")
    def view(self) -> FigureView:
        return FigureView(self.board.view)

    @strawberry.field(description="更新的时间 · when it was counted")
    def counted_at(self) -> datetime:
        return self.board.sheet.counted_at

    @strawberry.field(description="看到什么时候为止 · as it stood at")
    def until(self) -> datetime:
        return self.board.sheet.until

    @strawberry.field(description="封账的时间；还没有封账为空 · when it was closed")
    def closed_at(self) -> datetime | None:
        return self.board.sheet.closed_at

    @strawberry.field(description="封账的校验码；还没有封账为空 · SHA-256 of what was closed")
    def digest(self) -> str | None:
        return self.board.sheet.digest if self.board.closed else None

    @strawberry.field(description="合计 · the total")
    def total(self) -> Figure:
        return Figure(board=self.board, cell=self.board.total)

    @strawberry.field(description="各项，按名称 · the parts, by label")
    def figures(self) -> list[Figure]:
        return [Figure(board=self.board, cell=cell) for cell in self.board.cells]

    @strawberry.field(
        description="合计的各种百分数：做到的、目标、上月、相差 · the total, compared"
    )
    def values(self) -> list[FigureValue]:
        return _values(self.board)


def _values(board: Board) -> list[FigureValue]:
    now = percent(board.total.pair) if board.total.pair else None
    before = percent(board.previous) if board.previous else None
    target = board.card.target
    given = [
        (FigureKind(board.card.kind), now),
        (FigureKind.TARGET, target),
        (FigureKind.BASELINE, before),
        (FigureKind.DELTA, now - before if now is not None and before is not None else None),
    ]
    return [FigureValue(kind=kind, percent=float(v)) for kind, v in given if v is not None]


@strawberry.type(description="算在里面的一件 · one thing that was counted")
class FigureRow:
    row: strawberry.Private[models.Row]
    card: strawberry.Private[Declared]

    @strawberry.field(description="算不算在分子里 · whether it is in the numerator")
    def counts(self) -> bool:
        return bool(self.row.numerator)

    @strawberry.field(description="到期 · when it was due")
    def due_at(self) -> datetime | None:
        return self.row.due_at

    @strawberry.field(description="办的时间 · when it was done")
    def done_at(self) -> datetime | None:
        return self.row.done_at

    @strawberry.field(description="这件事情，如案件 · the thing itself, a Case for instance")
    async def thing(self, info: Info) -> Node | None:
        definition: Any = info.schema.get_type_by_name(self.card.things.node)
        kind = getattr(definition, "origin", None)
        if not (isinstance(kind, type) and issubclass(kind, Node)):
            return None
        return await kind.find(info, self.row.thing_id)


@strawberry.type(description="为什么是这个数、这个颜色、这个名次 · why a figure is what it is")
class WhyThis:
    why: strawberry.Private[Why]

    @strawberry.field(description="按什么规则 · the rule")
    def rule(self) -> str:
        return self.why.rule

    @strawberry.field(description="规则的版本 · its version")
    def rule_version(self) -> int:
        return self.why.rule_version

    @strawberry.field(description="用话说 · in sentences")
    def sentences(self) -> list[str]:
        return list(self.why.sentences)

    @strawberry.field(description="用了哪些 · what went in")
    def inputs(self) -> "list[WhyInput]":
        return [WhyInput(name=name, value=value) for name, value in self.why.inputs]

    @strawberry.field(description="看到什么时候 · as it stood at")
    def as_of(self) -> datetime:
        return self.why.as_of


@strawberry.type(description="用到的一项 · one input")
class WhyInput:
    name: str = strawberry.field(description="名称 · name")
    value: str = strawberry.field(description="值 · value")


@strawberry.type(description="对一个数的异议 · an objection to a figure")
class FigureObjection(Node):
    row: strawberry.Private[models.Objection]
    text: str = strawberry.field(description="哪里不对 · what is said to be wrong")
    filed_at: datetime = strawberry.field(description="提出的时间 · when it was filed")
    due_at: datetime = strawberry.field(description="答复期限 · when an answer is due")
    answer: str = strawberry.field(description="答复；还没有为空 · the answer")
    answered_at: datetime | None = strawberry.field(description="答复的时间 · when it was answered")

    @classmethod
    def seen_by(cls, viewer: Viewer) -> QuerySet[models.Objection]:
        found = models.Objection.filter(seen_objections(viewer), sheet__code__in=list(indicators()))
        return found.select_related("sheet")

    @strawberry.field(description="哪个指标，像数的时候那样 · the indicator, as it was counted")
    def indicator(self) -> Indicator:
        return Indicator(card=Card.of(self.row.sheet.card))

    @strawberry.field(description="月份，如 2026-11 · month")
    def month(self) -> str:
        return month_text(self.row.sheet.month)

    @strawberry.field(description="怎样细分的 · how it was broken down")
    def by(self) -> FigureBy:
        return FigureBy(self.row.by)

    @strawberry.field(name="key", description="哪一项 · which one")
    def cell_key(self) -> str:
        return self.row.key

    @strawberry.field(description="支持了没有；还没有答复为空 · whether it was upheld")
    def upheld(self) -> bool | None:
        return self.row.outcome == "upheld" if self.row.outcome else None
