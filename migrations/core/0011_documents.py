from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('core', '0010_imports')]

    initial = False

    operations = [
        ops.AddField(
            model_name='File',
            name='name',
            field=fields.CharField(default='', db_default='', max_length=100),
        ),
    ]
