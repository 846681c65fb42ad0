"""The ledger: months, the sheet of each indicator in a month, its counted rows; errata, objections.

What belongs to a closed month is never changed: the database itself refuses it (see the migration).
"""

from datetime import datetime
from typing import Any

from tortoise import fields

from liuhe import Model, Person, Scope

#: Where a row keeps what grants reach for.
SCOPE = Scope(area="area_path", unit="unit_id")


class Month(Model):
    """One month. `closed_by`: None where the clock did it."""

    month = fields.DateField(primary_key=True)
    closed_at = fields.DatetimeField(null=True)
    closed_by: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "core.Person",
        related_name="closed_months",
        null=True,
        on_delete=fields.RESTRICT,
        db_index=True,
    )
    closed_by_id: int | None

    class Meta:
        table = "figures_month"


class Sheet(Model):
    """报表: an indicator in a month. `card`: it as it read then; `names`: of units, areas, types as
    they were; `hidden`: what is not published. `digest` covers all but the times of counting.
    """

    id = fields.BigIntField(primary_key=True)
    month = fields.DateField()
    code = fields.CharField(max_length=60)
    version = fields.IntField()
    card: Any = fields.JSONField()
    names: Any = fields.JSONField()
    hidden: Any = fields.JSONField()
    numerator = fields.IntField()
    denominator = fields.IntField()
    counted_at = fields.DatetimeField()
    until = fields.DatetimeField()
    closed_at = fields.DatetimeField(null=True)
    digest = fields.CharField(max_length=64)

    class Meta:
        table = "figures_sheet"
        unique_together = (("month", "code"),)
        indexes = (("code", "month"),)


class Row(Model):
    """One thing that was counted. Areas and unit are those of that day; counts are 0 or 1."""

    id = fields.BigIntField(primary_key=True)
    sheet: fields.ForeignKeyRelation[Sheet] = fields.ForeignKeyField(
        "figures.Sheet", related_name="rows", on_delete=fields.RESTRICT
    )
    sheet_id: int
    thing_id = fields.BigIntField()
    part = fields.IntField()
    area_path = fields.CharField(max_length=120)
    street_id = fields.BigIntField(null=True)
    community_id = fields.BigIntField(null=True)
    unit_id = fields.BigIntField(null=True)
    type_code = fields.CharField(max_length=30)
    numerator = fields.SmallIntField()
    denominator = fields.SmallIntField()
    due_at = fields.DatetimeField(null=True)
    done_at = fields.DatetimeField(null=True)

    class Meta:
        table = "figures_row"
        unique_together = (("sheet_id", "thing_id", "part"),)
        indexes = (
            ("sheet_id", "unit_id"),
            ("sheet_id", "street_id"),
            ("sheet_id", "community_id"),
            ("sheet_id", "type_code"),
        )


class Objection(Model):
    """异议 against one figure, as it was seen, with its answer.

    `outcome`: "" until then, "upheld" or "refused".
    """

    id = fields.BigIntField(primary_key=True)
    sheet: fields.ForeignKeyRelation[Sheet] = fields.ForeignKeyField(
        "figures.Sheet", related_name="objections", on_delete=fields.RESTRICT, db_index=True
    )
    sheet_id: int
    by = fields.CharField(max_length=12)
    key = fields.CharField(max_length=40)
    numerator = fields.IntField()
    denominator = fields.IntField()
    text = fields.CharField(max_length=1000)
    filed_at = fields.DatetimeField()
    filed_by: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "core.Person", related_name="figure_objections", on_delete=fields.RESTRICT, db_index=True
    )
    filed_by_id: int
    due_at = fields.DatetimeField()
    outcome = fields.CharField(max_length=8, default="")
    answer = fields.CharField(max_length=1000, default="")
    answered_at = fields.DatetimeField(null=True)
    answered_by: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "core.Person",
        related_name="figure_answers",
        null=True,
        on_delete=fields.RESTRICT,
        db_index=True,
    )
    answered_by_id: int | None

    class Meta:
        table = "figures_objection"
        indexes = (("answered_at", "due_at"),)

    def overdue(self, now: datetime) -> bool:
        return self.answered_at is None and self.due_at < now


class Erratum(Model):
    """勘误 beside a closed figure: who, why, what it was and what is right. Only ever added.

    `told`: also to those who see only what is published; decided when it is made, like `hidden`.
    """

    id = fields.BigIntField(primary_key=True)
    sheet: fields.ForeignKeyRelation[Sheet] = fields.ForeignKeyField(
        "figures.Sheet", related_name="errata", on_delete=fields.RESTRICT
    )
    sheet_id: int
    by = fields.CharField(max_length=12)
    key = fields.CharField(max_length=40)
    old_numerator = fields.IntField()
    old_denominator = fields.IntField()
    numerator = fields.IntField()
    denominator = fields.IntField()
    reason = fields.CharField(max_length=1000)
    made_at = fields.DatetimeField()
    made_by: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "core.Person", related_name="figure_errata", on_delete=fields.RESTRICT, db_index=True
    )
    made_by_id: int
    objection: fields.ForeignKeyNullableRelation[Objection] = fields.ForeignKeyField(
        "figures.Objection",
        related_name="errata",
        null=True,
        on_delete=fields.RESTRICT,
        db_index=True,
    )
    objection_id: int | None
    told = fields.BooleanField(default=False, db_default=False)

    class Meta:
        table = "figures_erratum"
        indexes = (("sheet_id", "by", "key"),)
