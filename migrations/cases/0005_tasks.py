from tortoise import migrations
from tortoise.migrations import operations as ops
from plugins.cases.rules.limits import LimitUnit
from plugins.cases.rules.tasks import TaskStage
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('cases', '0004_asides'), ('core', '0006_posts')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Task',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('case', fields.ForeignKeyField('cases.Case', source_field='case_id', db_constraint=True, to_field='id', related_name='tasks', on_delete=OnDelete.RESTRICT)),
                ('number', fields.IntField()),
                ('unit', fields.ForeignKeyField('core.Unit', source_field='unit_id', db_constraint=True, to_field='id', related_name='case_tasks', on_delete=OnDelete.RESTRICT)),
                ('wanted', fields.TextField(unique=False)),
                ('arrive_by', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('stage', fields.CharEnumField(description='TaskStage', enum_type=TaskStage, max_length=10)),
                ('caller', fields.ForeignKeyField('core.Person', source_field='caller_id', db_index=True, db_constraint=True, to_field='id', related_name='whistled_tasks', on_delete=OnDelete.RESTRICT)),
                ('called_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('signed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('reported_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('due_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('version', fields.IntField(default=0)),
            ],
            options={'table': 'cases_task', 'app': 'cases', 'unique_together': (('case_id', 'number'),), 'indexes': [Index(fields=['unit_id', 'stage']), Index(fields=['stage', 'due_at']), Index(fields=['called_at', 'id'])], 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='TaskClock',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('task', fields.ForeignKeyField('cases.Task', source_field='task_id', db_index=True, db_constraint=True, to_field='id', related_name='clocks', on_delete=OnDelete.RESTRICT)),
                ('kind', fields.CharField(max_length=12)),
                ('started_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('due_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('stopped_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('rule', fields.CharField(max_length=200)),
                ('unit', fields.CharEnumField(null=True, description='LimitUnit', enum_type=LimitUnit, max_length=12)),
                ('hours', fields.CharField(null=True, max_length=60)),
                ('paused_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('left_seconds', fields.BigIntField(null=True)),
                ('warn_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('soon_told_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('late_told_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'cases_task_clock', 'app': 'cases', 'indexes': [Index(fields=['stopped_at', 'due_at']), Index(fields=['stopped_at', 'warn_at'])], 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='TaskStep',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('task', fields.ForeignKeyField('cases.Task', source_field='task_id', db_constraint=True, to_field='id', related_name='steps', on_delete=OnDelete.RESTRICT)),
                ('seq', fields.IntField()),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('person', fields.ForeignKeyField('core.Person', source_field='person_id', db_index=True, db_constraint=True, to_field='id', related_name='case_task_steps', on_delete=OnDelete.RESTRICT)),
                ('actor', fields.CharField(max_length=40)),
                ('action', fields.CharField(max_length=30)),
                ('from_stage', fields.CharEnumField(null=True, description='TaskStage', enum_type=TaskStage, max_length=10)),
                ('to_stage', fields.CharEnumField(description='TaskStage', enum_type=TaskStage, max_length=10)),
                ('note', fields.TextField(default='', unique=False)),
            ],
            options={'table': 'cases_task_step', 'app': 'cases', 'unique_together': (('task_id', 'seq'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='TaskEvidence',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('task', fields.ForeignKeyField('cases.Task', source_field='task_id', db_index=True, db_constraint=True, to_field='id', related_name='evidence', on_delete=OnDelete.RESTRICT)),
                ('step', fields.ForeignKeyField('cases.TaskStep', source_field='step_id', db_index=True, db_constraint=True, to_field='id', related_name='evidence', on_delete=OnDelete.RESTRICT)),
                ('file', fields.ForeignKeyField('core.File', source_field='file_id', db_index=True, db_constraint=True, to_field='id', related_name='task_evidence', on_delete=OnDelete.RESTRICT)),
            ],
            options={'table': 'cases_task_evidence', 'app': 'cases', 'pk_attr': 'id'},
            bases=['Model'],
        ),
    ]
