from tortoise import migrations
from tortoise.migrations import operations as ops

class Migration(migrations.Migration):
    dependencies = [('residents', '0001_initial')]

    initial = False

    operations = [
        ops.RemoveField(model_name='Report', name='contact_read_at'),
        ops.RemoveField(model_name='Report', name='contact_read_in'),
        ops.RemoveField(model_name='Report', name='contact_reads'),
    ]
