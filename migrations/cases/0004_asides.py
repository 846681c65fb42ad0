from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('cases', '0003_calendar'), ('core', '0001_initial')]

    initial = False

    operations = [
        ops.AddField(
            model_name='Case',
            name='escalated_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Case',
            name='extension_until',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Case',
            name='merged_into',
            field=fields.ForeignKeyField('cases.Case', source_field='merged_into_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='merged', on_delete=OnDelete.RESTRICT),
        ),
        # PostgreSQL makes no index for a foreign key that is added to a table.
        ops.RunSQL(
            'CREATE INDEX IF NOT EXISTS "idx_cases_case_merged__f75347" ON "cases_case" ("merged_into_id")',
            reverse_sql=ops.RunSQL.noop,
        ),
        ops.AddField(
            model_name='Case',
            name='soon_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Case',
            name='supervised_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Case',
            name='suspended_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Clock',
            name='late_told_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Clock',
            name='left_seconds',
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name='Clock',
            name='paused_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Clock',
            name='soon_told_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Clock',
            name='warn_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddIndex(
            model_name='Clock',
            index=Index(fields=['stopped_at', 'due_at']),
        ),
        ops.AddIndex(
            model_name='Clock',
            index=Index(fields=['stopped_at', 'warn_at']),
        ),
        ops.AddIndex(
            model_name='Step',
            index=Index(fields=['action', 'at']),
        ),
    ]
