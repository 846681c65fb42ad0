"""What is under way is found by an index, so that it costs no more when the past is long."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tortoise.expressions import Q

from core.database import atomic, connection, dialect
from plugins.cases.models import Case, late, soon_due, unfinished
from plugins.cases.permissions import waits_for
from tests.plugins.cases.conftest import District
from web.graphql.fast.statements import _written

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PRESSING: dict[str, Callable[[District], Q]] = {
    "overdue": lambda _: late(NOW),
    "soon due": lambda _: soon_due(NOW),
    "under way": lambda _: unfinished(),
    "waits for the dispatcher": lambda place: waits_for(place.dispatcher),
    "waits for a unit": lambda place: waits_for(place.handler),
    "waits for an officer": lambda place: waits_for(place.grid),
}


async def test_no_list_of_what_is_under_way_looks_through_all_cases(place: District) -> None:
    looked = {name: await looked_through(pressing(place)) for name, pressing in PRESSING.items()}
    assert looked == {name: [] for name in PRESSING}


async def test_a_list_without_an_index_is_noticed(place: District) -> None:
    assert await looked_through(Q(description="路灯不亮"))


@atomic
async def looked_through(condition: Q) -> list[str]:
    """The steps of the plan that read all cases, be it along an index."""
    sql, values = _written(Case.filter(condition), ["id"])
    if dialect() == "sqlite":
        steps = await connection().execute_query_dict(f"EXPLAIN QUERY PLAN {sql}", values)
        return [one["detail"] for one in steps if one["detail"].startswith("SCAN cases_case")]
    # As with many cases: few are read at once, and no more than needed.
    await connection().execute_script("SET LOCAL enable_seqscan = off")
    found = await connection().execute_query_dict(f"EXPLAIN (FORMAT JSON) {sql}", values)
    told = found[0]["QUERY PLAN"]
    return list(whole_reads((json.loads(told) if isinstance(told, str) else told)[0]["Plan"]))


def whole_reads(step: dict[str, Any]) -> list[str]:
    below = [one for part in step.get("Plans", ()) for one in whole_reads(part)]
    bound = "Index Cond" in step or step["Node Type"] == "Bitmap Heap Scan"
    if step.get("Relation Name") == "cases_case" and not bound:
        return [step["Node Type"], *below]
    return below
