from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('core', '0001_initial'), ('core', '0002_audit'), ('core', '0003_people'), ('core', '0004_sessions'), ('core', '0005_second_factor'), ('core', '0006_posts'), ('core', '0007_personal'), ('core', '0008_oidc'), ('core', '0009_storage'), ('core', '0010_imports'), ('core', '0011_documents'), ('video', '0004_national')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Tracks',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('camera', fields.ForeignKeyField('video.Camera', source_field='camera_id', db_constraint=True, to_field='id', related_name='tracks', on_delete=OnDelete.CASCADE)),
                ('key', fields.CharField(unique=True, max_length=200)),
                ('started_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('seconds', fields.FloatField()),
                ('size', fields.IntField()),
                ('received_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=True)),
                ('data', fields.TextField(unique=False)),
            ],
            options={'table': 'video_tracks', 'app': 'video', 'indexes': [Index(fields=['camera_id', 'started_at'])], 'pk_attr': 'id'},
            bases=['Model'],
        ),
    ]
