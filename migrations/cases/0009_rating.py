"""What is under way, and what was closed lately, is found by stage and by when it was closed."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('cases', '0008_finding'), ('core', '0011_documents')]

    initial = False

    operations = [
        ops.AddIndex(
            model_name='Case',
            index=Index(fields=['stage', 'closed_at']),
        ),
    ]
