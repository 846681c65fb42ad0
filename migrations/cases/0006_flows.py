from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('cases', '0005_tasks'), ('core', '0001_initial')]

    initial = False

    operations = [
        ops.AddField(
            model_name='Case',
            name='flow',
            field=fields.CharField(default='standard', db_default='standard', max_length=30),
        ),
    ]
