"""What was done to one kind of thing is found in the order in which it was done."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('core', '0012_sheets')]

    initial = False

    operations = [
        ops.AddIndex(
            model_name='AuditThing',
            index=Index(fields=['kind', 'seq']),
        ),
    ]
