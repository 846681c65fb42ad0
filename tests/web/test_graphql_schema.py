"""The schema is put together from plugins; who does not fit is named."""

# mypy: disallow-untyped-decorators=False

from enum import Enum
from pathlib import Path
from typing import Any

import pytest
import strawberry

import liuhe.graphql
from core.discovery import Found
from core.errors import PluginError
from core.kernel import Kernel
from core.testing import load
from liuhe import Extension
from tests.web.garden import GARDEN, GROUND, plugin
from web.graphql.building import build_schema, sound_schema
from web.graphql.sdl import missing_descriptions, print_sdl


def kernel_of(tmp_path: Path, *found: Found) -> Kernel:
    kernel = load(tmp_path, found=found)
    assert not kernel.failed
    return kernel


def made(name: str, type_name: str, fields: type, *requires: str) -> Found:
    return plugin(name, Extension(type_name, fields), requires=requires)


def query_of(kind: type, field: str = "thing") -> type:
    """A class with one field of this type."""
    namespace = {"__annotations__": {field: kind | None}, field: strawberry.field(description="…")}
    return strawberry.type(type("Fields", (), namespace))


def thing(kind: str, place: str = "anna.Thing") -> Any:
    @strawberry.type(name="Thing", description="一物")
    class Thing:
        a: str = strawberry.field(description="甲")

    @strawberry.enum(name="Thing", description="一物")
    class ThingKind(Enum):
        A = strawberry.enum_value("a", description="甲")

    Thing.__qualname__ = place  # as if from another module
    return {"type": Thing, "enum": ThingKind}[kind]


def test_fields_are_hung_on_a_neighbours_type(tmp_path: Path) -> None:
    sdl = print_sdl(build_schema(kernel_of(tmp_path, GROUND, GARDEN)))
    assert "  teams: [Team!]!" in sdl
    alone = print_sdl(build_schema(kernel_of(tmp_path, GROUND)))
    assert "teams" not in alone


def test_connection_types_are_named_after_their_node(tmp_path: Path) -> None:
    types = build_schema(kernel_of(tmp_path, GROUND))._schema.type_map
    assert {"PlotConnection", "PlotEdge", "PageInfo", "Plot", "Node"} <= types.keys()


def test_without_fields_a_root_is_left_out(tmp_path: Path) -> None:
    bare = build_schema(kernel_of(tmp_path))._schema
    assert bare.subscription_type is None
    full = build_schema(kernel_of(tmp_path, GROUND))._schema
    assert full.subscription_type is not None


def test_everything_is_described(tmp_path: Path) -> None:
    assert missing_descriptions(build_schema(kernel_of(tmp_path, GROUND, GARDEN))) == []


def test_what_is_not_described_is_named(tmp_path: Path) -> None:
    @strawberry.type
    class Bare:
        @strawberry.field
        def word(self, letter: str) -> str:
            return letter

    found = made("p", "Query", query_of(Bare))
    assert missing_descriptions(build_schema(kernel_of(tmp_path, found))) == [
        "Bare",
        "Bare.word",
        "Bare.word(letter)",
    ]


def test_an_unknown_type_is_refused_with_the_plugins_name(tmp_path: Path) -> None:
    found = made("lost", "Nowhere", query_of(str, "a"))
    with pytest.raises(PluginError, match=r"“lost”要扩展 GraphQL 类型“Nowhere”，而没有这个类型"):
        build_schema(kernel_of(tmp_path, found))


@pytest.mark.parametrize("kind", ["type", "enum"])
def test_two_types_of_one_name_are_refused_naming_both(tmp_path: Path, kind: str) -> None:
    first = made("anna", "Query", query_of(thing("type"), "a"))
    second = made("bert", "Query", query_of(thing(kind, "bert.Thing"), "b"))
    schema, refused = sound_schema(kernel_of(tmp_path, first, second))
    assert refused == {
        "bert": "插件“bert”和“anna”都定义了 GraphQL 类型“Thing”，“bert”没有装载；"
        "请改名或停用其中一个。"
    }
    assert "a: Thing" in print_sdl(schema)


@pytest.mark.parametrize(
    ("type_name", "field", "owner"),
    [("Query", "viewer", "liuhe"), ("Plot", "code", "ground"), ("Viewer", "name", "liuhe")],
)
def test_a_field_that_the_type_has_is_refused(
    tmp_path: Path, type_name: str, field: str, owner: str
) -> None:
    found = made("late", type_name, query_of(str, field), "ground")
    _, refused = sound_schema(kernel_of(tmp_path, GROUND, found))
    assert list(refused) == ["late"]
    assert f"“late”和“{owner}”都定义了 GraphQL 字段“{type_name}.{field}”" in refused["late"]


def test_who_needs_a_refused_plugin_goes_with_it(tmp_path: Path) -> None:
    lost = made("lost", "Nowhere", query_of(str, "a"))
    after = plugin("after", requires=["lost"])
    _, refused = sound_schema(kernel_of(tmp_path, lost, after, GROUND))
    assert list(refused) == ["lost", "after"]
    assert refused["after"].startswith("插件“after”需要的“lost”没能装载：")


def test_another_defect_is_told_with_the_plugins_name(tmp_path: Path) -> None:
    @strawberry.type
    class Broken:
        @strawberry.field
        def word(self) -> "Missing":  # type: ignore[name-defined]  # noqa: F821
            return None

    _, refused = sound_schema(kernel_of(tmp_path, made("odd", "Query", Broken)))
    assert refused["odd"].startswith("插件“odd”的 GraphQL 建不起来：")


def test_schemas_of_one_process_do_not_disturb_each_other(tmp_path: Path) -> None:
    first = print_sdl(build_schema(kernel_of(tmp_path, GROUND, GARDEN)))
    build_schema(kernel_of(tmp_path, GROUND))
    assert print_sdl(build_schema(kernel_of(tmp_path, GROUND, GARDEN))) == first


def test_the_example_of_the_front_door_is_true() -> None:
    """Every name that the docstring imports exists, and the code compiles."""
    text = liuhe.graphql.__doc__ or ""
    code = "\n".join(
        line.removeprefix("    ") for line in text.splitlines() if line.startswith("    ")
    )
    compile(code, "example", "exec")
    imports = code[: code.index("@strawberry.type")]
    exec(imports, {})
