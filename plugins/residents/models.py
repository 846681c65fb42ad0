"""Nouns: a report with its tracking code, questions to its resident, and what was counted.

Nothing in the tables is a code, a phone number or an address of the network.
"""

from typing import Any

from tortoise import fields

from liuhe import Model, Person
from plugins.residents.rules import Channel


class Report(Model):
    """上报: one tracking code of a case, of which only the keyed mark is kept.

    A case has a second one when the same was told twice. `told_mark` recognises that. `notice`:
    version of the notice that was agreed to with the contact, and `consent` how.
    """

    id = fields.BigIntField(primary_key=True)
    case: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "cases.Case", related_name="resident_reports", on_delete=fields.RESTRICT, db_index=True
    )
    case_id: int
    code_mark = fields.CharField(max_length=64, unique=True)
    told_mark = fields.CharField(max_length=64)
    channel = fields.CharEnumField(Channel, description="Channel", max_length=8)
    entered_by: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "core.Person",
        related_name="entered_reports",
        null=True,
        on_delete=fields.RESTRICT,
        db_index=True,
    )
    entered_by_id: int | None
    created_at = fields.DatetimeField()
    notice = fields.CharField(max_length=20, default="")
    consent = fields.CharField(max_length=8, default="")  # "form", or "oral" at a counter
    contact_id = fields.UUIDField(null=True)  # of the sealed record, without a foreign key

    class Meta:
        table = "residents_report"
        indexes = (("told_mark", "created_at"),)


class Question(Model):
    """追问: what an officer asks the resident, and the answer.

    `answered_by`: the clerk who wrote down what the resident said; None: the resident.
    """

    id = fields.BigIntField(primary_key=True)
    case: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "cases.Case", related_name="resident_questions", on_delete=fields.RESTRICT, db_index=True
    )
    case_id: int
    asked_by: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "core.Person", related_name="questions_asked", on_delete=fields.RESTRICT
    )
    asked_by_id: int
    asked_at = fields.DatetimeField()
    text = fields.CharField(max_length=300)
    answer = fields.CharField(max_length=1000, default="")
    answered_at = fields.DatetimeField(null=True)
    answered_by: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "core.Person",
        related_name="answers_written_down",
        null=True,
        on_delete=fields.RESTRICT,
        db_index=True,
    )
    answered_by_id: int | None
    seen_at = fields.DatetimeField(null=True)  # the answer, by whoever asked

    class Meta:
        table = "residents_question"
        indexes = (("asked_by_id", "seen_at", "answered_at"),)


class Tally(Model):
    """How often something came from one side within one window; the key is a keyed mark."""

    key = fields.CharField(max_length=64, primary_key=True)
    count = fields.IntField(default=0)
    ends = fields.FloatField(db_index=True)  # seconds since 1970; of no use afterwards

    class Meta:
        table = "residents_tally"
