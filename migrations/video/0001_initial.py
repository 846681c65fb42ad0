from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('core', '0001_initial')]

    initial = True

    operations = [
        ops.CreateModel(
            name='Camera',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('name', fields.CharField(max_length=60)),
                ('code', fields.CharField(null=True, unique=True, max_length=20)),
                ('source', fields.CharField(max_length=500)),
                ('loop', fields.BooleanField(default=False)),
                ('detect_every', fields.IntField(default=5)),
                ('model', fields.CharField(default='', max_length=60)),
                ('area', fields.ForeignKeyField('core.Area', source_field='area_id', db_index=True, db_constraint=True, to_field='id', related_name='cameras', on_delete=OnDelete.RESTRICT)),
                ('address', fields.CharField(default='', max_length=120)),
                ('longitude', fields.FloatField(null=True)),
                ('latitude', fields.FloatField(null=True)),
                ('filing_number', fields.CharField(default='', max_length=60)),
                ('signage', fields.BooleanField(default=False)),
                ('signage_note', fields.CharField(default='', max_length=200)),
                ('private_space', fields.BooleanField(default=False)),
                ('active', fields.BooleanField(default=False)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={'table': 'video_camera', 'app': 'video', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='CameraState',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('camera', fields.OneToOneField('video.Camera', source_field='camera_id', db_constraint=True, to_field='id', related_name='condition', on_delete=OnDelete.CASCADE)),
                ('state', fields.CharField(default='unknown', max_length=12)),
                ('fps', fields.FloatField(default=0.0)),
                ('detect_fps', fields.FloatField(default=0.0)),
                ('last_frame_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('decode_errors', fields.BigIntField(default=0)),
                ('reconnects', fields.BigIntField(default=0)),
                ('dropped', fields.BigIntField(default=0)),
                ('error', fields.CharField(default='', max_length=300)),
                ('heard_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('session_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'video_camera_state', 'app': 'video', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Revision',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('mark', fields.CharField(max_length=32)),
            ],
            options={'table': 'video_revision', 'app': 'video', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Worker',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('name', fields.CharField(unique=True, max_length=60)),
                ('token_hash', fields.CharField(unique=True, max_length=64)),
                ('last_seen_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('health', fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={'table': 'video_worker', 'app': 'video', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Zone',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('camera', fields.ForeignKeyField('video.Camera', source_field='camera_id', db_index=True, db_constraint=True, to_field='id', related_name='zones', on_delete=OnDelete.CASCADE)),
                ('name', fields.CharField(max_length=40)),
                ('polygon', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('active', fields.BooleanField(default=True)),
            ],
            options={'table': 'video_zone', 'app': 'video', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Watch',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('zone', fields.ForeignKeyField('video.Zone', source_field='zone_id', db_index=True, db_constraint=True, to_field='id', related_name='watches', on_delete=OnDelete.CASCADE)),
                ('scene', fields.CharField(default='', max_length=20)),
                ('kind', fields.CharField(max_length=8)),
                ('objects', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('seconds', fields.FloatField(default=0.0)),
                ('count', fields.IntField(default=1)),
                ('grace', fields.FloatField(default=5.0)),
                ('active', fields.BooleanField(default=True)),
            ],
            options={'table': 'video_watch', 'app': 'video', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Observation',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('camera', fields.ForeignKeyField('video.Camera', source_field='camera_id', db_constraint=True, to_field='id', related_name='observations', on_delete=OnDelete.CASCADE)),
                ('zone', fields.ForeignKeyField('video.Zone', source_field='zone_id', db_index=True, db_constraint=True, to_field='id', related_name='observations', on_delete=OnDelete.CASCADE)),
                ('watch', fields.ForeignKeyField('video.Watch', source_field='watch_id', db_constraint=True, to_field='id', related_name='observations', on_delete=OnDelete.CASCADE)),
                ('scene', fields.CharField(default='', max_length=20)),
                ('kind', fields.CharField(max_length=8)),
                ('object', fields.CharField(default='', max_length=40)),
                ('count', fields.IntField(default=1)),
                ('score', fields.FloatField(default=0.0)),
                ('box', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('started_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('told', fields.CharField(max_length=200)),
                ('told_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('lost', fields.BooleanField(default=False)),
                ('evidence', fields.ForeignKeyField('core.File', source_field='evidence_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='observations', on_delete=OnDelete.SET_NULL)),
                ('referred', fields.BooleanField(default=False)),
                ('model', fields.CharField(default='', max_length=80)),
            ],
            options={'table': 'video_observation', 'app': 'video', 'indexes': [Index(fields=['camera_id', 'started_at']), Index(fields=['watch_id', 'ended_at']), Index(fields=['started_at'])], 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Message',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('key', fields.CharField(unique=True, max_length=220)),
                ('told', fields.CharField(db_index=True, max_length=200)),
                ('phase', fields.CharField(max_length=8)),
                ('observation', fields.ForeignKeyField('video.Observation', source_field='observation_id', db_index=True, db_constraint=True, to_field='id', related_name='messages', on_delete=OnDelete.CASCADE)),
                ('received_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=True)),
            ],
            options={'table': 'video_message', 'app': 'video', 'pk_attr': 'id'},
            bases=['Model'],
        ),
    ]
