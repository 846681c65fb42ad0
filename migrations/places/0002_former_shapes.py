from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('core', '0001_initial'), ('places', '0001_initial')]

    initial = False

    operations = [
        ops.CreateModel(
            name='FormerShape',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('area', fields.ForeignKeyField('core.Area', source_field='area_id', db_index=True, db_constraint=True, to_field='id', related_name='former_shapes', on_delete=OnDelete.CASCADE)),
                ('polygon', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('west', fields.FloatField()),
                ('south', fields.FloatField()),
                ('east', fields.FloatField()),
                ('north', fields.FloatField()),
                ('valid_from', fields.DateField(null=True)),
                ('valid_to', fields.DateField()),
            ],
            options={'table': 'places_former_shape', 'app': 'places', 'indexes': [Index(fields=['west', 'east'])], 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='Division',
            name='drawn_from',
            field=fields.DateField(null=True),
        ),
    ]
