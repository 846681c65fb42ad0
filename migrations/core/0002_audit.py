"""The audit's tables, and what keeps the database itself from changing what is in them.

Whoever rebuilds these tables in a later migration (SQLite does, to alter them) puts the triggers
back: a table that is dropped takes its triggers along.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.indexes import Index

REFUSAL = "审计记录只能添加，不能修改或删除 (append-only)"
ORDER = "审计记录只能接在最后一行后面 (append-only)"

SQLITE = (
    *(
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        for table in ("core_audit", "core_audit_thing")
        for verb in ("UPDATE", "DELETE")
    ),
    # Also stops INSERT OR REPLACE, which deletes without a DELETE trigger.
    "CREATE TRIGGER core_audit_in_order BEFORE INSERT ON core_audit "
    "WHEN NEW.seq IS NOT (SELECT COALESCE(MAX(seq), 0) + 1 FROM core_audit) "
    "OR NEW.previous IS NOT "
    "COALESCE((SELECT hash FROM core_audit ORDER BY seq DESC LIMIT 1), '') "
    f"BEGIN SELECT RAISE(ABORT, '{ORDER}'); END",
    "CREATE TRIGGER core_audit_thing_in_order BEFORE INSERT ON core_audit_thing "
    "WHEN NEW.id <= (SELECT COALESCE(MAX(id), 0) FROM core_audit_thing) AND NEW.id > 0 "
    f"BEGIN SELECT RAISE(ABORT, '{ORDER}'); END",
)

POSTGRES = (
    "CREATE FUNCTION core_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$",
    *(
        f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION core_audit_refuse()"
        for table in ("core_audit", "core_audit_thing")
    ),
    f"""CREATE FUNCTION core_audit_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE head record;
BEGIN
    SELECT seq, hash INTO head FROM core_audit ORDER BY seq DESC LIMIT 1;
    IF NEW.seq <> COALESCE(head.seq, 0) + 1 OR NEW.previous <> COALESCE(head.hash, '') THEN
        RAISE EXCEPTION '{ORDER}';
    END IF;
    RETURN NEW;
END $$""",
    "CREATE TRIGGER core_audit_in_order BEFORE INSERT ON core_audit "
    "FOR EACH ROW EXECUTE FUNCTION core_audit_in_order()",
)


async def protect(apps, editor):
    engine = str(editor.client.capabilities.dialect)
    for statement in SQLITE if engine == "sqlite" else POSTGRES:
        await editor.client.execute_script(statement + ";")


class Migration(migrations.Migration):
    dependencies = [('core', '0001_initial')]

    initial = False

    operations = [
        ops.CreateModel(
            name='AuditRow',
            fields=[
                ('seq', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ('person_id', fields.BigIntField(null=True)),
                ('session_id', fields.BigIntField(null=True)),
                ('action', fields.CharField(max_length=60)),
                ('purpose', fields.CharField(max_length=200)),
                ('remote', fields.CharField(max_length=60)),
                ('request', fields.CharField(max_length=40)),
                ('details', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('previous', fields.CharField(max_length=64)),
                ('hash', fields.CharField(max_length=64)),
            ],
            options={'table': 'core_audit', 'app': 'core', 'indexes': [Index(fields=['person_id', 'seq']), Index(fields=['action', 'seq'])], 'pk_attr': 'seq'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='AuditThing',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('seq', fields.BigIntField(db_index=True)),
                ('kind', fields.CharField(max_length=60)),
                ('key', fields.CharField(max_length=60)),
            ],
            options={'table': 'core_audit_thing', 'app': 'core', 'indexes': [Index(fields=['kind', 'key', 'seq'])], 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.RunPython(protect),
    ]
