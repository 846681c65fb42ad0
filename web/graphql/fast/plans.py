"""A selection as one SQL statement, and its rows as the answer: no objects in between.

graphql-core itself says what is selected (fragments, directives and repeated fields included). What
a plan does not know for sure it leaves alone: `Unplanned`, and the list goes the usual way.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import structlog
from graphql import GraphQLObjectType, get_named_type
from tortoise.models import Model
from tortoise.queryset import QuerySet

from core.database import raw_rows
from web.graphql.connections import Listing
from web.graphql.context import Info
from web.graphql.fast.batches import Batch, Make, joined, nodes
from web.graphql.fast.shapes import Derived, Joined, Plain, python_value, shape_of
from web.graphql.fast.statements import statement
from web.graphql.kept import Kept
from web.graphql.nodes import Node, global_id
from web.keyset import Keyset, Slice, Window, cut

log = structlog.get_logger()


class Unplanned(Exception):
    """The selection has something in it that only a resolver knows."""


@dataclass(frozen=True)
class Plan:
    """What of a connection is wanted."""

    columns: list[str]
    parts: list[tuple[str, Callable[["Answered"], Any]]]
    counted: bool

    async def answer(
        self, queryset: "QuerySet[Any]", keyset: Keyset, window: Window, info: Any
    ) -> Any:
        found = await raw_rows(*statement(queryset, keyset, window, self.columns))
        page = cut(found, keyset, window)
        whole = await queryset.count() if self.counted else 0
        answered = Answered(page, Batch(page.rows, info), whole)
        return {name: make(answered) for name, make in self.parts}


@dataclass(frozen=True)
class Answered:
    page: Slice[Any]
    batch: Batch
    whole: int


#: Plans by all that they follow from; None where there is none.
_plans: Kept[Plan | None] = Kept(512)


async def answer_of(
    executor: Any, kind: GraphQLObjectType, details: Any, info: Any, listing: Listing[Any]
) -> Any | None:
    """The connection's answer, or None where the usual way must give it (or its failure)."""
    try:
        plan = _planned(executor, kind, details, info, listing)
        if plan is None:
            return None
        given = Info(info, cast(Any, None))
        return await plan.answer(listing.whole, listing.keyset, listing.window, given)
    except Exception:
        log.debug("graphql.unfit", exc_info=True)
        return None


def _planned(
    executor: Any, kind: GraphQLObjectType, details: Any, info: Any, listing: Listing[Any]
) -> Plan | None:
    """The plan, made once for a document that is asked again: of the variables only those that
    are true or false (`@skip`, `@include`) decide what is selected."""
    asked = [one.node for one in details]
    switches = ((k, v) for k, v in info.variable_values.items() if type(v) is bool)
    keyset, model = listing.keyset, listing.whole.model
    of = (kind, model, keyset.order, listing.to_node)
    key = (*of, tuple(map(id, asked)), *sorted(switches))

    def make() -> Plan | None:
        try:
            return Planner(executor, keyset, model).plan(kind, details, listing.to_node)
        except Unplanned:
            return None

    return _plans.get(key, make, holding=asked)


class Planner:
    """Collects the columns while it goes down the selection."""

    def __init__(self, executor: Any, keyset: Keyset, model: type[Model]) -> None:
        self._executor = executor
        self._keyset, self._model = keyset, model
        self._columns: dict[str, int] = {}

    def plan(self, kind: GraphQLObjectType, details: Any, node: Callable[[Any], Any]) -> Plan:
        """Of a connection; `node` makes its nodes the usual way."""
        ordered = [self._column(column.name) for column in self._keyset.columns]
        if any(column.field is None for column in self._keyset.columns):
            raise Unplanned
        encode = self._encoder(ordered)
        selected = self._selected(kind, details)
        parts = [
            (name, self._of_connection(kind, field, of, node, encode))
            for name, field, of in selected
        ]
        counted = any(field == "totalCount" for _, field, _ in selected)
        return Plan(list(self._columns), parts, counted)

    def _selected(self, kind: GraphQLObjectType, details: Any) -> list[tuple[str, str, Any]]:
        """Key, field and its details, in the order of the answer."""
        grouped, deferred, _ = self._executor.collect_subfields(kind, details)
        if deferred:
            raise Unplanned
        return [(name, of[0].node.name.value, of) for name, of in grouped.items()]

    def _column(self, lookup: str) -> int:
        return self._columns.setdefault(lookup, len(self._columns))

    def _encoder(self, ordered: list[int]) -> Callable[[Any], str]:
        """The cursor of a row."""
        read = [python_value(column.field) for column in self._keyset.columns if column.field]
        steps, encode = list(zip(ordered, read, strict=True)), self._keyset.encode_values
        return lambda row: encode([value(row[at]) for at, value in steps])

    def _of_connection(
        self, kind: GraphQLObjectType, field: str, details: Any, node: Any, encode: Any
    ) -> Callable[[Answered], Any]:
        if field == "__typename":
            return lambda _: kind.name
        if field == "totalCount":
            return lambda answered: answered.whole
        below = get_named_type(kind.fields[field].type)
        if field == "edges":
            edge = self._edge(below, details, node, encode)
            return lambda answered: edge(answered.batch)
        if field == "pageInfo":
            return self._page_info(below, details, encode)
        raise Unplanned

    def _page_info(
        self, kind: GraphQLObjectType, details: Any, encode: Callable[[Any], str]
    ) -> Callable[[Answered], Any]:
        known: dict[str, Callable[[Slice[Any]], Any]] = {
            "__typename": lambda _: kind.name,
            "hasNextPage": lambda page: page.has_next,
            "hasPreviousPage": lambda page: page.has_previous,
            "startCursor": lambda page: encode(page.rows[0]) if page.rows else None,
            "endCursor": lambda page: encode(page.rows[-1]) if page.rows else None,
        }
        parts = [(name, _known(known, field)) for name, field, _ in self._selected(kind, details)]
        return lambda answered: {name: make(answered.page) for name, make in parts}

    def _edge(self, kind: GraphQLObjectType, details: Any, node: Any, encode: Any) -> Make:
        parts: list[tuple[str, Make]] = []
        for name, field, of in self._selected(kind, details):
            if field == "node":
                parts.append((name, self._root(kind, of, node)))
            else:
                known = {
                    "__typename": _constant(kind.name),
                    "cursor": lambda batch: [encode(row) for row in batch.rows],
                }
                parts.append((name, _known(known, field)))
        return nodes(parts)

    def _root(self, kind: GraphQLObjectType, details: Any, node: Any) -> Make:
        below: Any = get_named_type(kind.fields["node"].type)
        if node != _node_type(below).of:
            raise Unplanned
        return self._node(below, details, self._model, "")

    def _node(self, kind: GraphQLObjectType, details: Any, model: type[Model], prefix: str) -> Make:
        """What makes the answers of rows, whose columns are found under `prefix`."""
        shape = shape_of(kind, model)
        parts: list[tuple[str, Make]] = []
        wanted: dict[str, int] = {}  # columns that resolvers read
        for name, field, of in self._selected(kind, details):
            if field == "__typename":
                parts.append((name, _constant(kind.name)))
            elif field == "id" and _usual_id(kind):
                at = self._column(prefix + model._meta.pk_attr)
                parts.append((name, _identified(kind.name, at)))
            elif isinstance(entry := shape.get(field), Plain):
                parts.append((name, _plain(self._column(prefix + entry.column), entry)))
            elif isinstance(entry, Derived):
                wanted |= {one: self._column(prefix + one) for one in entry.columns}
                parts.append((name, _derived(entry)))
            elif isinstance(entry, Joined):
                parts.append((name, self._joined(entry, of, prefix)))
            else:
                raise Unplanned
        return nodes(parts, _half(_node_type(kind), model, wanted) if wanted else None)

    def _joined(self, entry: Joined, details: Any, prefix: str) -> Make:
        """The answer for a related row: made once for all rows that point to it."""
        at = self._column(prefix + entry.key)
        make = self._node(entry.kind, details, entry.model, f"{prefix}{entry.relation}__")
        return joined(at, make, required=entry.required)


def _known(known: dict[str, Any], field: str) -> Any:
    if field not in known:
        raise Unplanned
    return known[field]


def _constant(value: Any) -> Make:
    return lambda batch: [value] * len(batch.rows)


def _identified(name: str, at: int) -> Make:
    return lambda batch: [global_id(name, key) for key in batch.columns[at]]


def _plain(at: int, entry: Plain) -> Make:
    if entry.convert is None:
        return lambda batch: batch.columns[at]
    convert = entry.convert
    return lambda batch: convert(batch.columns[at])


def _derived(entry: Derived) -> Make:
    resolve, coerce = entry.resolve, entry.coerce
    if entry.with_info:
        return lambda batch: [coerce(resolve(node, batch.info)) for node in batch.over]
    return lambda batch: [coerce(resolve(node)) for node in batch.over]


def _half(kind: type[Node], model: type[Model], wanted: dict[str, int]) -> Callable[[Any], Node]:
    """Nodes over rows that have these columns alone; what reads another fails, and is seen to."""
    fields = model._meta.fields_map
    steps = [(name, at, python_value(fields[name])) for name, at in wanted.items()]

    def over(row: Any) -> Node:
        half = object.__new__(model)
        for name, at, value in steps:
            object.__setattr__(half, name, value(row[at]))
        return kind.of(half)

    return over


@lru_cache(256)
def _node_type(kind: GraphQLObjectType) -> type[Node]:
    definition = kind.extensions.get("strawberry-definition")
    origin = getattr(definition, "origin", None)
    if not (isinstance(origin, type) and issubclass(origin, Node)):
        raise Unplanned
    return origin


@lru_cache(256)
def _usual_id(kind: GraphQLObjectType) -> bool:
    definition: Any = kind.fields["id"].extensions["strawberry-definition"]
    return definition is not None and definition.base_resolver.wrapped_func is _OWN_ID


_OWN_ID: Any = next(
    one.base_resolver.wrapped_func
    for one in Node.__strawberry_definition__.fields  # type: ignore[attr-defined]
    if one.python_name == "id"
)
