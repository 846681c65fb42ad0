"""The only noun: a note."""

from typing import Any

from tortoise import fields

from liuhe import Model, Person


class Note(Model):
    """A note goes with its case. Without an author it was written by the house."""

    id = fields.BigIntField(primary_key=True)
    case: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "cases.Case", related_name="notes", on_delete=fields.CASCADE, db_index=True
    )
    case_id: int
    author: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "core.Person", related_name="notes", null=True, on_delete=fields.SET_NULL, db_index=True
    )
    author_id: int | None
    text = fields.CharField(max_length=200)
    written_at = fields.DatetimeField(auto_now_add=True, db_index=True)

    class Meta:
        table = "notes_note"
