"""Findings in the order in which they were made and decided, whatever became of them."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('cases', '0009_rating'), ('city_eye', '0001_initial'), ('core', '0011_documents'), ('video', '0005_tracks')]

    initial = False

    operations = [
        ops.AddIndex(
            model_name='Finding',
            index=Index(fields=['at', 'id']),
        ),
        ops.AddIndex(
            model_name='Finding',
            index=Index(fields=['decided_at', 'id']),
        ),
    ]
