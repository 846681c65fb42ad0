"""Nouns: a work order as the platform sent it, and what its types come to here."""

from typing import Any

from tortoise import fields

from liuhe import Area, Model, Person, personal
from plugins.hotline.rules import State


class WorkOrder(Model):
    """热线工单. `told_at`: when the caller told it. `contact_id`: of the sealed record.

    `finished_at`: when the platform had it finished, whatever its case does. `again_at`: when it
    came again after it was over here, until somebody looks. `problem`: why no case came of it.
    """

    id = fields.BigIntField(primary_key=True)
    task_num = fields.CharField(max_length=60, unique=True)
    rec_id = fields.CharField(max_length=60, default="")
    rec_type = fields.CharField(max_length=12)
    event_src = fields.CharField(max_length=40, default="")
    main_type = fields.CharField(max_length=40)
    sub_type = fields.CharField(max_length=40, default="")
    third_type = fields.CharField(max_length=40, default="")
    event_desc = personal(fields.TextField(default=""))
    address = personal(fields.CharField(max_length=200, default=""))
    area: fields.ForeignKeyRelation[Area] = fields.ForeignKeyField(
        "core.Area", related_name="work_orders", on_delete=fields.RESTRICT, db_index=True
    )
    area_id: int
    first_unit = fields.CharField(max_length=60, default="")
    marks = fields.CharField(max_length=60, default="")
    told_at = fields.DatetimeField()
    finished_at = fields.DatetimeField(null=True)
    result = personal(fields.CharField(max_length=1000, default=""))
    state = fields.CharEnumField(State, description="State", max_length=10)
    return_basis = fields.CharField(max_length=500, default="")
    returned_at = fields.DatetimeField(null=True)
    again_at = fields.DatetimeField(null=True)
    problem = fields.CharField(max_length=300, default="", db_default="")
    case: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "cases.Case",
        related_name="work_orders",
        null=True,
        on_delete=fields.RESTRICT,
        db_index=True,
    )
    case_id: int | None
    contact_id = fields.UUIDField(null=True)
    brought_by: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "core.Person", related_name="work_orders", on_delete=fields.RESTRICT, db_index=True
    )
    brought_by_id: int
    brought_at = fields.DatetimeField(db_index=True)
    forgotten_at = fields.DatetimeField(null=True)

    class Meta:
        table = "hotline_order"
        indexes = (("state", "id"), ("main_type", "sub_type", "third_type"), ("again_at", "id"))

    @property
    def waits(self) -> bool:
        """Whether somebody has to say what kind of case it is, or send it back."""
        return self.state == State.UNMAPPED or self.again_at is not None

    @property
    def triple(self) -> tuple[str, str, str]:
        return (self.main_type, self.sub_type, self.third_type)


class TypeRule(Model):
    """Which case type a matter comes to. An empty sub or third type stands for any."""

    id = fields.BigIntField(primary_key=True)
    main_type = fields.CharField(max_length=40)
    sub_type = fields.CharField(max_length=40, default="")
    third_type = fields.CharField(max_length=40, default="")
    type_code = fields.CharField(max_length=8)

    class Meta:
        table = "hotline_type"
        unique_together = (("main_type", "sub_type", "third_type"),)
