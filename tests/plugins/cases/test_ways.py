"""A unit's list, what it has and what it was called to, is page by page the plain list."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tortoise.expressions import Q

from core.database import connection, dialect
from plugins.cases.models import Case, Task
from plugins.cases.permissions import visible
from plugins.cases.rules import TaskStage
from tests.plugins.cases.conftest import District
from web.graphql.fast.statements import _written
from web.keyset import Keyset, Window, cut, part_of

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ORDERS = (["-opened_at"], ["due_at"], ["-due_at", "number"], ["title"])


async def fill(place: District) -> list[int]:
    """Cases of the unit, of another, and of nobody; some that it was called to, one of them its
    own. Times that are alike, and empty ones."""
    ids = []
    for n in range(9):
        case = await place.open(title=f"第 {n % 4} 处")
        unit = (place.unit.id, place.other_unit.id, None)[n % 3]
        due = None if n % 4 == 0 else NOW + timedelta(hours=n % 2)
        opened = NOW - timedelta(hours=n // 2)
        await Case.filter(id=case.id).update(unit_id=unit, due_at=due, opened_at=opened)
        if n in (1, 2, 3, 5):
            await call(place, case)
        ids += [case.id] if n % 3 == 0 or n in (1, 2, 5) else []
    return ids


async def call(place: District, case: Case) -> None:
    await Task.create(
        case_id=case.id,
        number=1,
        unit_id=place.unit.id,
        wanted="一起清理",
        stage=TaskStage.CALLED,
        caller_id=place.grid.person_id,
        called_at=NOW,
    )


async def walk(found: Any, order: list[str], size: int, *, backward: bool) -> list[list[int]]:
    """The pages from one end to the other."""
    keyset, part, pages = Keyset(Case, order), Window(size=size, backward=backward), []
    while True:
        page = cut(await part_of(found, keyset, part), keyset, part)
        pages.append([row.id for row in page.rows])
        if not (page.has_previous if backward else page.has_next):
            return pages
        side = {"before": page.start_cursor} if backward else {"after": page.end_cursor}
        part = Window(size=size, backward=backward, **side)


async def test_every_page_is_the_plain_lists(place: District) -> None:
    ids = await fill(place)
    listed = Case.filter(visible(place.handler))
    assert sorted([case.id for case in await listed]) == ids
    conditions = (Q(), Q(closed_at__isnull=True), ~Q(title="第 1 处"))
    for more in conditions:
        for order in ORDERS:
            for size, backward in ((1, False), (4, False), (4, True)):
                ways = await walk(listed.filter(more), order, size, backward=backward)
                plain = await walk(Case.filter(more, id__in=ids), order, size, backward=backward)
                assert ways == plain, (order, size, backward)


async def test_a_page_is_one_statement_that_meets_each_way_by_itself(
    place: District, count_queries: Callable[[], Any]
) -> None:
    await fill(place)
    listed = part_of(Case.filter(visible(place.handler)), Keyset(Case, ["-opened_at"]), Window())
    with count_queries() as queries:
        assert len(await listed) == 6
    assert len(queries) == 1
    if dialect() == "sqlite":
        sql, values = _written(listed, ["id"])
        steps = await connection().execute_query_dict(f"EXPLAIN QUERY PLAN {sql}", values)
        told = [one["detail"] for one in steps]
        assert not any("MULTI-INDEX OR" in one or one.startswith("SCAN cases_case") for one in told)
        assert any("unit_id=?" in one and "INDEX" in one for one in told), told
