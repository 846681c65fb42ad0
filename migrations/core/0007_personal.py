from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('core', '0006_posts')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Assessment',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('plugin', fields.CharField(db_index=True, max_length=30)),
                ('title', fields.CharField(max_length=120)),
                ('conclusion', fields.TextField(unique=False)),
                ('document', fields.CharField(default='', max_length=200)),
                ('made_on', fields.DateField()),
                ('valid_until', fields.DateField()),
                ('filed_by', fields.ForeignKeyField('core.Person', source_field='filed_by_id', db_index=True, db_constraint=True, to_field='id', related_name='assessments', on_delete=OnDelete.RESTRICT)),
                ('filed_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'core_assessment', 'app': 'core', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Certificate',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('run', fields.CharField(max_length=10)),
                ('name', fields.CharField(max_length=80)),
                ('title', fields.CharField(max_length=80)),
                ('basis', fields.CharField(max_length=200)),
                ('starts', fields.CharField(max_length=80)),
                ('days', fields.IntField()),
                ('action', fields.CharField(max_length=10)),
                ('rule', fields.CharField(max_length=64)),
                ('cutoff', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('count', fields.IntField(default=0)),
                ('first_key', fields.CharField(default='', max_length=60)),
                ('last_key', fields.CharField(default='', max_length=60)),
                ('digest', fields.CharField(default='', max_length=64)),
                ('begun_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('finished_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'core_certificate', 'app': 'core', 'unique_together': (('run', 'name'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Hold',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('kind', fields.CharField(max_length=60)),
                ('key', fields.CharField(max_length=60)),
                ('case_no', fields.CharField(max_length=80)),
                ('reason', fields.CharField(max_length=500)),
                ('until', fields.DateField(db_index=True)),
                ('placed_by', fields.ForeignKeyField('core.Person', source_field='placed_by_id', db_index=True, db_constraint=True, to_field='id', related_name='holds', on_delete=OnDelete.RESTRICT)),
                ('placed_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('lifted_by', fields.ForeignKeyField('core.Person', source_field='lifted_by_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='lifted_holds', on_delete=OnDelete.RESTRICT)),
                ('lifted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'core_hold', 'app': 'core', 'indexes': [Index(fields=['kind', 'key'])], 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Personal',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('kind', fields.CharField(max_length=60)),
                ('subject_kind', fields.CharField(max_length=60)),
                ('subject_key', fields.CharField(max_length=60)),
                ('index', fields.CharField(db_index=True, max_length=80)),
                ('sealed', fields.TextField(unique=False)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('changed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('destroyed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('reason', fields.CharField(default='', max_length=200)),
            ],
            options={'table': 'core_personal', 'app': 'core', 'indexes': [Index(fields=['subject_kind', 'subject_key']), Index(fields=['kind', 'created_at']), Index(fields=['destroyed_at', 'ended_at'])], 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='PersonalMark',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('personal', fields.ForeignKeyField('core.Personal', source_field='personal_id', db_index=True, db_constraint=True, to_field='id', related_name='marks', on_delete=OnDelete.CASCADE)),
                ('mark', fields.CharField(max_length=64)),
            ],
            options={'table': 'core_personal_mark', 'app': 'core', 'unique_together': (('mark', 'personal_id'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
    ]
