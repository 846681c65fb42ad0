from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('cases', '0006_flows'), ('core', '0007_personal')]

    initial = False

    operations = [
        ops.AddField(
            model_name='Case',
            name='forgotten_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
    ]
