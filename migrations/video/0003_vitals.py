"""How cameras do: ten minutes to a row; what they show, and what is the matter with them."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('video', '0002_sealed_addresses')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Vital',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('camera', fields.ForeignKeyField('video.Camera', source_field='camera_id', db_constraint=True, to_field='id', related_name='vitals', on_delete=OnDelete.CASCADE)),
                ('at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ('beats', fields.IntField(default=0)),
                ('good', fields.IntField(default=0)),
                ('fps', fields.FloatField(default=0.0)),
                ('dropped', fields.BigIntField(default=0)),
                ('decode_errors', fields.BigIntField(default=0)),
                ('reconnects', fields.BigIntField(default=0)),
            ],
            options={'table': 'video_vital', 'app': 'video', 'unique_together': (('camera_id', 'at'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='Camera',
            name='steered',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='Camera',
            name='transport',
            field=fields.CharField(default='tcp', db_default='tcp', max_length=3),
        ),
        ops.AddField(
            model_name='Camera',
            name='view',
            field=fields.IntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name='CameraState',
            name='brightness',
            field=fields.FloatField(null=True),
        ),
        ops.AddField(
            model_name='CameraState',
            name='likeness',
            field=fields.FloatField(null=True),
        ),
        ops.AddField(
            model_name='CameraState',
            name='problem',
            field=fields.CharField(default='', db_default='', max_length=12),
        ),
        ops.AddField(
            model_name='CameraState',
            name='problem_since',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='CameraState',
            name='sharpness',
            field=fields.FloatField(null=True),
        ),
        ops.AddField(
            model_name='CameraState',
            name='sight',
            field=fields.CharField(default='unknown', db_default='unknown', max_length=10),
        ),
        ops.AddField(
            model_name='CameraState',
            name='trouble',
            field=fields.CharField(default='', db_default='', max_length=12),
        ),
        ops.AddField(
            model_name='CameraState',
            name='urgency',
            field=fields.IntField(default=0, db_default=0),
        ),
    ]
