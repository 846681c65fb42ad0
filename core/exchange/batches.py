"""导入的批次 what somebody brings in: where it stands, and what was wrong with which cell.

The lines themselves are not here: they lie sealed in the spool until it is over.
"""

from typing import Any

from tortoise import fields

from core.tables import Model

#: checking → checked → running → done; "failed" where it cannot go on.
STATES = {
    "checking": "正在检查",
    "checked": "检查完了，还没有导入",
    "running": "正在导入",
    "done": "导入完了",
    "failed": "没有完成",
}


class ImportBatch(Model):
    """`position`: how many lines are dealt with, in the checking or the writing that goes on.

    `found`: what the check said of the lines, by outcome; `made`: what the writing did.
    `unread`, `dropped`: headings that were not read, and those that may not be kept. `sheets`: the
    names of other sheets of the same file, which were not read.
    """

    id = fields.BigIntField(primary_key=True)
    kind = fields.CharField(max_length=60)
    person_id = fields.BigIntField()  # no foreign key: it goes before the account does
    name = fields.CharField(max_length=120)
    spool = fields.CharField(max_length=40)
    lines = fields.IntField()
    state = fields.CharField(max_length=8)
    skip_wrong = fields.BooleanField(default=False)
    position = fields.IntField(default=0)
    found: Any = fields.JSONField(default=dict)
    made: Any = fields.JSONField(default=dict)
    unread: Any = fields.JSONField(default=list)
    dropped: Any = fields.JSONField(default=list)
    sheets: Any = fields.JSONField(default=list, null=True)
    error = fields.CharField(max_length=300, default="")
    created_at = fields.DatetimeField(db_index=True)
    started_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "core_import"
        indexes = (("person_id", "id"),)

    @property
    def going(self) -> bool:
        return self.state in ("checking", "running")

    @property
    def wrong(self) -> int:
        return int(self.found.get("wrong", 0))


class ImportProblem(Model):
    """One cell that cannot be taken. `column`: a column's name, "" for the whole line."""

    id = fields.BigIntField(primary_key=True)
    batch: fields.ForeignKeyRelation[ImportBatch] = fields.ForeignKeyField(
        "core.ImportBatch", related_name="problems", on_delete=fields.CASCADE
    )
    batch_id: int
    line = fields.IntField()
    column = fields.CharField(max_length=60)
    sentence = fields.CharField(max_length=300)

    class Meta:
        table = "core_import_problem"
        indexes = (("batch_id", "line", "id"),)
