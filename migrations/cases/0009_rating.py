"""待评价 is found by when the case was closed."""

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
