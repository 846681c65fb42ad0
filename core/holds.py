"""保全 legal hold: what is wanted for a case at law is not deleted until a day."""

from tortoise import fields

from core.people import Person
from core.tables import Model


class Hold(Model):
    """One thing that is held, named as the audit names it: "cases.Case", "7"; `until` is the last
    day. It never ends later than it says: what is needed longer is held anew."""

    id = fields.BigIntField(primary_key=True)
    kind = fields.CharField(max_length=60)
    key = fields.CharField(max_length=60)
    case_no = fields.CharField(max_length=80)
    reason = fields.CharField(max_length=500)
    until = fields.DateField(db_index=True)
    placed_by: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "core.Person", related_name="holds", on_delete=fields.RESTRICT, db_index=True
    )
    placed_by_id: int
    placed_at = fields.DatetimeField()
    lifted_by: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "core.Person",
        related_name="lifted_holds",
        null=True,
        on_delete=fields.RESTRICT,
        db_index=True,
    )
    lifted_by_id: int | None
    lifted_at = fields.DatetimeField(null=True)

    class Meta:
        table = "core_hold"
        indexes = (("kind", "key"),)
