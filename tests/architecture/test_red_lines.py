"""What the house never keeps of a person: what nobody has a need to know, scores and ranks."""

import re
from collections.abc import Iterator
from dataclasses import fields as values_of
from pathlib import Path

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType

from core.audit import AuditRow, AuditThing
from core.database import CORE_TABLES
from core.indicators import Counted
from core.kernel import Kernel
from core.sheets import Column
from core.sheets.headings import forbidden, match_headings
from core.sheets.lines import Line
from core.tables import models_in
from core.terms import RETENTIONS
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


def test_e_01_graphql_knows_no_attribute_that_makes_a_profile(kernel: Kernel) -> None:
    found = list(graphql_names(kernel))
    assert len(found) > 100
    assert [
        (kind, name)
        for kind, name, description in found
        if parts(name) & DENIED_PARTS or denied(name + description)
    ] == []


def test_e_01_no_table_and_no_fact_keeps_one(kernel: Kernel) -> None:
    found = list(stored_names(kernel))
    assert len(found) > 100
    assert [one for one in found if parts(one[1]) & DENIED_PARTS or denied(one[1])] == []


def test_e_01_no_page_asks_for_one_or_shows_one() -> None:
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


def sheets_of(kernel: Kernel) -> Iterator[tuple[str, Column]]:
    """Every column of a table that can be brought in or taken out, as its template says it."""
    for plugin in kernel.plugins.values():
        for table in (*plugin.imports, *plugin.exports):
            yield from ((table.name, column) for column in table.columns)


def said_of(column: Column) -> str:
    choices = (" ".join(map(str, one)) for one in column.choices)
    return " ".join((column.title, *column.also, column.hint, column.example, *choices))


def test_e_01_no_table_that_comes_in_or_goes_out_has_a_column_for_one(kernel: Kernel) -> None:
    found = list(sheets_of(kernel))
    assert len({name for name, _ in found}) >= 4
    assert [
        (name, column.name)
        for name, column in found
        if parts(column.name) & DENIED_PARTS
        or denied(said_of(column))
        or any(forbidden(one) for one in (column.title, column.name, *column.also))
    ] == []


@pytest.mark.parametrize("word", DENIED_WORDS)
def test_e_01_a_column_that_is_brought_along_is_dropped_and_said(word: str) -> None:
    wanted = Column(name="number", title="编号", required=True)
    given = Line(number=1, cells=("编号", f"当事人{word}"))
    found = match_headings([given], [wanted])
    assert (found.places, found.dropped) == ({"number": 0}, (f"当事人{word}",))


def test_e_01_no_sealed_value_is_one(kernel: Kernel) -> None:
    kinds = [kind for plugin in kernel.plugins.values() for kind in plugin.personal]
    found = [(kind, value) for kind in kinds for value in kind.fields]
    assert len(found) >= 2
    assert [
        (kind.name, value.name)
        for kind, value in found
        if parts(value.name) & DENIED_PARTS or denied(kind.title + value.title)
    ] == []


def test_e_10_no_figure_is_broken_down_by_a_person_or_counts_persons(kernel: Kernel) -> None:
    found = [one for plugin in kernel.plugins.values() for one in plugin.indicators]
    assert len(found) >= 8
    assert {dimension for one in found for dimension in one.dimensions} <= {"unit", "area", "type"}
    assert [one.code for one in found if of_a_person(one.things.node, one.code)] == []
    assert not {value.name for value in values_of(Counted)} & {"person", "person_id", "name"}


def test_e_13_every_term_tells_its_ground_its_start_and_what_comes_of_it(kernel: Kernel) -> None:
    declared = [rule for plugin in kernel.plugins.values() for rule in plugin.retention]
    found = (*RETENTIONS, *declared)
    assert len(found) > 15
    for rule in found:
        assert rule.title, rule
        assert rule.basis, rule.title
        assert rule.starts, rule.title
        assert rule.action in ("delete", "anonymise", "destroy", "keep"), rule.title
        assert (rule.days is None) == (rule.action == "keep"), rule.title


def test_e_14_the_audit_and_its_things_are_kept_without_an_end() -> None:
    (rule,) = [one for one in RETENTIONS if one.of is AuditRow]
    assert (rule.days, rule.action, rule.covers) == (None, "keep", (AuditThing,))


def test_e_14_whoever_reads_the_audit_only_reads_and_nobody_else_reads_it(kernel: Kernel) -> None:
    held = {one.name for one in kernel.permissions if "auditor" in one.roles}
    assert {name for name in held if not name.endswith(".see")} == set()
    assert [one.roles for one in kernel.permissions if one.name == "audit.see"] == [("auditor",)]


def test_e_14_system_and_security_share_nothing_that_changes_something(kernel: Kernel) -> None:
    both = [one.name for one in kernel.permissions if {"admin", "security"} <= {*one.roles}]
    assert [name for name in both if not name.endswith(".see")] == []


#: What would tell how old somebody is, or how somebody looks.
AGE_AND_FACE = {
    *("birth", "birthday", "birthdate", "born", "age", "ages", "minor", "child", "guardian"),
    *("face", "faces", "facial", "embedding", "biometric", "idcard"),
}


def test_e_16_nothing_keeps_the_age_or_the_face_of_anybody(kernel: Kernel) -> None:
    """Of nobody, so of no child: what is kept needs no guardian's consent."""
    found = [*stored_names(kernel), *((kind, name) for kind, name, _ in graphql_names(kernel))]
    found += [(name, column.name) for name, column in sheets_of(kernel)]
    assert [one for one in found if parts(one[1]) & AGE_AND_FACE] == []


def test_e_17_what_is_sealed_belongs_to_one_plugin_and_opens_with_its_permission(
    kernel: Kernel,
) -> None:
    owned = [(plugin, kind) for plugin in kernel.plugins.values() for kind in plugin.personal]
    assert len(owned) >= 2
    for plugin, kind in owned:
        assert kind.name.partition(".")[0] == plugin.manifest.name
        assert kind.permission in {one.name for one in plugin.permissions}
        assert plugin.manifest.data, "the purpose is declared"
    opens = [kind.permission for _, kind in owned]
    assert len(set(opens)) == len(opens), "no permission opens what two purposes keep"


def of_a_person(kind: str, name: str) -> bool:
    return bool((parts(kind) | parts(name)) & PERSON_PARTS)


def test_e_10_nothing_that_is_a_person_carries_a_score_or_a_rank(kernel: Kernel) -> None:
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
