"""Tables in and out: what can be imported and exported, and what is going on with a file."""

# mypy: disallow-untyped-decorators=False
# (strawberry.field, used with brackets, is published without a type)

from typing import Annotated

import strawberry
from tortoise.queryset import QuerySet

from core.contributions import Extension
from core.exchange import cards
from core.exchange.batches import ImportBatch as Batch
from core.exchange.exporting import exports_for
from core.exchange.returning import problems_of
from core.exchange.starting import batches_of, discard_import, start_import
from core.exchange.uploading import imports_for
from core.permissions import Viewer
from core.sheets import Column
from web.graphql.connections import After, Before, Connection, First, Last, connection
from web.graphql.context import Info
from web.graphql.nodes import Node
from web.graphql.payloads import Payload, mutation

MOST_PROBLEMS = 1_000


@strawberry.type(name="TableColumn", description="表格的一列 · a column of a table")
class ColumnCard:
    name: str = strawberry.field(description="代号，可以当表头 · name, good as a heading")
    title: str = strawberry.field(description="表头 · heading")
    kind: str = strawberry.field(description="填什么 · what it holds")
    required: bool = strawberry.field(description="是否必填 · whether it must be filled")
    hint: str = strawberry.field(description="说明 · hint")

    @classmethod
    def of(cls, one: Column) -> "ColumnCard":
        return cls(
            name=one.name, title=one.title, kind=one.kind, required=one.required, hint=one.hint
        )


@strawberry.type(name="TableImport", description="一种可以导入的表格 · a table that can come in")
class ImportCard:
    name: str = strawberry.field(description="代号，上传时用 · name, given with the upload")
    title: str = strawberry.field(description="名称 · title")
    hint: str = strawberry.field(description="说明 · hint")
    columns: list[ColumnCard] = strawberry.field(description="可以有的列 · columns it may have")
    template_url: str = strawberry.field(description="模板的地址 · address of the template")

    @classmethod
    def of(cls, one: cards.Import) -> "ImportCard":
        columns = [ColumnCard.of(column) for column in one.columns]
        address = f"/admin/imports/{one.name}/template.xlsx"
        return cls(
            name=one.name, title=one.title, hint=one.hint, columns=columns, template_url=address
        )


@strawberry.type(name="TableExport", description="一种可以导出的内容 · a list that can go out")
class ExportCard:
    name: str = strawberry.field(description="代号 · name")
    title: str = strawberry.field(description="名称 · title")
    formats: list[str] = strawberry.field(description="格式 · formats: xlsx csv geojson ics")
    personal: bool = strawberry.field(
        description="有没有个人信息；有的要写明原因 · whether a reason is asked for"
    )
    columns: list[ColumnCard] = strawberry.field(description="有哪些列 · its columns")
    url: str = strawberry.field(
        description="下载的地址，把 {format} 换成格式，加上列表的条件和 reason "
        "· address: put a format for {format}, add filters and reason"
    )

    @classmethod
    def of(cls, one: cards.Export) -> "ExportCard":
        return cls(
            name=one.name,
            title=one.title,
            formats=list(one.formats),
            personal=one.personal,
            columns=[ColumnCard.of(column) for column in one.columns],
            url=f"/exports/{one.name}.{{format}}",
        )


@strawberry.type(name="ImportCounts", description="各有多少行 · how many lines of each")
class Counts:
    new: int = strawberry.field(description="新的 · new ones")
    changed: int = strawberry.field(description="有变化的 · changed ones")
    same: int = strawberry.field(description="没有变化的 · unchanged ones")
    wrong: int = strawberry.field(description="要改的 · those that must be mended")

    @classmethod
    def of(cls, told: dict[str, int]) -> "Counts":
        return cls(**{name: told.get(name, 0) for name in ("new", "changed", "same", "wrong")})


@strawberry.type(name="ImportProblem", description="表格里的一处错误 · a mistake in a table")
class Problem:
    line: int = strawberry.field(description="第几行，和表格软件里一样 · line, from 1")
    column: str = strawberry.field(description="哪一列，空表示整行 · column, empty = the line")
    message: str = strawberry.field(description="哪里不对 · what is wrong")


@strawberry.type(description="上传的一个表格 · a table that was brought in")
class ImportBatch(Node):
    row: strawberry.Private[Batch]
    kind: str = strawberry.field(description="哪一种导入 · which import")
    name: str = strawberry.field(description="文件名 · name of the file")
    state: str = strawberry.field(
        description="checking 检查中 checked 查完 running 导入中 done 完成 failed 未完成 · state"
    )
    lines: int = strawberry.field(description="多少行 · lines")
    position: int = strawberry.field(description="做到第几行 · how far it is")
    error: str = strawberry.field(description="没有完成的原因 · why it was given up")
    unread: list[str] = strawberry.field(description="不认识的表头 · headings that are not read")
    dropped: list[str] = strawberry.field(
        description="不能保存、已丢掉的表头 · headings that may not be kept"
    )

    @strawberry.field(
        description="同一个文件里没有读的工作表 · other sheets of the file, which were not read"
    )
    def unread_sheets(self) -> list[str]:
        return list(self.row.sheets or ())

    @classmethod
    def seen_by(cls, viewer: Viewer) -> QuerySet[Batch]:
        return batches_of(viewer)

    @strawberry.field(description="检查的结果 · what the check found")
    def found(self) -> Counts:
        return Counts.of(self.row.found)

    @strawberry.field(description="导入的结果 · what the import did")
    def made(self) -> Counts:
        return Counts.of(self.row.made)

    @strawberry.field(description="要改的地方，最多一千处 · mistakes, a thousand at most")
    async def problems(self) -> list[Problem]:
        found = await problems_of(self.row, most=MOST_PROBLEMS)
        return [Problem(line=one.line, column=one.column, message=one.sentence) for one in found]


@strawberry.type
class ExchangeQueries:
    @strawberry.field(description="我能导入的表格 · tables that I may bring in")
    def imports(self, info: Info) -> list[ImportCard]:
        return [ImportCard.of(one) for one in imports_for(info.context.viewer)]

    @strawberry.field(description="我能导出的内容 · lists that I may take out")
    def exports(self, info: Info) -> list[ExportCard]:
        return [ExportCard.of(one) for one in exports_for(info.context.viewer)]

    @strawberry.field(description="我上传的一个表格 · a table that I brought in")
    async def import_batch(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="全局标识 · global id")],
    ) -> ImportBatch | None:
        return await ImportBatch.at(info, id)

    @strawberry.field(description="我上传的表格，新的在前 · tables that I brought in")
    async def import_batches(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[ImportBatch]:
        return await connection(
            ImportBatch.seen_by(info.context.viewer),
            ImportBatch.of,
            order=["-id"],
            first=first,
            after=after,
            last=last,
            before=before,
        )


@strawberry.input(description="导入检查过的表格 · import a table that was checked")
class StartImportInput:
    id: strawberry.ID = strawberry.field(description="上传的表格 · the table")
    skip_wrong: bool = strawberry.field(
        default=False, description="跳过要改的行 · leave out the lines that are wrong"
    )


@strawberry.type(description="导入的结果 · result of starting an import")
class StartImportPayload(Payload):
    batch: ImportBatch | None = strawberry.field(default=None, description="表格 · the table")


@strawberry.input(description="清除上传的表格 · throw an uploaded table away")
class DiscardImportInput:
    id: strawberry.ID = strawberry.field(description="上传的表格 · the table")


@strawberry.type(description="清除的结果 · result of throwing it away")
class DiscardImportPayload(Payload):
    pass


@strawberry.type
class ExchangeMutations:
    @mutation(description="导入检查过的表格；再发一次也只导入一次 · import a checked table")
    async def start_import(
        self,
        info: Info,
        input: Annotated[StartImportInput, strawberry.argument(description="哪一个 · which")],
    ) -> StartImportPayload:
        key = ImportBatch.key(input.id)
        row = await start_import(info.context.viewer, key, skip_wrong=input.skip_wrong)
        return StartImportPayload(batch=ImportBatch.of(row))

    @mutation(description="清除上传的表格，导入的不受影响 · throw an uploaded table away")
    async def discard_import(
        self,
        info: Info,
        input: Annotated[DiscardImportInput, strawberry.argument(description="哪一个 · which")],
    ) -> DiscardImportPayload:
        await discard_import(info.context.viewer, ImportBatch.key(input.id))
        return DiscardImportPayload()


EXTENSIONS = (Extension("Query", ExchangeQueries), Extension("Mutation", ExchangeMutations))
