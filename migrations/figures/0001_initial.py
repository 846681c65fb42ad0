"""The ledger of figures, and what keeps the database itself from changing what is closed.

Whoever rebuilds these tables in a later migration (SQLite does, to alter them) puts the triggers
back: a table that is dropped takes its triggers along.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.indexes import Index

REFUSAL = "已经封账的指标不能修改，更正请发布勘误 (closed)"

#: When a statement is refused: by table, verb, and what must hold of the row.
SHEET = "EXISTS (SELECT 1 FROM figures_sheet s WHERE s.id = {}.sheet_id AND s.closed_at IS NOT NULL)"
RULES = (
    ("figures_row", "INSERT", SHEET.format("NEW")),
    ("figures_row", "UPDATE", f"{SHEET.format('OLD')} OR {SHEET.format('NEW')}"),
    ("figures_row", "DELETE", SHEET.format("OLD")),
    # The first also stops INSERT OR REPLACE, which deletes without a DELETE trigger.
    (
        "figures_sheet",
        "INSERT",
        "EXISTS (SELECT 1 FROM figures_month m WHERE m.month = NEW.month AND m.closed_at IS NOT NULL) "
        "OR EXISTS (SELECT 1 FROM figures_sheet s WHERE s.id = NEW.id AND s.closed_at IS NOT NULL)",
    ),
    ("figures_sheet", "UPDATE", "OLD.closed_at IS NOT NULL"),
    ("figures_sheet", "DELETE", "OLD.closed_at IS NOT NULL"),
    (
        "figures_month",
        "INSERT",
        "EXISTS (SELECT 1 FROM figures_month m WHERE m.month = NEW.month AND m.closed_at IS NOT NULL)",
    ),
    ("figures_month", "UPDATE", "OLD.closed_at IS NOT NULL"),
    ("figures_month", "DELETE", "OLD.closed_at IS NOT NULL"),
    (
        "figures_erratum",
        "INSERT",
        "EXISTS (SELECT 1 FROM figures_erratum e WHERE e.id = NEW.id)",
    ),
    ("figures_erratum", "UPDATE", "1 = 1"),
    ("figures_erratum", "DELETE", "1 = 1"),
    ("figures_objection", "UPDATE", "OLD.answered_at IS NOT NULL"),
    ("figures_objection", "DELETE", "1 = 1"),
)
TABLES = tuple(dict.fromkeys(table for table, _, _ in RULES))

SQLITE = tuple(
    f"CREATE TRIGGER {table}_{verb.lower()}_closed BEFORE {verb} ON {table} WHEN {when} "
    f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    for table, verb, when in RULES
)


def _postgres(table, verb, when):
    name = f"{table}_{verb.lower()}_closed"
    result = "OLD" if verb == "DELETE" else "NEW"
    yield (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {when} THEN RAISE EXCEPTION '{REFUSAL}'; END IF; RETURN {result}; END $$"
    )
    yield (
        f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
    )


POSTGRES = (
    *(one for rule in RULES for one in _postgres(*rule)),
    "CREATE FUNCTION figures_no_truncate() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$",
    *(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION figures_no_truncate()"
        for table in TABLES
    ),
)


async def protect(apps, editor):
    engine = str(editor.client.capabilities.dialect)
    for statement in SQLITE if engine == "sqlite" else POSTGRES:
        await editor.client.execute_script(statement + ";")


class Migration(migrations.Migration):
    dependencies = [('core', '0008_oidc')]

    initial = True

    operations = [
        ops.CreateModel(
            name='Month',
            fields=[
                ('month', fields.DateField(primary_key=True, unique=True, db_index=True)),
                ('closed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('closed_by', fields.ForeignKeyField('core.Person', source_field='closed_by_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='closed_months', on_delete=OnDelete.RESTRICT)),
            ],
            options={'table': 'figures_month', 'app': 'figures', 'pk_attr': 'month'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Sheet',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('month', fields.DateField()),
                ('code', fields.CharField(max_length=60)),
                ('version', fields.IntField()),
                ('card', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('names', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('hidden', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('numerator', fields.IntField()),
                ('denominator', fields.IntField()),
                ('counted_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('until', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('closed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('digest', fields.CharField(max_length=64)),
            ],
            options={'table': 'figures_sheet', 'app': 'figures', 'unique_together': (('month', 'code'),), 'indexes': [Index(fields=['code', 'month'])], 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Objection',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('sheet', fields.ForeignKeyField('figures.Sheet', source_field='sheet_id', db_index=True, db_constraint=True, to_field='id', related_name='objections', on_delete=OnDelete.RESTRICT)),
                ('by', fields.CharField(max_length=12)),
                ('key', fields.CharField(max_length=40)),
                ('numerator', fields.IntField()),
                ('denominator', fields.IntField()),
                ('text', fields.CharField(max_length=1000)),
                ('filed_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('filed_by', fields.ForeignKeyField('core.Person', source_field='filed_by_id', db_index=True, db_constraint=True, to_field='id', related_name='figure_objections', on_delete=OnDelete.RESTRICT)),
                ('due_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('outcome', fields.CharField(default='', max_length=8)),
                ('answer', fields.CharField(default='', max_length=1000)),
                ('answered_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('answered_by', fields.ForeignKeyField('core.Person', source_field='answered_by_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='figure_answers', on_delete=OnDelete.RESTRICT)),
            ],
            options={'table': 'figures_objection', 'app': 'figures', 'indexes': [Index(fields=['answered_at', 'due_at'])], 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Erratum',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('sheet', fields.ForeignKeyField('figures.Sheet', source_field='sheet_id', db_constraint=True, to_field='id', related_name='errata', on_delete=OnDelete.RESTRICT)),
                ('by', fields.CharField(max_length=12)),
                ('key', fields.CharField(max_length=40)),
                ('old_numerator', fields.IntField()),
                ('old_denominator', fields.IntField()),
                ('numerator', fields.IntField()),
                ('denominator', fields.IntField()),
                ('reason', fields.CharField(max_length=1000)),
                ('made_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('made_by', fields.ForeignKeyField('core.Person', source_field='made_by_id', db_index=True, db_constraint=True, to_field='id', related_name='figure_errata', on_delete=OnDelete.RESTRICT)),
                ('objection', fields.ForeignKeyField('figures.Objection', source_field='objection_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='errata', on_delete=OnDelete.RESTRICT)),
            ],
            options={'table': 'figures_erratum', 'app': 'figures', 'indexes': [Index(fields=['sheet_id', 'by', 'key'])], 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Row',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('sheet', fields.ForeignKeyField('figures.Sheet', source_field='sheet_id', db_constraint=True, to_field='id', related_name='rows', on_delete=OnDelete.RESTRICT)),
                ('thing_id', fields.BigIntField()),
                ('part', fields.IntField()),
                ('area_path', fields.CharField(max_length=120)),
                ('street_id', fields.BigIntField(null=True)),
                ('community_id', fields.BigIntField(null=True)),
                ('unit_id', fields.BigIntField(null=True)),
                ('type_code', fields.CharField(max_length=30)),
                ('numerator', fields.SmallIntField()),
                ('denominator', fields.SmallIntField()),
                ('due_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('done_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'figures_row', 'app': 'figures', 'unique_together': (('sheet_id', 'thing_id', 'part'),), 'indexes': [Index(fields=['sheet_id', 'unit_id']), Index(fields=['sheet_id', 'street_id']), Index(fields=['sheet_id', 'community_id']), Index(fields=['sheet_id', 'type_code'])], 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.RunPython(protect),
    ]
