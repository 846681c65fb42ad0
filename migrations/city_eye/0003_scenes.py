"""What a scene found lately is counted along an index, however much it found before."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('city_eye', '0002_lists')]

    initial = False

    operations = [
        ops.AddIndex(
            model_name='Finding',
            index=Index(fields=['scene_id', 'at']),
        ),
    ]
