"""Nouns: keys of other programs, the services they are offered, and what they sent.

Of a key and of a token only the keyed mark is kept. How a reporter can be reached is sealed apart.
"""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from tortoise import fields

from liuhe import Model


class Answering(StrEnum):
    """How a service answers a report: with the number at once, or with a token for it."""

    REALTIME = "realtime"
    BATCH = "batch"


class Key(Model):
    """密钥 of one program. `scopes`: "report", "update". `tail`: its last characters, to tell it
    from others on the page."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=60)
    mark = fields.CharField(max_length=64, unique=True)
    tail = fields.CharField(max_length=4)
    scopes: Any = fields.JSONField()
    most_an_hour = fields.IntField()
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "open311_key"

    def works(self, now: datetime) -> bool:
        return self.ended_at is None and self.expires_at > now


class Service(Model):
    """事项: a case type that is offered. `attributes`: what is asked besides, see `rules`."""

    id = fields.BigIntField(primary_key=True)
    type_code = fields.CharField(max_length=8, unique=True)
    name = fields.CharField(max_length=40)
    description = fields.CharField(max_length=300, default="")
    keywords = fields.CharField(max_length=200, default="")
    answering = fields.CharEnumField(Answering, description="Answering", max_length=8)
    attributes: Any = fields.JSONField()
    offered = fields.BooleanField(default=True)

    class Meta:
        table = "open311_service"


class Sending(Model):
    """One report by this door. `told_mark` recognises the same told twice."""

    id = fields.BigIntField(primary_key=True)
    case: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "cases.Case", related_name="open311_sendings", on_delete=fields.RESTRICT, db_index=True
    )
    case_id: int
    key: fields.ForeignKeyRelation[Key] = fields.ForeignKeyField(
        "open311.Key", related_name="sendings", on_delete=fields.RESTRICT, db_index=True
    )
    key_id: int
    told_mark = fields.CharField(max_length=64)
    token_mark = fields.CharField(max_length=64, null=True, unique=True)
    contact_id: uuid.UUID | None = fields.UUIDField(null=True)  # without a foreign key
    media_url = fields.CharField(max_length=500, default="")  # as it was written; never fetched
    created_at = fields.DatetimeField()

    class Meta:
        table = "open311_sending"
        indexes = (("key_id", "told_mark", "created_at"),)


class Note(Model):
    """补充: what a program says later about a report of its own. `theirs`: its number there."""

    id = fields.BigIntField(primary_key=True)
    case: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "cases.Case", related_name="open311_notes", on_delete=fields.RESTRICT, db_index=True
    )
    case_id: int
    key: fields.ForeignKeyRelation[Key] = fields.ForeignKeyField(
        "open311.Key", related_name="notes", on_delete=fields.RESTRICT, db_index=True
    )
    key_id: int
    theirs = fields.CharField(max_length=100)
    text = fields.CharField(max_length=1000, default="")
    media_url = fields.CharField(max_length=500, default="")
    reopened = fields.BooleanField(default=False)
    at = fields.DatetimeField()

    class Meta:
        table = "open311_note"
        unique_together = (("key_id", "theirs"),)
