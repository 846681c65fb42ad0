from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('core', '0001_initial'), ('core', '0002_audit'), ('core', '0003_people'), ('core', '0004_sessions'), ('core', '0005_second_factor'), ('core', '0006_posts'), ('core', '0007_personal'), ('core', '0008_oidc'), ('core', '0009_storage'), ('core', '0010_imports'), ('core', '0011_documents'), ('core', '0012_sheets'), ('core', '0013_audit_kinds'), ('video', '0006_signage')]

    initial = False

    operations = [
        ops.AddField(
            model_name='Camera',
            name='worker',
            field=fields.ForeignKeyField('video.Worker', source_field='worker_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='cameras', on_delete=OnDelete.SET_NULL),
        ),
    ]
