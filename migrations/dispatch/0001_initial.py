from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('cases', '0006_flows'), ('core', '0007_personal')]

    initial = True

    operations = [
        ops.CreateModel(
            name='Rule',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('number', fields.BigIntField(null=True)),
                ('version', fields.IntField()),
                ('kind', fields.CharField(default='', max_length=8)),
                ('class_code', fields.CharField(default='', max_length=4)),
                ('type_code', fields.CharField(default='', max_length=8)),
                ('area', fields.ForeignKeyField('core.Area', source_field='area_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='dispatch_rules', on_delete=OnDelete.RESTRICT)),
                ('days', fields.CharField(default='any', max_length=4)),
                ('begins', fields.IntField(null=True)),
                ('ends', fields.IntField(null=True)),
                ('unit', fields.ForeignKeyField('core.Unit', source_field='unit_id', db_index=True, db_constraint=True, to_field='id', related_name='dispatch_rules', on_delete=OnDelete.RESTRICT)),
                ('mode', fields.CharField(default='suggest', max_length=8)),
                ('rank', fields.IntField(default=100)),
                ('narrowness', fields.IntField()),
                ('text', fields.CharField(max_length=300)),
                ('valid_from', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('valid_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('made_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('made_by', fields.ForeignKeyField('core.Person', source_field='made_by_id', db_index=True, db_constraint=True, to_field='id', related_name='dispatch_rules', on_delete=OnDelete.RESTRICT)),
            ],
            options={'table': 'dispatch_rule', 'app': 'dispatch', 'unique_together': (('number', 'version'),), 'indexes': [Index(fields=['valid_until', 'narrowness'])], 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Assignment',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('case', fields.OneToOneField('cases.Case', source_field='case_id', db_constraint=True, to_field='id', related_name='assignment', on_delete=OnDelete.RESTRICT)),
                ('rule', fields.ForeignKeyField('dispatch.Rule', source_field='rule_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='assignments', on_delete=OnDelete.RESTRICT)),
                ('text', fields.CharField(default='', max_length=300)),
                ('sent', fields.BooleanField(default=False)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'dispatch_assignment', 'app': 'dispatch', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Shift',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('unit', fields.ForeignKeyField('core.Unit', source_field='unit_id', db_constraint=True, to_field='id', related_name='duty_shifts', on_delete=OnDelete.RESTRICT)),
                ('person', fields.ForeignKeyField('core.Person', source_field='person_id', db_index=True, db_constraint=True, to_field='id', related_name='duty_shifts', on_delete=OnDelete.RESTRICT)),
                ('day', fields.DateField()),
                ('begins', fields.IntField()),
                ('ends', fields.IntField()),
                ('begins_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('ends_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'dispatch_shift', 'app': 'dispatch', 'indexes': [Index(fields=['unit_id', 'day'])], 'pk_attr': 'id'},
            bases=['Model'],
        ),
    ]
