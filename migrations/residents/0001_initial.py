from tortoise import migrations
from tortoise.migrations import operations as ops
from plugins.residents.rules.matters import Channel
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('cases', '0006_flows'), ('core', '0007_personal')]

    initial = True

    operations = [
        ops.CreateModel(
            name='Question',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('case', fields.ForeignKeyField('cases.Case', source_field='case_id', db_index=True, db_constraint=True, to_field='id', related_name='resident_questions', on_delete=OnDelete.RESTRICT)),
                ('asked_by', fields.ForeignKeyField('core.Person', source_field='asked_by_id', db_constraint=True, to_field='id', related_name='questions_asked', on_delete=OnDelete.RESTRICT)),
                ('asked_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('text', fields.CharField(max_length=300)),
                ('answer', fields.CharField(default='', max_length=1000)),
                ('answered_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('answered_by', fields.ForeignKeyField('core.Person', source_field='answered_by_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='answers_written_down', on_delete=OnDelete.RESTRICT)),
                ('seen_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'residents_question', 'app': 'residents', 'indexes': [Index(fields=['asked_by_id', 'seen_at', 'answered_at'])], 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Report',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('case', fields.ForeignKeyField('cases.Case', source_field='case_id', db_index=True, db_constraint=True, to_field='id', related_name='resident_reports', on_delete=OnDelete.RESTRICT)),
                ('code_mark', fields.CharField(unique=True, max_length=64)),
                ('told_mark', fields.CharField(max_length=64)),
                ('channel', fields.CharEnumField(description='Channel', enum_type=Channel, max_length=8)),
                ('entered_by', fields.ForeignKeyField('core.Person', source_field='entered_by_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='entered_reports', on_delete=OnDelete.RESTRICT)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('notice', fields.CharField(default='', max_length=20)),
                ('consent', fields.CharField(default='', max_length=8)),
                ('contact_id', fields.UUIDField(null=True)),
                ('contact_reads', fields.IntField(default=0)),
                ('contact_read_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('contact_read_in', fields.CharField(default='', max_length=60)),
            ],
            options={'table': 'residents_report', 'app': 'residents', 'indexes': [Index(fields=['told_mark', 'created_at'])], 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Tally',
            fields=[
                ('key', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ('count', fields.IntField(default=0)),
                ('ends', fields.FloatField(db_index=True)),
            ],
            options={'table': 'residents_tally', 'app': 'residents', 'pk_attr': 'key'},
            bases=['Model'],
        ),
    ]
