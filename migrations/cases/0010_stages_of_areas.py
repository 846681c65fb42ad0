"""What is under way in a place, and what was closed there lately, is found by where it lies."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('cases', '0009_rating'), ('core', '0013_audit_kinds')]

    initial = False

    operations = [
        ops.AddIndex(
            model_name='Case',
            index=Index(fields=['area_id', 'stage', 'closed_at']),
        ),
    ]
