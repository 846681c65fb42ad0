"""个人信息保护影响评估 (PIA): filed before what is sensitive or shared."""

from tortoise import fields

from core.people import Person
from core.tables import Model


class Assessment(Model):
    """What was assessed for a plugin's processing, and with what result; only ever added.

    `document` is where the whole of it lies: a number, a shelf, a folder.
    """

    id = fields.BigIntField(primary_key=True)
    plugin = fields.CharField(max_length=30, db_index=True)
    title = fields.CharField(max_length=120)
    conclusion = fields.TextField()
    document = fields.CharField(max_length=200, default="")
    made_on = fields.DateField()
    valid_until = fields.DateField()
    filed_by: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "core.Person", related_name="assessments", on_delete=fields.RESTRICT, db_index=True
    )
    filed_by_id: int
    filed_at = fields.DatetimeField()

    class Meta:
        table = "core_assessment"
