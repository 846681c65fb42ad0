"""The doors, as the program itself tells of them: pages by its routes, GraphQL by its schema."""

import re
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
)
from starlette.routing import BaseRoute, Mount, Route

from core.house import house
from tests.doors.planting import Street
from web.graphql.nodes import global_id

#: Streams that never end; they have a test of their own.
ENDLESS = ("/admin/live",)
DEPTH = 4  # of what is asked for below a field


def walk(routes: Iterable[BaseRoute], before: str = "") -> Iterator[tuple[str, set[str]]]:
    """Every address with its methods."""
    for route in routes:
        if isinstance(route, Mount):
            yield from walk(route.routes, before + route.path)
        elif isinstance(route, Route) and before + route.path != "/graphql":
            yield before + route.path, route.methods or set()


def pages(app: Any, method: str, street: Street) -> list[str]:
    """The addresses that answer this method, each with the numbers of the street."""
    found = [path for path, methods in walk(app.routes) if method in methods]
    named = {one for path in found if path not in ENDLESS for one in addresses(path, street)}
    return sorted(named)


def addresses(path: str, street: Street) -> list[str]:
    """An address with all that may stand in it: numbers, files, names of what there is."""
    named = re.findall(r"\{(\w+)(?::(\w+))?\}", path)
    values = [possible(path, name, kind, street) for name, kind in named]
    blank = re.sub(r"\{(\w+)(:\w+)?\}", "{}", path)
    return [blank.format(*chosen) for chosen in product(*values)]


def possible(path: str, name: str, kind: str, street: Street) -> Iterable[object]:
    """What may stand in one place of an address; a new kind of place has to be told here."""
    number = str(street.number)
    if kind == "int":
        return [1 if name == "number" else number]
    words: dict[tuple[str, str], Iterable[object]] = {
        ("/files/", "id"): street.files.values(),
        ("/residents/pictures/", "id"): street.files.values(),
        ("/video/", "id"): [number],
        ("/exports/", "name"): house().exports,
        ("/exports/", "format"): ["csv", "xlsx"],
        ("/admin/exports/", "name"): house().exports,
        ("/admin/imports/", "name"): house().imports,
        ("/admin/imports/", "format"): ["csv"],
        ("/admin/figures/", "code"): ["cases.handled"],
        ("/admin/places/map/layers/", "name"): ["cases", "cameras", "units"],
        ("/admin/open311/services/", "code"): [street.codes["cases.CaseType.code"]],
        ("/open311/", "code"): [street.codes["cases.CaseType.code"]],
        ("/open311/", "number"): [street.of["cases.Case.number"]],
        ("/open311/", "token"): [street.of["open311.Sending.token_mark"]],
    }
    return next(
        told for (begins, what), told in words.items() if what == name and path.startswith(begins)
    )


class Questions:
    """GraphQL documents for everything that can be asked about a street."""

    def __init__(self, schema: GraphQLSchema, street: Street) -> None:
        self.schema, self.street = schema, street
        self.nodes = [
            kind
            for kind in schema.type_map.values()
            if isinstance(kind, GraphQLObjectType)
            and "Node" in {one.name for one in kind.interfaces}
        ]

    def fields(self, kind: GraphQLObjectType | None) -> dict[str, GraphQLField]:
        return dict(kind.fields) if kind else {}

    def all(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Name, document and variables: each field of Query bare and with everything that it can
        be narrowed to, and `node` for each kind of thing."""
        for name, field in self.fields(self.schema.query_type).items():
            if name != "node":
                yield name, *self.question("query", name, field, {})
                for key, given in self.narrowed(name, field):
                    yield f"{name}({key})", *self.question("query", name, field, given)
        for kind in self.nodes:
            part = f"... on {kind.name} {self.choose(kind, DEPTH)}"
            text = f"query($id: ID!) {{ node(id: $id) {{ id {part} }} }}"
            yield f"node({kind.name})", text, {"id": str(global_id(kind.name, self.street.number))}

    def question(
        self, verb: str, name: str, field: GraphQLField, given: dict[str, Any]
    ) -> tuple[str, dict[str, Any]]:
        """A document that asks one field for all that can be chosen of it."""
        known = {
            key: given.get(key, self.fill(f"{name}.{key}", one.type))
            for key, one in field.args.items()
            if key in given or isinstance(one.type, GraphQLNonNull)
        }
        kinds = ", ".join(f"${key}: {field.args[key].type}" for key in known)
        passed = ", ".join(f"{key}: ${key}" for key in known)
        chosen = self.choose(get_named_type(field.type), DEPTH)
        head = f"({kinds})" if kinds else ""
        return f"{verb}{head} {{ {name}{f'({passed})' if passed else ''} {chosen} }}", known

    def choose(self, kind: Any, depth: int, above: tuple[str, ...] = ()) -> str:
        """All fields that need no argument, so deep; no kind inside itself."""
        if is_leaf_type(kind) or not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            return ""
        parts = []
        for name, field in kind.fields.items():
            inner = get_named_type(field.type)
            if any(isinstance(one.type, GraphQLNonNull) for one in field.args.values()):
                continue
            if is_leaf_type(inner):
                parts.append(name)
            elif inner.name not in above and depth > 1 and len(above) < self.most(inner):
                chosen = self.choose(inner, depth - 1, (*above, kind.name))
                few = "(first: 3)" if "first" in field.args else ""
                if chosen:
                    parts.append(f"{name}{few} {chosen}")
        return f"{{ {' '.join(parts)} }}" if parts else ""

    def most(self, kind: Any) -> int:
        return 2 if kind.name.endswith("Connection") else 4

    def narrowed(self, name: str, field: GraphQLField) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each text that can be searched for, and each thing that a list can be narrowed to."""
        for key, one in field.args.items():
            kind = one.type
            if isinstance(kind, GraphQLInputObjectType) and key == "filter":
                for inner, part in kind.fields.items():
                    value = self.narrow(f"{name}.{inner}", part.type)
                    if value is not None:
                        yield f"{key}.{inner}", {key: {inner: value}}
            elif key not in ("after", "before", "first", "last") and not isinstance(
                kind, GraphQLNonNull
            ):
                value = self.narrow(f"{name}.{key}", kind)
                if value is not None:
                    yield key, {key: value}

    def narrow(self, name: str, kind: Any) -> Any:
        plain = get_named_type(kind)
        if plain.name == "String":
            return self.street.begins
        return self.identity(name) if plain.name == "ID" else None

    def fill(self, name: str, kind: Any) -> Any:
        """Something that fits; what may be left out is."""
        if not isinstance(kind, GraphQLNonNull):
            return None
        kind = kind.of_type
        if isinstance(kind, GraphQLInputObjectType):
            door = name.partition(".")[0]
            return {key: self.fill(f"{door}.{key}", one.type) for key, one in kind.fields.items()}
        if isinstance(kind, GraphQLList):
            return []
        if isinstance(kind, GraphQLEnumType):
            return next(iter(kind.values))
        if kind.name == "ID":
            return self.identity(name)
        if name == "trackedMatter.code":
            return self.street.code
        samples = {"Int": 1, "Float": 30.311, "Boolean": True, "Date": "2099-01-01"}
        return {**samples, "DateTime": "2099-01-01T00:00:00+08:00"}.get(kind.name, "说明")

    def identity(self, name: str) -> str:
        """The street's own thing of the kind that a field asks for."""
        door, _, field = name.partition(".")
        return str(global_id(self.kind_of(door, field), self.street.number))

    def kind_of(self, door: str, field: str) -> str:
        names = {kind.name.lower(): kind.name for kind in self.nodes}
        plain = field.removesuffix("Id").lower()
        if plain in ("area", "within", "parent", "place"):
            return "Place"
        if plain in names:
            return names[plain]
        fitting = [one for one in names if one in door.lower()]
        if plain == "task":
            return "CaseTask"
        if plain.endswith("unit"):
            return "Unit"
        return names[max(fitting, key=len)] if fitting else "Case"

    def changes(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for name, field in self.fields(self.schema.mutation_type).items():
            yield name, *self.question("mutation", name, field, {})

    def subscriptions(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for name, field in self.fields(self.schema.subscription_type).items():
            yield name, *self.question("subscription", name, field, {})
