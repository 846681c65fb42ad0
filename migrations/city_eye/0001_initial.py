from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('cases', '0002_event_types'), ('core', '0001_initial'), ('video', '0001_initial')]

    initial = True

    operations = [
        ops.CreateModel(
            name='Scene',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('code', fields.CharField(unique=True, max_length=20)),
                ('title', fields.CharField(max_length=40)),
                ('type_code', fields.CharField(max_length=8)),
                ('mode', fields.CharField(default='trial', max_length=8)),
                ('kind', fields.CharField(max_length=8)),
                ('objects', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('unit_code', fields.CharField(default='', max_length=30)),
                ('handle_hours', fields.IntField(default=24)),
                ('active', fields.BooleanField(default=True)),
            ],
            options={'table': 'city_eye_scene', 'app': 'city_eye', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Finding',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('scene', fields.ForeignKeyField('city_eye.Scene', source_field='scene_id', db_index=True, db_constraint=True, to_field='id', related_name='findings', on_delete=OnDelete.RESTRICT)),
                ('camera', fields.ForeignKeyField('video.Camera', source_field='camera_id', db_index=True, db_constraint=True, to_field='id', related_name='findings', on_delete=OnDelete.RESTRICT)),
                ('zone', fields.ForeignKeyField('video.Zone', source_field='zone_id', db_index=True, db_constraint=True, to_field='id', related_name='findings', on_delete=OnDelete.RESTRICT)),
                ('observation', fields.ForeignKeyField('video.Observation', source_field='observation_id', db_index=True, db_constraint=True, to_field='id', related_name='findings', on_delete=OnDelete.RESTRICT)),
                ('area', fields.ForeignKeyField('core.Area', source_field='area_id', db_index=True, db_constraint=True, to_field='id', related_name='findings', on_delete=OnDelete.RESTRICT)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('last_seen_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('picture', fields.ForeignKeyField('core.File', source_field='picture_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='findings', on_delete=OnDelete.SET_NULL)),
                ('object', fields.CharField(default='', max_length=40)),
                ('score', fields.FloatField(default=0.0)),
                ('count', fields.IntField(default=1)),
                ('joined', fields.IntField(default=1)),
                ('on_trial', fields.BooleanField(default=False)),
                ('state', fields.CharField(default='pending', max_length=10)),
                ('place_key', fields.CharField(null=True, unique=True, max_length=80)),
                ('decided_by', fields.ForeignKeyField('core.Person', source_field='decided_by_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='decided_findings', on_delete=OnDelete.RESTRICT)),
                ('decided_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('reason', fields.CharField(default='', max_length=12)),
                ('note', fields.CharField(default='', max_length=500)),
                ('case', fields.ForeignKeyField('cases.Case', source_field='case_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='findings', on_delete=OnDelete.SET_NULL)),
                ('handed', fields.ForeignKeyField('core.File', source_field='handed_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='handed_findings', on_delete=OnDelete.SET_NULL)),
            ],
            options={'table': 'city_eye_finding', 'app': 'city_eye', 'indexes': [Index(fields=['state', 'at']), Index(fields=['camera_id', 'zone_id', 'scene_id', 'decided_at'])], 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Sighting',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('observation', fields.OneToOneField('video.Observation', source_field='observation_id', db_constraint=True, to_field='id', related_name='sighting', on_delete=OnDelete.CASCADE)),
                ('finding', fields.ForeignKeyField('city_eye.Finding', source_field='finding_id', db_index=True, db_constraint=True, to_field='id', related_name='sightings', on_delete=OnDelete.CASCADE)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('quiet', fields.BooleanField(default=False)),
            ],
            options={'table': 'city_eye_sighting', 'app': 'city_eye', 'pk_attr': 'id'},
            bases=['Model'],
        ),
    ]
