"""Devices that register by the national standard, and what their catalogues name."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('video', '0003_vitals')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Device',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('name', fields.CharField(max_length=60)),
                ('code', fields.CharField(unique=True, max_length=20)),
                ('sealed_password', fields.TextField(default='', db_default='', unique=False)),
                ('online', fields.BooleanField(default=False)),
                ('registered_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('heard_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('told_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('address', fields.CharField(default='', max_length=120)),
                ('complete', fields.BooleanField(default=True)),
                ('catalogued_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('trouble', fields.CharField(default='', max_length=300)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={'table': 'video_device', 'app': 'video', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Channel',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('device', fields.ForeignKeyField('video.Device', source_field='device_id', db_index=True, db_constraint=True, to_field='id', related_name='channels', on_delete=OnDelete.CASCADE)),
                ('code', fields.CharField(db_index=True, max_length=20)),
                ('name', fields.CharField(default='', max_length=120)),
                ('online', fields.BooleanField(default=False)),
                ('address', fields.CharField(default='', max_length=120)),
                ('longitude', fields.FloatField(null=True)),
                ('latitude', fields.FloatField(null=True)),
            ],
            options={'table': 'video_channel', 'app': 'video', 'unique_together': (('device', 'code'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='Worker',
            name='national_trouble',
            field=fields.CharField(default='', db_default='', max_length=300),
        ),
    ]
