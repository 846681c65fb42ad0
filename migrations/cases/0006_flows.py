"""Flows and phases. The phases are a start that a district changes, like the limits of types."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from plugins.cases.rules.limits import LimitUnit
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields

# Collapsed roads and burst pipes: fence off, mend, restore.
STAGED = ("0401", "0402", "0403")
PHASES = (("现场围护", 3, "urgent_hour"), ("修复", 8, "urgent_hour"), ("恢复", 5, "work_day"))


def insert(seq: int, name: str, amount: int, unit: str) -> str:
    codes = ", ".join(f"'{code}'" for code in STAGED)
    return (
        "INSERT INTO cases_type_phase (type_id, seq, name, limit_amount, limit_unit) "
        f"SELECT id, {seq}, '{name}', {amount}, '{unit}' FROM cases_type "
        f"WHERE kind = 'event' AND code IN ({codes})"
    )


class Migration(migrations.Migration):
    dependencies = [('cases', '0005_tasks'), ('core', '0001_initial')]

    initial = False

    operations = [
        ops.AddField(
            model_name='Case',
            name='flow',
            field=fields.CharField(default='standard', db_default='standard', max_length=30),
        ),
        ops.CreateModel(
            name='TypePhase',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('type', fields.ForeignKeyField('cases.CaseType', source_field='type_id', db_index=True, db_constraint=True, to_field='id', related_name='phases', on_delete=OnDelete.RESTRICT)),
                ('seq', fields.IntField()),
                ('name', fields.CharField(max_length=20)),
                ('limit_amount', fields.IntField()),
                ('limit_unit', fields.CharEnumField(description='LimitUnit', enum_type=LimitUnit, max_length=12)),
            ],
            options={'table': 'cases_type_phase', 'app': 'cases', 'unique_together': (('type_id', 'seq'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='Case',
            name='phases',
            field=fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads),
        ),
        ops.AddField(
            model_name='Case',
            name='phases_left',
            field=fields.IntField(null=True),
        ),
        ops.AddField(
            model_name='Clock',
            name='phase',
            field=fields.IntField(null=True),
        ),
        *(
            ops.RunSQL(insert(seq, *phase), reverse_sql=ops.RunSQL.noop)
            for seq, phase in enumerate(PHASES, 1)
        ),
    ]
