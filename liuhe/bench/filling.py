"""A district of any size: cases, steps and clocks written by the database itself.

As many cases a month and unit whatever their number: 10,000 are one year, the rest lies before it.
The newest are under way, all others came to an end.
"""

import time
from dataclasses import dataclass
from functools import lru_cache

from core.database import connection, dialect, rows
from core.people import Person, open_session
from core.permissions import Viewer
from core.testing import make_area, make_unit, make_viewer
from liuhe import Area
from liuhe.bench.findings import TRUSTING, write_findings
from liuhe.bench.trail import write_trail
from plugins.cases.rules import pieces

A_YEAR = 10_000
GAP = 365 * 86_400 // A_YEAR  # seconds from one case to the next
UNDER_WAY = 600
STREETS, COMMUNITIES, UNITS = 10, 8, 40
TABLES = ("cases_case", "cases_step", "cases_clock", "cases_words")
#: Filled beside them; their indexes may stay.
BESIDE = ("city_eye_finding", "core_audit", "core_audit_thing")
#: SQLite's index of words.
FOUND = "cases_words_found"
#: Until it is filled: nothing to lose if the machine fails, and nobody else reads.
HASTY = "PRAGMA synchronous = OFF; PRAGMA secure_delete = OFF; PRAGMA cache_size = -400000"
STEPS = ("open", "accept", "dispatch", "sign", "submit_handling", "close")
#: What titles and addresses are made of.
WORDS = (
    *("湖墅", "小河", "拱宸", "大关", "上塘", "康桥", "半山", "祥符", "仓基", "珠儿潭", "哑巴弄"),
    *("双荡弄", "沈塘桥", "叶青兜", "德胜", "东新", "垃圾", "占道", "井盖", "路灯", "噪声", "油烟"),
    *("广告", "积水", "绿化", "护栏", "违停", "共享单车", "破损", "缺失", "堆放", "暴露", "渗漏"),
    *(
        "坍塌",
        "南路",
        "北路",
        "东路",
        "西路",
        "小区",
        "广场",
        "公园",
        "学校",
        "医院",
        "菜场",
        "桥头",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Filled:
    """Who works there: over the whole district, in one unit, in one street; who looks at the audit.
    `token`: the dispatcher's."""

    dispatcher: Viewer
    handler: Viewer
    grid: Viewer
    auditor: Viewer
    token: str
    street_id: int


async def fill(cases: int) -> Filled:
    found = await people()
    await write(cases, found)
    return found


async def people() -> Filled:
    """The district before there was any case."""
    district = await make_area("330105", "拱墅区")
    street = district
    for s in range(STREETS):
        street = await make_area(f"3301050{s:02}", f"第{s + 1}街道", "street", district)
        for c in range(COMMUNITIES):
            name = f"第{s + 1}街道第{c + 1}社区"
            await make_area(f"3301050{s:02}0{c:02}", name, "community", street)
    units = [await make_unit(f"U{u}", f"第{u + 1}处置单位", district) for u in range(UNITS)]
    dispatcher = await make_viewer("dispatcher", "dispatcher", area=district)
    handler = await make_viewer("handler", "handler", unit=units[0])
    grid = await make_viewer("grid", "grid", area=street)
    auditor = await make_viewer("auditor", "auditor", area=district)
    token, _ = await open_session(await Person.get(id=dispatcher.person_id), "api")
    return Filled(
        dispatcher=dispatcher,
        handler=handler,
        grid=grid,
        auditor=auditor,
        token=token,
        street_id=street.id,
    )


async def write(cases: int, found: Filled) -> None:
    person = found.dispatcher.person_id
    if dialect() == "sqlite":
        await connection().execute_script(HASTY)
    triggers, indexes = await _drop_triggers(), await _drop_indexes()
    await _write_cases(cases, person)
    await _write_steps(person)
    await _write_clocks()
    await _write_words()
    await write_findings(person)
    await write_trail(person, found.handler.person_id, found.grid.person_id)
    if dialect() == "sqlite":
        await connection().execute_script(f"INSERT INTO {FOUND} ({FOUND}) VALUES ('rebuild')")
    for made in (*triggers, *indexes):
        memory = "SET maintenance_work_mem = '400MB'; " if dialect() == "postgres" else ""
        await connection().execute_script(memory + made)
    await _settle()


async def _send(sql: str) -> None:
    """What is written fits together: nobody needs to look up each row's foreign keys."""
    await connection().execute_script((TRUSTING if dialect() == "postgres" else "") + sql)


async def _drop_triggers() -> list[str]:
    """Those that keep SQLite's index of words, which is built at once in the end."""
    if dialect() == "postgres":
        return []
    found = await rows("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    for one in found:
        await connection().execute_script(f'DROP TRIGGER "{one["name"]}"')
    return [one["sql"] for one in found]


def _moment(seconds: str) -> str:
    if dialect() == "sqlite":
        return f"strftime('%Y-%m-%d %H:%M:%S', {seconds}, 'unixepoch') || '.000000+00:00'"
    return f"to_timestamp({seconds})"


async def _drop_indexes() -> list[str]:
    """Those that no constraint needs; what makes them again."""
    tables = ", ".join(f"'{table}'" for table in TABLES)
    if dialect() == "sqlite":
        found = await rows(
            f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL "
            f"AND sql NOT LIKE 'CREATE UNIQUE%' AND tbl_name IN ({tables})"
        )
    else:
        found = await rows(
            f"SELECT indexname AS name, indexdef AS sql FROM pg_indexes WHERE tablename IN "
            f"({tables}) AND indexdef NOT LIKE 'CREATE UNIQUE%'"
        )
    for one in found:
        await connection().execute_script(f'DROP INDEX "{one["name"]}"')
    return [one["sql"] for one in found]


def _series(count: int) -> str:
    if dialect() == "postgres":
        return f"SELECT g AS i FROM generate_series(1::bigint, {count}) g"
    return (
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "
        "SELECT i FROM n"
    )


def _word(expression: str) -> str:
    """A word by number, as SQL."""
    size = len(WORDS)
    if dialect() == "postgres":
        known = ", ".join(f"'{word}'" for word in WORDS)
        return f"(ARRAY[{known}])[1 + ({expression}) % {size}]"
    found = " ".join(f"WHEN {n} THEN '{word}'" for n, word in enumerate(WORDS))
    return f"CASE ({expression}) % {size} {found} END"


async def _write_cases(count: int, person: int) -> None:
    now = int(time.time())
    communities = [area.id for area in await Area.filter(level="community").order_by("id")]
    types = [one["id"] for one in await rows("SELECT id FROM cases_type ORDER BY id")]
    units = [one["id"] for one in await rows("SELECT id FROM core_unit ORDER BY id")]
    opened = f"({now} - ({count} - i) * {GAP} - 60)"
    open_ = f"i > {count} - {UNDER_WAY}"
    with_unit = f"(NOT ({open_}) OR i % 6 > 1)"
    # Each street lies before its communities.
    which = f"((i * 7919) % {len(communities)})"
    area = (
        f"{communities[0]} + {which} / {COMMUNITIES} * {COMMUNITIES + 1} + {which} % {COMMUNITIES}"
    )
    stages = ("reported", "accepted", "dispatched", "signed", "fed_back", "verified")
    stage = " ".join(f"WHEN {n} THEN '{one}'" for n, one in enumerate(stages))
    sql = f"""
        INSERT INTO cases_case (id, number, title, description, type_id, flow, stage, source,
            area_id, address, longitude, latitude, reporter_id, unit_id, opened_at, due_at, soon_at,
            closed_at, returns, reworks, rating, rating_note, version)
        SELECT i, 'B' || i, {_word("i * 31")} || {_word("i * 17 / 7")}, '说明 ' || i,
            {types[0]} + (i * 13) % {len(types)}, 'standard',
            CASE WHEN {open_} THEN CASE i % 6 {stage} END
                 WHEN i % 3 = 0 THEN 'closed' ELSE 'rated' END, 'officer', {area},
            {_word("i * 7")} || {_word("i / 3")} || (i % 300) || '号',
            120.1 + (i % 1000) / 5000.0, 30.3 + (i % 700) / 5000.0, {person},
            CASE WHEN {with_unit} THEN {units[0]} + (i * 11) % {len(units)} END,
            {_moment(opened)},
            CASE WHEN {open_} THEN {_moment(f"{opened} + (i % 40) * 86400")} END,
            CASE WHEN {open_} THEN {_moment(f"{opened} + (i % 40) * 70000")} END,
            CASE WHEN {open_} THEN NULL ELSE {_moment(f"{opened} + 172800")} END,
            0, 0, CASE WHEN {open_} OR i % 3 = 0 THEN NULL ELSE 4 END, '', 6
        FROM ({_series(count)}) s"""
    await _send(sql)


async def _write_steps(person: int) -> None:
    """What a case has been through: all six for those at an end, three for those under way."""
    made = " UNION ALL ".join(f"SELECT {n} AS seq, '{name}' AS action" for n, name in _numbered())
    later = "interval '1 hour' * s.seq"
    at = f"c.opened_at + {later}"
    if dialect() == "sqlite":
        at = "strftime('%Y-%m-%d %H:%M:%S', c.opened_at, '+' || s.seq || ' hours')"
        at += " || '.000000+00:00'"
    await _send(f"""
        INSERT INTO cases_step
            (case_id, seq, at, person_id, actor, unit_id, action, to_stage, note, details)
        SELECT c.id, s.seq, {at}, {person}, '经办人', c.unit_id, s.action, c.stage, '', '{{}}'
        FROM cases_case c CROSS JOIN ({made}) s WHERE c.closed_at IS NOT NULL OR s.seq <= 3""")


def _numbered() -> list[tuple[int, str]]:
    return list(enumerate(STEPS, 1))


async def _write_clocks() -> None:
    made = " UNION ALL ".join(f"SELECT '{kind}' AS kind" for kind in ("accept", "sign", "handle"))
    await _send(f"""
        INSERT INTO cases_clock (case_id, kind, started_at, due_at, stopped_at, rule, warn_at)
        SELECT c.id, k.kind, c.opened_at, COALESCE(c.due_at, c.closed_at), c.closed_at, '3 工作日',
            COALESCE(c.soon_at, c.closed_at)
        FROM cases_case c CROSS JOIN ({made}) k""")


async def _write_words() -> None:
    last = 0
    while found := await rows(
        "SELECT id, number, title, address, description FROM cases_case WHERE id > $1 "
        "ORDER BY id LIMIT 20000",
        last,
    ):
        texts = ([one["number"], one["title"], one["address"], one["description"]] for one in found)
        words = [" ".join(frozenset().union(*map(_pieces, parts))) for parts in texts]
        await _keep([(one["id"], text) for one, text in zip(found, words, strict=True)])
        last = found[-1]["id"]


async def _keep(words: list[tuple[int, str]]) -> None:
    if dialect() == "sqlite":
        insert = "INSERT INTO cases_words (case_id, words) VALUES (?, ?)"
        await connection().execute_many(insert, [list(pair) for pair in words])
        return
    async with connection().acquire_connection() as direct, direct.transaction():
        await direct.execute(TRUSTING)
        await direct.copy_records_to_table(
            "cases_words", records=words, columns=["case_id", "words"]
        )


@lru_cache(200_000)
def _pieces(text: str) -> frozenset[str]:
    return pieces(text)


async def _settle() -> None:
    """Statistics for the planner, as autovacuum and `PRAGMA optimize` keep them."""
    if dialect() == "postgres":
        for table in (*TABLES, "core_area", "core_unit"):
            await connection().execute_script(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), "
                f"(SELECT max(id) FROM {table}))"
            )
        for table in (*TABLES, "core_area", "core_unit", *BESIDE):
            await connection().execute_script(f"VACUUM ANALYZE {table}")
    else:
        await connection().execute_script("ANALYZE")
