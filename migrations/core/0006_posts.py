from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('core', '0005_second_factor')]

    initial = False

    operations = [
        ops.AddField(
            model_name='Person',
            name='must_change',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='Post',
            name='stands_in_for',
            field=fields.ForeignKeyField('core.Post', source_field='stands_in_for_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='deputies', on_delete=OnDelete.CASCADE),
        ),
        ops.AddField(
            model_name='Post',
            name='valid_from',
            field=fields.DateField(null=True),
        ),
        ops.AddField(
            model_name='Post',
            name='valid_until',
            field=fields.DateField(null=True),
        ),
    ]
