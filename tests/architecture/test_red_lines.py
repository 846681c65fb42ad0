"""What the house never keeps of a person: what nobody has a need to know, scores and ranks."""

import re
from collections.abc import Iterator
from dataclasses import fields as values_of
from pathlib import Path

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType

from core.database import CORE_TABLES
from core.kernel import Kernel
from core.tables import models_in
from core.testing import load
from web.graphql.building import build_schema

TREE = Path(__file__).resolve().parents[2]

#: Attributes of a natural person that no district may keep, in Chinese and as code writes them.
DENIED_WORDS = (
    *("民族", "宗教", "信仰", "教派", "涉教", "政治面貌", "党派", "政治倾向", "上访", "信访史"),
    *("艾滋", "吸毒", "涉毒", "性取向", "重点人员", "前科", "犯罪记录"),
)
DENIED_PARTS = {
    *("ethnic", "ethnicity", "nationality", "race", "religion", "religious", "faith", "belief"),
    *("political", "politics", "partisan", "petition", "petitioner", "petitions", "hiv", "aids"),
    *("drug", "drugs", "addict", "sexual", "orientation", "criminal", "conviction"),
    *("minzu", "zongjiao", "xinyang", "shangfang", "xidu"),
}
PERSON_PARTS = {
    *("person", "people", "resident", "reporter", "officer", "handler", "citizen", "owner"),
    *("patient", "tenant", "visitor", "member", "minor", "elder", "driver", "author", "actor"),
}
RANKING_PARTS = {
    *("score", "rank", "ranking", "grade", "credit", "risk", "points", "reputation", "trust"),
    *("danger", "stars"),
}


def parts(name: str) -> set[str]:
    """The words of a name: `reporterRank`, `reporter_rank`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return set(spaced.lower().split("_"))


def denied(text: str) -> list[str]:
    return [word for word in DENIED_WORDS if word in text]


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    return load(tmp_path)


def graphql_names(kernel: Kernel) -> Iterator[tuple[str, str, str]]:
    """Type, name and description of every type, field, argument, input and enum value."""
    objects = (GraphQLObjectType, GraphQLInterfaceType, GraphQLInputObjectType)
    for name, kind in build_schema(kernel)._schema.type_map.items():
        if name.startswith("__"):
            continue
        yield name, name, kind.description or ""
        if isinstance(kind, GraphQLEnumType):
            for value, known in kind.values.items():
                yield name, value, known.description or ""
        if isinstance(kind, objects):
            for field, known in kind.fields.items():
                yield name, field, known.description or ""
                for argument, given in getattr(known, "args", {}).items():
                    yield name, argument, given.description or ""


def stored_names(kernel: Kernel) -> Iterator[tuple[str, str]]:
    """Model and column of every table, fact and its value."""
    for tables in (CORE_TABLES, *kernel.tables.values()):
        for model in models_in(tables.modules):
            yield from ((model.__name__, column) for column in model._meta.fields_map)
    for plugin in kernel.plugins.values():
        for fact in plugin.facts:
            yield from ((fact.__name__, value.name) for value in values_of(fact))


def test_graphql_knows_no_attribute_that_makes_a_profile(kernel: Kernel) -> None:
    found = list(graphql_names(kernel))
    assert len(found) > 100
    assert [
        (kind, name)
        for kind, name, description in found
        if parts(name) & DENIED_PARTS or denied(name + description)
    ] == []


def test_no_table_and_no_fact_keeps_one(kernel: Kernel) -> None:
    found = list(stored_names(kernel))
    assert len(found) > 100
    assert [one for one in found if parts(one[1]) & DENIED_PARTS or denied(one[1])] == []


def test_no_page_asks_for_one_or_shows_one() -> None:
    pages = [
        path
        for folder in ("web", "plugins")
        for path in (TREE / folder).rglob("*")
        if "templates" in path.parts and path.suffix == ".html"
    ]
    pages += [path for path in (TREE / "plugins").rglob("*.py") if "pages" in path.parts]
    assert len(pages) > 30
    wrong = {path.relative_to(TREE).as_posix(): denied(path.read_text("utf-8")) for path in pages}
    assert {path: words for path, words in wrong.items() if words} == {}


def of_a_person(kind: str, name: str) -> bool:
    return bool((parts(kind) | parts(name)) & PERSON_PARTS)


def test_nothing_that_is_a_person_carries_a_score_or_a_rank(kernel: Kernel) -> None:
    found = [*stored_names(kernel), *((kind, name) for kind, name, _ in graphql_names(kernel))]
    assert [
        (kind, name)
        for kind, name in found
        if parts(name) & RANKING_PARTS and of_a_person(kind, name)
    ] == []


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("Person", "score"),
        ("Case", "reporterRank"),
        ("Resident", "risk_level"),
        ("Case", "handler_grade"),
    ],
)
def test_the_check_would_see_one(kind: str, name: str) -> None:
    assert parts(name) & RANKING_PARTS
    assert of_a_person(kind, name)


@pytest.mark.parametrize("name", ["ethnicity", "religiousBelief", "petition_count", "hivStatus"])
def test_the_check_would_see_a_denied_name(name: str) -> None:
    assert parts(name) & DENIED_PARTS


@pytest.mark.parametrize("name", ["trace", "embraced", "party_id", "raced_at"])
def test_the_check_looks_at_whole_words(name: str) -> None:
    assert not parts(name) & DENIED_PARTS
