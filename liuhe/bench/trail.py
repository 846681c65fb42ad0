"""An audit as long as the cases are many: a reading of each, and now and then an export."""

from core.audit import AuditRow, AuditThing
from core.database import connection, dialect, rows
from liuhe.bench.findings import TRUSTING

OFTEN, SELDOM = "files.read", "exports.make"
EACH = 150  # readings for one export
#: Of the newest so many, a hundredth told something of somebody: a career, not a century.
CAREER, CONCERNS = 10_000, 100


async def write_trail(reader: int, other: int, concerned: int) -> None:
    """Chained in nothing but name: this tree is only ever looked at, never verified."""
    table, things = AuditRow._meta.db_table, AuditThing._meta.db_table
    trusting = TRUSTING if dialect() == "postgres" else ""
    before = await rows(f"SELECT COALESCE(max(seq), 0) AS seq FROM {table}")
    seq = f"{before[0]['seq']} + c.id"
    seldom = f"c.id % {EACH} = 0"
    await connection().execute_script(f"""{trusting}
        INSERT INTO {table} (seq, at, person_id, session_id, action, purpose, remote, request,
            details, previous, hash)
        SELECT {seq}, c.opened_at, CASE WHEN c.id % 5 = 0 THEN {other} ELSE {reader} END, NULL,
            CASE WHEN {seldom} THEN '{SELDOM}' ELSE '{OFTEN}' END, '', '10.0.0.1', 'r' || c.id,
            '{{}}', c.id - 1, c.id FROM cases_case c ORDER BY c.id;
        INSERT INTO {things} (seq, kind, key)
        SELECT {seq}, CASE WHEN {seldom} THEN 'export' ELSE 'cases.Case' END,
            CASE WHEN {seldom} THEN 'cases' ELSE CAST(c.id AS varchar(20)) END
        FROM cases_case c ORDER BY c.id;
        INSERT INTO {things} (seq, kind, key)
        SELECT {seq}, 'core.Person', '{concerned}' FROM cases_case c WHERE c.id % {CONCERNS} = 1
            AND c.id > (SELECT max(id) FROM cases_case) - {CAREER} ORDER BY c.id""")
