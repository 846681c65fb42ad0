"""文件 documents, hung on `Case`: what there is and where it is fetched, for who works on it."""

# mypy: disallow-untyped-decorators=False
# (strawberry.field, used with brackets, is published without a type)

from datetime import datetime

import strawberry

from liuhe import File, Person, may
from liuhe.graphql import Info
from plugins.cases.actions.documents import documents_by_case
from plugins.cases.permissions import DOCUMENTS, SCOPE
from plugins.cases.schema.nodes import row_of


@strawberry.type(description="案件的一份文件，没有打码，只给办案件的人 · a document of a case")
class CaseDocument:
    row: strawberry.Private[File]

    @strawberry.field(description="编号，在 url 里 · its number")
    def id(self) -> strawberry.ID:
        return strawberry.ID(str(self.row.id))

    @strawberry.field(description="文件名，扩展名和内容一致 · name")
    def name(self) -> str:
        return self.row.name

    @strawberry.field(description="多少字节 · size in bytes")
    def size(self) -> int:
        return self.row.size

    @strawberry.field(description="何时附上 · when it was added")
    def added_at(self) -> datetime:
        return self.row.created_at

    @strawberry.field(description="谁附上的 · who added it")
    async def added_by(self, info: Info) -> str | None:
        person = await info.context.loaders.load_one(Person, self.row.uploader_id)
        return person.name if person else None

    @strawberry.field(
        description="下载地址，每次访问都检查权限、记进审计 · where it is; each reading is audited"
    )
    def url(self) -> str:
        return f"/files/{self.row.id}"


@strawberry.type
class CaseDocuments:
    @strawberry.field(
        description="文件，先附的在前；不办这件案件的人看到空的 · documents, oldest first"
    )
    async def documents(self, info: Info) -> list[CaseDocument]:
        case = row_of(self)
        if not may(info.context.viewer, DOCUMENTS, case, SCOPE):
            return []

        async def load(ids: list[int]) -> list[list[File]]:
            found = await documents_by_case(ids)
            return [found.get(id, []) for id in ids]

        files = await info.context.loaders.batch("cases.documents", load).load(case.id)
        return [CaseDocument(row=file) for file in files]
