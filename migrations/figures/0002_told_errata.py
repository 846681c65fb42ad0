"""Whether an erratum is told to those who see only what is published; earlier ones are not."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('core', '0011_documents'), ('figures', '0001_initial')]

    initial = False

    operations = [
        ops.AddField(
            model_name='Erratum',
            name='told',
            field=fields.BooleanField(default=False, db_default=False),
        ),
    ]
