from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from plugins.cases.rules.clocks import LimitUnit
from plugins.cases.rules.words import EvidenceKind, Kind, Source, Stage
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('core', '0001_initial')]

    initial = True

    operations = [
        ops.CreateModel(
            name='CaseType',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('kind', fields.CharEnumField(default=Kind.EVENT, description='Kind', enum_type=Kind, max_length=8)),
                ('code', fields.CharField(max_length=8)),
                ('name', fields.CharField(max_length=40)),
                ('class_code', fields.CharField(max_length=4)),
                ('class_name', fields.CharField(max_length=40)),
                ('limit_amount', fields.IntField()),
                ('limit_unit', fields.CharEnumField(description='LimitUnit', enum_type=LimitUnit, max_length=12)),
                ('active', fields.BooleanField(default=True)),
            ],
            options={'table': 'cases_type', 'app': 'cases', 'unique_together': (('kind', 'code'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Case',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('number', fields.CharField(unique=True, max_length=32)),
                ('title', fields.CharField(max_length=120)),
                ('description', fields.TextField(default='', unique=False)),
                ('type', fields.ForeignKeyField('cases.CaseType', source_field='type_id', db_index=True, db_constraint=True, to_field='id', related_name='cases', on_delete=OnDelete.RESTRICT)),
                ('stage', fields.CharEnumField(description='Stage', enum_type=Stage, max_length=12)),
                ('source', fields.CharEnumField(description='Source', enum_type=Source, max_length=12)),
                ('source_ref', fields.CharField(null=True, max_length=80)),
                ('area', fields.ForeignKeyField('core.Area', source_field='area_id', db_index=True, db_constraint=True, to_field='id', related_name='cases', on_delete=OnDelete.RESTRICT)),
                ('address', fields.CharField(default='', max_length=200)),
                ('longitude', fields.FloatField(null=True)),
                ('latitude', fields.FloatField(null=True)),
                ('reporter', fields.ForeignKeyField('core.Person', source_field='reporter_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='reported_cases', on_delete=OnDelete.RESTRICT)),
                ('unit', fields.ForeignKeyField('core.Unit', source_field='unit_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='cases', on_delete=OnDelete.RESTRICT)),
                ('handler', fields.ForeignKeyField('core.Person', source_field='handler_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='handled_cases', on_delete=OnDelete.RESTRICT)),
                ('opened_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('due_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('closed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('returns', fields.IntField(default=0)),
                ('reworks', fields.IntField(default=0)),
                ('rating', fields.IntField(null=True)),
                ('rating_note', fields.CharField(default='', max_length=1000)),
                ('version', fields.IntField(default=0)),
            ],
            options={'table': 'cases_case', 'app': 'cases', 'unique_together': (('source', 'source_ref'),), 'indexes': [Index(fields=['opened_at', 'id']), Index(fields=['due_at', 'id']), Index(fields=['stage', 'opened_at']), Index(fields=['unit_id', 'stage']), Index(fields=['area_id', 'opened_at'])], 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Clock',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('case', fields.ForeignKeyField('cases.Case', source_field='case_id', db_index=True, db_constraint=True, to_field='id', related_name='clocks', on_delete=OnDelete.RESTRICT)),
                ('kind', fields.CharField(max_length=12)),
                ('started_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('due_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('stopped_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('rule', fields.CharField(max_length=200)),
            ],
            options={'table': 'cases_clock', 'app': 'cases', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Step',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('case', fields.ForeignKeyField('cases.Case', source_field='case_id', db_constraint=True, to_field='id', related_name='steps', on_delete=OnDelete.RESTRICT)),
                ('seq', fields.IntField()),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('person', fields.ForeignKeyField('core.Person', source_field='person_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='case_steps', on_delete=OnDelete.RESTRICT)),
                ('actor', fields.CharField(max_length=40)),
                ('unit', fields.ForeignKeyField('core.Unit', source_field='unit_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='case_steps', on_delete=OnDelete.RESTRICT)),
                ('action', fields.CharField(max_length=30)),
                ('from_stage', fields.CharEnumField(null=True, description='Stage', enum_type=Stage, max_length=12)),
                ('to_stage', fields.CharEnumField(description='Stage', enum_type=Stage, max_length=12)),
                ('note', fields.TextField(default='', unique=False)),
                ('details', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={'table': 'cases_step', 'app': 'cases', 'unique_together': (('case_id', 'seq'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Evidence',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('case', fields.ForeignKeyField('cases.Case', source_field='case_id', db_index=True, db_constraint=True, to_field='id', related_name='evidence', on_delete=OnDelete.RESTRICT)),
                ('step', fields.ForeignKeyField('cases.Step', source_field='step_id', db_index=True, db_constraint=True, to_field='id', related_name='evidence', on_delete=OnDelete.RESTRICT)),
                ('file', fields.ForeignKeyField('core.File', source_field='file_id', db_index=True, db_constraint=True, to_field='id', related_name='evidence', on_delete=OnDelete.RESTRICT)),
                ('kind', fields.CharEnumField(description='EvidenceKind', enum_type=EvidenceKind, max_length=8)),
                ('caption', fields.CharField(default='', max_length=100)),
                ('taken_blurred', fields.BooleanField(default=False)),
            ],
            options={'table': 'cases_evidence', 'app': 'cases', 'pk_attr': 'id'},
            bases=['Model'],
        ),
    ]
