from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('core', '0001_initial'), ('core', '0002_audit'), ('core', '0003_people'), ('core', '0004_sessions'), ('core', '0005_second_factor'), ('core', '0006_posts'), ('core', '0007_personal'), ('core', '0008_oidc'), ('core', '0009_storage'), ('core', '0010_imports'), ('core', '0011_documents'), ('core', '0012_sheets'), ('core', '0013_audit_kinds'), ('video', '0007_workers_of_cameras')]

    initial = False

    operations = [
        ops.AddField(
            model_name='Watch',
            name='begins',
            field=fields.IntField(null=True),
        ),
        ops.AddField(
            model_name='Watch',
            name='ends',
            field=fields.IntField(null=True),
        ),
        ops.AddField(
            model_name='Watch',
            name='least_score',
            field=fields.FloatField(default=0.0, db_default=0.0),
        ),
    ]
