"""`Case.notes` and `addNote`."""

# mypy: disallow-untyped-decorators=False

from datetime import datetime
from typing import Annotated, Any

import strawberry
from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from liuhe import Person, Viewer
from liuhe.graphql import Info, Node, Payload, mutation
from liuhe_notes import actions, models
from plugins.cases.schema import Case


@strawberry.type(description="案件上的一张便签")
class Note(Node):
    row: strawberry.Private[models.Note]
    text: str = strawberry.field(description="内容")
    written_at: datetime = strawberry.field(description="写下的时间")

    @classmethod
    def seen_by(cls, viewer: Viewer) -> "QuerySet[models.Note]":
        held = Q() if viewer.holds("notes.see") else Q(pk__isnull=True)
        return models.Note.filter(held, case_id__in=Subquery(Case.seen_by(viewer).values("id")))

    @strawberry.field(description="写便签的人；空表示系统")
    async def author(self, info: Info) -> str | None:
        person = await info.context.loaders.load_one(Person, self.row.author_id)
        return person.name if person else None


@strawberry.type
class CaseNotes:
    """Hung on a neighbour's type: `self` is the `Case`."""

    row: strawberry.Private[Any]

    @strawberry.field(description="便签，早的在前")
    async def notes(self, info: Info) -> list[Note]:
        if not info.context.viewer.holds("notes.see"):
            return []
        rows = await info.context.loaders.load_many(models.Note, "case_id", self.row.id)
        return [Note.of(row) for row in rows]


@strawberry.input(description="写便签")
class AddNoteInput:
    case_id: strawberry.ID = strawberry.field(description="哪一件案件")
    text: str = strawberry.field(description="内容，最多 200 字")
    idempotency_key: strawberry.ID | None = strawberry.field(
        default=None, description="重试时不变的键，同键同内容只写一次"
    )


@strawberry.type(description="写便签的结果")
class AddNotePayload(Payload):
    note: Note | None = strawberry.field(default=None, description="写下的便签")


@strawberry.type
class NoteMutations:
    @mutation(description="给案件写一张便签")
    async def add_note(
        self,
        info: Info,
        input: Annotated[AddNoteInput, strawberry.argument(description="写什么")],
    ) -> AddNotePayload:
        row = await actions.write_note(
            info.context.viewer,
            Case.key(input.case_id, "caseId"),
            input.text,
            idempotency_key=input.idempotency_key,
        )
        return AddNotePayload(note=Note.of(row))
