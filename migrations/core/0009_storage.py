from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('core', '0008_oidc')]

    initial = False

    operations = [
        ops.AddField(
            model_name='File',
            name='digest',
            field=fields.CharField(default='', db_default='', max_length=64),
        ),
        ops.AddField(
            model_name='File',
            name='place',
            field=fields.CharField(default='disk', db_default='disk', max_length=4),
        ),
    ]
