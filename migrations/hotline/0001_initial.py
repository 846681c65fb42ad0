from tortoise import migrations
from tortoise.migrations import operations as ops
from plugins.hotline.rules import State
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('cases', '0007_forgetting'), ('core', '0010_imports')]

    initial = True

    operations = [
        ops.CreateModel(
            name='TypeRule',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('main_type', fields.CharField(max_length=40)),
                ('sub_type', fields.CharField(default='', max_length=40)),
                ('third_type', fields.CharField(default='', max_length=40)),
                ('type_code', fields.CharField(max_length=8)),
            ],
            options={'table': 'hotline_type', 'app': 'hotline', 'unique_together': (('main_type', 'sub_type', 'third_type'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='WorkOrder',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('task_num', fields.CharField(unique=True, max_length=60)),
                ('rec_id', fields.CharField(default='', max_length=60)),
                ('rec_type', fields.CharField(max_length=12)),
                ('event_src', fields.CharField(default='', max_length=40)),
                ('main_type', fields.CharField(max_length=40)),
                ('sub_type', fields.CharField(default='', max_length=40)),
                ('third_type', fields.CharField(default='', max_length=40)),
                ('event_desc', fields.TextField(default='', unique=False)),
                ('address', fields.CharField(default='', max_length=200)),
                ('area', fields.ForeignKeyField('core.Area', source_field='area_id', db_index=True, db_constraint=True, to_field='id', related_name='work_orders', on_delete=OnDelete.RESTRICT)),
                ('first_unit', fields.CharField(default='', max_length=60)),
                ('marks', fields.CharField(default='', max_length=60)),
                ('told_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('finished_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('result', fields.CharField(default='', max_length=1000)),
                ('state', fields.CharEnumField(description='State', enum_type=State, max_length=10)),
                ('return_basis', fields.CharField(default='', max_length=500)),
                ('returned_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('case', fields.ForeignKeyField('cases.Case', source_field='case_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='work_orders', on_delete=OnDelete.RESTRICT)),
                ('contact_id', fields.UUIDField(null=True)),
                ('brought_by', fields.ForeignKeyField('core.Person', source_field='brought_by_id', db_index=True, db_constraint=True, to_field='id', related_name='work_orders', on_delete=OnDelete.RESTRICT)),
                ('brought_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ('forgotten_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'hotline_order', 'app': 'hotline', 'indexes': [Index(fields=['state', 'id']), Index(fields=['main_type', 'sub_type', 'third_type'])], 'pk_attr': 'id'},
            bases=['Model'],
        ),
    ]
