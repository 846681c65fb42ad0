"""What lists are found by: an index over the words of each case, and columns that lists go by.

PostgreSQL: a GIN index over the pieces of `words`. SQLite: an FTS5 table beside it, kept by triggers.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index

from plugins.cases.rules import pieces

BATCH = 1000
COLUMNS = ("number", "title", "address", "description")
POSTGRES = (
    "CREATE INDEX cases_words_pieces ON cases_words USING gin (string_to_array(words, ' '))",
)
FORGET = "INSERT INTO cases_words_found (cases_words_found, rowid, words) VALUES ('delete', OLD.case_id, OLD.words)"
LEARN = "INSERT INTO cases_words_found (rowid, words) VALUES (NEW.case_id, NEW.words)"
SQLITE = (
    "CREATE VIRTUAL TABLE cases_words_found USING fts5 (words, content='cases_words', "
    "content_rowid='case_id', detail=none, columnsize=0)",
    f"CREATE TRIGGER cases_words_in AFTER INSERT ON cases_words BEGIN {LEARN}; END",
    f"CREATE TRIGGER cases_words_out AFTER DELETE ON cases_words BEGIN {FORGET}; END",
    f"CREATE TRIGGER cases_words_anew AFTER UPDATE ON cases_words BEGIN {FORGET}; {LEARN}; END",
)


async def index(apps, editor):
    engine = str(editor.client.capabilities.dialect)
    for statement in SQLITE if engine == "sqlite" else POSTGRES:
        await editor.client.execute_script(statement + ";")


async def backfill(apps, editor):
    """The words of the cases that are there."""
    engine = str(editor.client.capabilities.dialect)
    marks = ("?", "?") if engine == "sqlite" else ("$1", "$2")
    insert = f"INSERT INTO cases_words (case_id, words) VALUES ({marks[0]}, {marks[1]})"
    last = 0
    while True:
        rows = await editor.client.execute_query_dict(
            f"SELECT id, {', '.join(COLUMNS)} FROM cases_case WHERE id > {last} "
            f"ORDER BY id LIMIT {BATCH}"
        )
        if not rows:
            return
        values = [
            [row["id"], " ".join(sorted(pieces(*(row[name] for name in COLUMNS))))] for row in rows
        ]
        await editor.client.execute_many(insert, values)
        last = rows[-1]["id"]


class Migration(migrations.Migration):
    dependencies = [('cases', '0007_forgetting'), ('core', '0009_storage')]

    initial = False

    operations = [
        ops.CreateModel(
            name='CaseWords',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('case', fields.OneToOneField('cases.Case', source_field='case_id', db_constraint=True, to_field='id', related_name='words_kept', on_delete=OnDelete.CASCADE)),
                ('words', fields.TextField(unique=False)),
            ],
            options={'table': 'cases_words', 'app': 'cases', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.RunPython(index),
        ops.RunPython(backfill),
        ops.AddIndex(
            model_name='Case',
            index=Index(fields=['type_id', 'opened_at']),
        ),
        ops.AddIndex(
            model_name='Case',
            index=Index(fields=['unit_id', 'opened_at']),
        ),
        ops.AddIndex(
            model_name='Clock',
            index=Index(fields=['kind', 'due_at']),
        ),
    ]
