"""Rules of closed months that were missing: nothing is moved into one, nothing takes its place.

SQLite replaces a row (INSERT OR REPLACE, UPDATE OR REPLACE) without asking a DELETE trigger, so
whatever would take the place of what stands is refused as well.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops

REFUSAL = "已经封账的指标不能修改，更正请发布勘误 (closed)"
SHEET = "EXISTS (SELECT 1 FROM figures_sheet s WHERE s.id = {} AND s.closed_at IS NOT NULL)"
ROW = (
    "EXISTS (SELECT 1 FROM figures_row r JOIN figures_sheet s ON s.id = r.sheet_id "
    "WHERE r.id = NEW.id AND s.closed_at IS NOT NULL)"
)
MONTH = (
    "EXISTS (SELECT 1 FROM figures_month m WHERE m.month = NEW.month AND m.closed_at IS NOT NULL)"
)
TAKEN = (
    "EXISTS (SELECT 1 FROM figures_sheet s WHERE s.month = NEW.month AND s.code = NEW.code "
    "AND s.id <> NEW.id AND s.closed_at IS NOT NULL)"
)

#: Table, verb, when it is refused, and whether there is a rule of that name that this one replaces.
RULES = (
    ("figures_row", "INSERT", f"{SHEET.format('NEW.sheet_id')} OR {ROW}", True),
    (
        "figures_row",
        "UPDATE",
        f"{SHEET.format('OLD.sheet_id')} OR {SHEET.format('NEW.sheet_id')} "
        f"OR (NEW.id <> OLD.id AND {ROW})",
        True,
    ),
    (
        "figures_sheet",
        "INSERT",
        f"{MONTH} OR {SHEET.format('NEW.id')} OR {TAKEN}",
        True,
    ),
    (
        "figures_sheet",
        "UPDATE",
        f"OLD.closed_at IS NOT NULL OR (NEW.month <> OLD.month AND {MONTH}) "
        f"OR (NEW.id <> OLD.id AND {SHEET.format('NEW.id')}) OR {TAKEN}",
        True,
    ),
    (
        "figures_month",
        "UPDATE",
        f"OLD.closed_at IS NOT NULL OR (NEW.month <> OLD.month AND {MONTH})",
        True,
    ),
    (
        "figures_objection",
        "INSERT",
        "EXISTS (SELECT 1 FROM figures_objection o WHERE o.id = NEW.id)",
        False,
    ),
    ("figures_objection", "UPDATE", "OLD.answered_at IS NOT NULL OR NEW.id <> OLD.id", True),
)


def _sqlite(table, verb, when, replaces):
    name = f"{table}_{verb.lower()}_closed"
    if replaces:
        yield f"DROP TRIGGER {name}"
    yield (
        f"CREATE TRIGGER {name} BEFORE {verb} ON {table} WHEN {when} "
        f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    )


def _postgres(table, verb, when, replaces):
    name = f"{table}_{verb.lower()}_closed"
    yield (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {when} THEN RAISE EXCEPTION '{REFUSAL}'; END IF; RETURN NEW; END $$"
    )
    if not replaces:
        yield (
            f"CREATE TRIGGER {name} BEFORE {verb} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {name}()"
        )


async def protect(apps, editor):
    engine = str(editor.client.capabilities.dialect)
    rule = _sqlite if engine == "sqlite" else _postgres
    for statement in (one for given in RULES for one in rule(*given)):
        await editor.client.execute_script(statement + ";")


class Migration(migrations.Migration):
    dependencies = [('figures', '0002_told_errata')]

    initial = False

    operations = [ops.RunPython(protect)]
