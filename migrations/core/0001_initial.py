from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name='Area',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('code', fields.CharField(db_index=True, max_length=24)),
                ('name', fields.CharField(max_length=60)),
                ('level', fields.CharField(max_length=12)),
                ('parent', fields.ForeignKeyField('core.Area', source_field='parent_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='children', on_delete=OnDelete.RESTRICT)),
                ('path', fields.CharField(default='', db_index=True, max_length=120)),
                ('valid_from', fields.DateField()),
                ('valid_to', fields.DateField(null=True)),
            ],
            options={'table': 'core_area', 'app': 'core', 'unique_together': (('code', 'valid_from'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='FactRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('name', fields.CharField(max_length=60)),
                ('payload', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('epoch', fields.FloatField(db_index=True)),
            ],
            options={'table': 'core_fact', 'app': 'core', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='File',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('media_type', fields.CharField(max_length=40)),
                ('size', fields.IntField()),
                ('state', fields.CharField(max_length=8)),
                ('reason', fields.CharField(default='', max_length=200)),
                ('uploader_id', fields.BigIntField(null=True)),
                ('keeper', fields.CharField(default='', max_length=30)),
                ('subject', fields.CharField(default='', max_length=60)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('lease_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('tries', fields.IntField(default=0)),
            ],
            options={'table': 'core_file', 'app': 'core', 'indexes': [Index(fields=['state', 'created_at']), Index(fields=['keeper', 'subject'])], 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='JobRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('name', fields.CharField(max_length=160)),
                ('payload', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('key', fields.CharField(null=True, unique=True, max_length=200)),
                ('state', fields.CharField(default='waiting', max_length=8)),
                ('run_at', fields.FloatField()),
                ('attempts', fields.IntField(default=0)),
                ('lease_until', fields.FloatField(default=0)),
                ('claim', fields.CharField(default='', max_length=40)),
                ('error', fields.TextField(default='', unique=False)),
            ],
            options={'table': 'core_job', 'app': 'core', 'indexes': [Index(fields=['state', 'run_at'])], 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Note',
            fields=[
                ('key', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=60)),
                ('value', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('written_at', fields.DatetimeField(auto_now=True, auto_now_add=False)),
            ],
            options={'table': 'core_note', 'app': 'core', 'pk_attr': 'key'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Person',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('username', fields.CharField(unique=True, max_length=40)),
                ('name', fields.CharField(max_length=40)),
                ('password', fields.CharField(max_length=200)),
                ('active', fields.BooleanField(default=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={'table': 'core_person', 'app': 'core', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Receipt',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('who', fields.CharField(max_length=40)),
                ('action', fields.CharField(max_length=60)),
                ('key', fields.CharField(max_length=100)),
                ('digest', fields.CharField(max_length=64)),
                ('result', fields.CharField(default='', max_length=60)),
                ('created_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=True)),
            ],
            options={'table': 'core_receipt', 'app': 'core', 'unique_together': (('who', 'action', 'key'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Session',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('person', fields.ForeignKeyField('core.Person', source_field='person_id', db_index=True, db_constraint=True, to_field='id', related_name='sessions', on_delete=OnDelete.CASCADE)),
                ('kind', fields.CharField(max_length=10)),
                ('token_hash', fields.CharField(unique=True, max_length=64)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('expires_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'core_session', 'app': 'core', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Unit',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('code', fields.CharField(unique=True, max_length=30)),
                ('name', fields.CharField(max_length=60)),
                ('area', fields.ForeignKeyField('core.Area', source_field='area_id', db_index=True, db_constraint=True, to_field='id', related_name='units', on_delete=OnDelete.RESTRICT)),
                ('active', fields.BooleanField(default=True)),
            ],
            options={'table': 'core_unit', 'app': 'core', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Post',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('person', fields.ForeignKeyField('core.Person', source_field='person_id', db_index=True, db_constraint=True, to_field='id', related_name='posts', on_delete=OnDelete.CASCADE)),
                ('role', fields.CharField(max_length=30)),
                ('area', fields.ForeignKeyField('core.Area', source_field='area_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='posts', on_delete=OnDelete.RESTRICT)),
                ('unit', fields.ForeignKeyField('core.Unit', source_field='unit_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='posts', on_delete=OnDelete.RESTRICT)),
            ],
            options={'table': 'core_post', 'app': 'core', 'pk_attr': 'id'},
            bases=['Model'],
        ),
    ]
