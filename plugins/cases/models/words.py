"""检索: what a case is found by, and how a list is narrowed by it.

An index over pairs of characters finds a word of two characters on either engine; where it leaves
few cases, the list looks at those alone, where it leaves many, the list comes to enough of them
soon by itself. The text of the case decides in the end, so the index never changes an answer.
"""

from collections.abc import Sequence
from datetime import datetime

import orjson
from tortoise import fields
from tortoise.expressions import Q, RawSQL

from liuhe import Model, dialect, rows
from plugins.cases.models.finding import MOST_SEARCH, Wanted, contains
from plugins.cases.models.tables import Case, CaseType
from plugins.cases.rules import needed, pieces

#: The columns that are looked through: whoever may see a case may read all of them.
SEARCHED = ("number", "title", "address", "description")
#: With more than so many found, a list does better without them.
FEW = 2_000
SURELY_MANY = 5 * FEW
_HOLDING = "SELECT case_id AS id FROM cases_words WHERE string_to_array(words, ' ') @> $1::text[]"


class CaseWords(Model):
    """The pieces of one case's text, for the index; written and forgotten with the case."""

    id = fields.BigIntField(primary_key=True)
    case: fields.OneToOneRelation[Case] = fields.OneToOneField(
        "cases.Case", related_name="words_kept", on_delete=fields.CASCADE
    )
    case_id: int
    words = fields.TextField()

    class Meta:
        table = "cases_words"


def words_of(case: Case) -> str:
    return " ".join(sorted(pieces(*(getattr(case, name) for name in SEARCHED))))


async def narrowed(wanted: Wanted, now: datetime) -> Q:
    """The cases that are wanted, for a list."""
    return wanted.condition(now) & await _of_type(wanted) & await holding(wanted.search)


async def _of_type(wanted: Wanted) -> Q:
    """By number, so that an index gives one type's cases in the order of a list."""
    named = {"code": wanted.type_code, "class_code": wanted.class_code}
    asked = {name: value for name, value in named.items() if value}
    if not asked:
        return Q()
    ids = [kind.id for kind in await CaseType.filter(**asked)]
    return Q(type_id=ids[0]) if len(ids) == 1 else Q(type_id__in=ids)


async def holding(search: str) -> Q:
    """The cases with this text in them; "%" and "_" are ordinary characters."""
    text = search.strip()[:MOST_SEARCH]
    told = contains(text, *SEARCHED)
    found = await _few(sorted(needed(text)))
    if found is None:
        return told
    among = ", ".join(str(int(id)) for id in found) or "NULL"
    # Written out: thousands of numbers are too many for parameters.
    return Q(id__in=RawSQL(f"({among})")) & told


async def _few(wanted: Sequence[str]) -> list[int] | None:
    """The cases that have all of these pieces; None where they are many, or nothing is asked."""
    if not wanted:
        return None
    if dialect() == "sqlite":
        sql = "SELECT rowid AS id FROM cases_words_found WHERE cases_words_found MATCH $1 LIMIT $2"
        found = await rows(sql, " AND ".join(wanted), FEW + 1)
    else:
        if await _expected(wanted) > SURELY_MANY:
            return None
        found = await rows(f"{_HOLDING} LIMIT $2", list(wanted), FEW + 1)
    return [one["id"] for one in found] if len(found) <= FEW else None


async def _expected(wanted: Sequence[str]) -> int:
    """How many PostgreSQL thinks there are: it keeps statistics of pieces that are frequent, and
    would else look through thousands of rows only to find that they are many."""
    told = (await rows(f"EXPLAIN (FORMAT JSON) {_HOLDING}", list(wanted)))[0]["QUERY PLAN"]
    (plan,) = orjson.loads(told) if isinstance(told, str) else told
    return int(plan["Plan"]["Plan Rows"])
