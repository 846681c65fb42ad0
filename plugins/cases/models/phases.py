"""The parts in which cases of a type are handled; the city's data, like the limits of types."""

from typing import Any

from tortoise import fields

from liuhe import Model
from plugins.cases.models.tables import CaseType
from plugins.cases.rules import Limit, LimitUnit, Phase


class TypePhase(Model):
    """The `seq`-th part, from 1."""

    id = fields.BigIntField(primary_key=True)
    type: fields.ForeignKeyRelation[CaseType] = fields.ForeignKeyField(
        "cases.CaseType", related_name="phases", on_delete=fields.RESTRICT, db_index=True
    )
    type_id: int
    seq = fields.IntField()
    name = fields.CharField(max_length=20)
    limit_amount = fields.IntField()
    limit_unit = fields.CharEnumField(LimitUnit, description="LimitUnit", max_length=12)

    class Meta:
        table = "cases_type_phase"
        unique_together = (("type_id", "seq"),)

    @property
    def phase(self) -> Phase:
        return Phase(
            name=self.name, limit=Limit(amount=self.limit_amount, unit=LimitUnit(self.limit_unit))
        )


async def phases_of_type(type_id: Any) -> tuple[Phase, ...]:
    """In their order; none where cases of the type are handled in one go."""
    return tuple(row.phase for row in await TypePhase.filter(type_id=type_id).order_by("seq"))
