"""The schema as text, and what in it nobody has described."""

from collections.abc import Iterator

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
)
from strawberry.printer import print_schema

from web.graphql.schema import Schema

BUILT_IN = {"String", "Int", "Float", "Boolean", "ID"}


def print_sdl(schema: Schema) -> str:
    """In the schema definition language, ending with a line break."""
    return print_schema(schema).rstrip() + "\n"


def missing_descriptions(schema: Schema) -> list[str]:
    """Types, fields, arguments and enum values without a description: "Case.title" and so on."""
    return sorted(
        name
        for kind in schema._schema.type_map.values()
        if not kind.name.startswith("__") and kind.name not in BUILT_IN
        for name, description in _described(kind)
        if not (description or "").strip()
    )


def _described(kind: GraphQLNamedType) -> Iterator[tuple[str, str | None]]:
    yield kind.name, kind.description
    if isinstance(kind, GraphQLEnumType):
        for name, value in kind.values.items():
            yield f"{kind.name}.{name}", value.description
    elif isinstance(kind, GraphQLInputObjectType):
        for name, entry in kind.fields.items():
            yield f"{kind.name}.{name}", entry.description
    elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        for name, field in kind.fields.items():
            yield f"{kind.name}.{name}", field.description
            for argument, card in field.args.items():
                yield f"{kind.name}.{name}({argument})", card.description
