"""GraphQL gives nobody what is none of their business, by no question that the schema allows.

Every field of Query is asked for all that can be chosen below it: bare, searched for, narrowed to a
thing; every kind of thing by its global id. A list must not even tell how many there are.
"""

from typing import Any

import pytest
from graphql import get_named_type

from tests.doors.conftest import District
from tests.doors.doors import Questions
from tests.doors.planting import Street
from tests.doors.rules import MUST_ANSWER, TOLD, not_opened
from tests.doors.visitors import Visitor, distinct, moved
from tests.factories import only

pytestmark = [only("sqlite"), pytest.mark.slow]

#: Kinds of things that everybody may know, so that they may be counted.
COMMON = {"Place", "Compound", "CaseType", "Unit", "Scene"}


async def asked(
    visitor: Visitor, district: District, street: Street
) -> list[tuple[str, set[str], Any]]:
    """Each question with what of the street it gave, and the answer; none may break."""
    found = []
    for name, text, given in Questions(district.schema, street).all():
        answer = await visitor.ask(text, given)
        content = answer.json()
        codes = {one["extensions"]["code"] for one in content.get("errors") or ()}
        assert codes.isdisjoint({"INTERNAL", "TOO_COSTLY", "GRAPHQL_VALIDATION_FAILED"}), name
        found.append((name, street.seen_in(answer.text), content.get("data") or {}))
    return found


async def test_no_question_gives_anybody_anything_of_another_street(district: District) -> None:
    wrong: dict[tuple[str, str], set[str]] = {}
    counted: dict[tuple[str, str], int] = {}
    async with district.visitors() as visitors:
        officer = await moved(district.shell, district.near, district.far)
        for visitor in [*distinct(visitors), officer]:
            for name, seen, data in await asked(visitor, district, district.far):
                if bad := visitor.strange(seen - tracked(name)):
                    wrong[visitor.name, name] = bad
                if number := of_another_street(district, name, data):
                    counted[visitor.name, name] = number
        await officer.client.aclose()
    assert wrong == {}
    assert counted == {}


def tracked(name: str) -> set[str]:
    """Whoever has a tracking code is the resident."""
    return TOLD if name == "trackedMatter" else set()


def of_another_street(district: District, name: str, data: dict[str, Any]) -> int:
    """How many things there are said to be where a list was narrowed to the other street."""
    door, _, narrowed = name.partition("(")
    query = district.schema.query_type
    assert query is not None
    if not narrowed or door not in query.fields:
        return 0
    kind = get_named_type(query.fields[door].type).name
    listed = data.get(door)
    if not isinstance(listed, dict) or kind.removesuffix("Connection") in COMMON:
        return 0
    return int(listed.get("totalCount") or 0)


async def test_each_role_is_answered_about_its_own_street_and_no_more_than_it_may(
    district: District,
) -> None:
    wrong: dict[str, set[str]] = {}
    missing: dict[str, set[str]] = {}
    async with district.visitors(all=False) as visitors:
        for visitor in visitors:
            answers = await asked(visitor, district, district.near)
            seen = {column for name, columns, _ in answers for column in columns - tracked(name)}
            wrong[visitor.role] = not_opened(visitor, seen)
            missing[visitor.role] = MUST_ANSWER.get(visitor.role, set()) - seen
    assert {role: columns for role, columns in wrong.items() if columns} == {}
    assert {role: columns for role, columns in missing.items() if columns} == {}


async def test_a_cursor_of_a_thing_that_one_may_not_see_opens_no_list(district: District) -> None:
    """Cursors are not secret: somebody who sees the thing may pass one on."""
    text = """query($after: String) { cases(first: 5, after: $after) {
        totalCount edges { cursor node { title } } } }"""
    async with district.visitors(all=False) as visitors:
        by_role = {visitor.role: visitor for visitor in visitors}
        owner = (await by_role["dispatcher"].ask(text, {})).json()["data"]["cases"]["edges"]
        assert len(owner) == 1
        answer = await by_role["auditor"].ask(text, {"after": owner[0]["cursor"]})
        assert answer.json()["data"]["cases"] == {"totalCount": 0, "edges": []}
