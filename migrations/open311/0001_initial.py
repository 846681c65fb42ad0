from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from plugins.open311.models import Answering
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('cases', '0007_forgetting')]

    initial = True

    operations = [
        ops.CreateModel(
            name='Key',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('name', fields.CharField(max_length=60)),
                ('mark', fields.CharField(unique=True, max_length=64)),
                ('tail', fields.CharField(max_length=4)),
                ('scopes', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('most_an_hour', fields.IntField()),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('expires_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('used_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'open311_key', 'app': 'open311', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Note',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('case', fields.ForeignKeyField('cases.Case', source_field='case_id', db_index=True, db_constraint=True, to_field='id', related_name='open311_notes', on_delete=OnDelete.RESTRICT)),
                ('key', fields.ForeignKeyField('open311.Key', source_field='key_id', db_index=True, db_constraint=True, to_field='id', related_name='notes', on_delete=OnDelete.RESTRICT)),
                ('theirs', fields.CharField(max_length=100)),
                ('text', fields.CharField(default='', max_length=1000)),
                ('media_url', fields.CharField(default='', max_length=500)),
                ('reopened', fields.BooleanField(default=False)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'open311_note', 'app': 'open311', 'unique_together': (('key_id', 'theirs'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Sending',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('case', fields.ForeignKeyField('cases.Case', source_field='case_id', db_index=True, db_constraint=True, to_field='id', related_name='open311_sendings', on_delete=OnDelete.RESTRICT)),
                ('key', fields.ForeignKeyField('open311.Key', source_field='key_id', db_index=True, db_constraint=True, to_field='id', related_name='sendings', on_delete=OnDelete.RESTRICT)),
                ('told_mark', fields.CharField(max_length=64)),
                ('token_mark', fields.CharField(null=True, unique=True, max_length=64)),
                ('contact_id', fields.UUIDField(null=True)),
                ('media_url', fields.CharField(default='', max_length=500)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'open311_sending', 'app': 'open311', 'indexes': [Index(fields=['key_id', 'told_mark', 'created_at'])], 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Service',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('type_code', fields.CharField(unique=True, max_length=8)),
                ('name', fields.CharField(max_length=40)),
                ('description', fields.CharField(default='', max_length=300)),
                ('keywords', fields.CharField(default='', max_length=200)),
                ('answering', fields.CharEnumField(description='Answering', enum_type=Answering, max_length=8)),
                ('attributes', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('offered', fields.BooleanField(default=True)),
            ],
            options={'table': 'open311_service', 'app': 'open311', 'pk_attr': 'id'},
            bases=['Model'],
        ),
    ]
