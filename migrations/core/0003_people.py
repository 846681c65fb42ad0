from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('core', '0002_audit')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Guesses',
            fields=[
                ('key', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ('kind', fields.CharField(max_length=8)),
                ('person', fields.ForeignKeyField('core.Person', source_field='person_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='guesses', on_delete=OnDelete.CASCADE)),
                ('address', fields.CharField(default='', max_length=64)),
                ('wrong', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('pauses', fields.IntField(default=0)),
                ('until', fields.FloatField(default=0, db_index=True)),
                ('touched', fields.FloatField(db_index=True)),
            ],
            options={'table': 'core_guesses', 'app': 'core', 'pk_attr': 'key'},
            bases=['Model'],
        ),
    ]
