from tortoise import migrations
from tortoise.migrations import operations as ops
from plugins.cases.rules.limits import LimitUnit
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('cases', '0002_event_types'), ('core', '0001_initial')]

    initial = False

    operations = [
        ops.CreateModel(
            name='CalendarDay',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('day', fields.DateField()),
                ('works', fields.BooleanField(null=True)),
                ('note', fields.CharField(max_length=100)),
                ('entered_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('person', fields.ForeignKeyField('core.Person', source_field='person_id', db_index=True, db_constraint=True, to_field='id', related_name='case_calendar_days', on_delete=OnDelete.RESTRICT)),
                ('actor', fields.CharField(max_length=40)),
            ],
            options={'table': 'cases_calendar_day', 'app': 'cases', 'indexes': [Index(fields=['entered_at', 'id'])], 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='Clock',
            name='hours',
            field=fields.CharField(null=True, max_length=60),
        ),
        ops.AddField(
            model_name='Clock',
            name='unit',
            field=fields.CharEnumField(null=True, description='LimitUnit', enum_type=LimitUnit, max_length=12),
        ),
    ]
