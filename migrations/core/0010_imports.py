from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('core', '0009_storage')]

    initial = False

    operations = [
        ops.CreateModel(
            name='ImportBatch',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('kind', fields.CharField(max_length=60)),
                ('person_id', fields.BigIntField()),
                ('name', fields.CharField(max_length=120)),
                ('spool', fields.CharField(max_length=40)),
                ('lines', fields.IntField()),
                ('state', fields.CharField(max_length=8)),
                ('skip_wrong', fields.BooleanField(default=False)),
                ('position', fields.IntField(default=0)),
                ('found', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('made', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('unread', fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ('dropped', fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ('error', fields.CharField(default='', max_length=300)),
                ('created_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ('started_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'core_import', 'app': 'core', 'indexes': [Index(fields=['person_id', 'id'])], 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ImportProblem',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('batch', fields.ForeignKeyField('core.ImportBatch', source_field='batch_id', db_constraint=True, to_field='id', related_name='problems', on_delete=OnDelete.CASCADE)),
                ('line', fields.IntField()),
                ('column', fields.CharField(max_length=60)),
                ('sentence', fields.CharField(max_length=300)),
            ],
            options={'table': 'core_import_problem', 'app': 'core', 'indexes': [Index(fields=['batch_id', 'line', 'id'])], 'pk_attr': 'id'},
            bases=['Model'],
        ),
    ]
