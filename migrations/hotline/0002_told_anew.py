from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('cases', '0009_rating'), ('core', '0012_sheets'), ('hotline', '0001_initial')]

    initial = False

    operations = [
        ops.AddField(
            model_name='WorkOrder',
            name='again_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='WorkOrder',
            name='problem',
            field=fields.CharField(default='', db_default='', max_length=300),
        ),
        ops.AddIndex(
            model_name='WorkOrder',
            index=Index(fields=['again_at', 'id']),
        ),
    ]
